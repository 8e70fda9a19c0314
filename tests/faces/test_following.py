"""Following against where a real face was put, and when it gives up and looks."""

import cv2
import numpy as np
import pytest
import skimage.data

from affect.errors import AffectError
from affect.faces.detector import Detections
from affect.faces.following import Following
from tests.faces.test_centerface import BY_EYE

BOX = np.array([175, 53, 98, 124], np.float32)


class Knowing:
    """A detector that is told what there is, and counts how often it is asked."""

    def __init__(self) -> None:
        self.there, self.asked = Detections.none(), 0

    def __call__(self, picture: np.ndarray) -> Detections:
        self.asked += 1
        return self.there


def shown(*faces: tuple[float, float, float, float]) -> tuple[np.ndarray, Detections]:
    """A picture with the astronaut's face at each (x, y, scale, angle), and where the landmarks are."""
    picture = np.full((360, 640, 3), 70, np.uint8)
    boxes, landmarks = [], []
    for x, y, scale, angle in faces:
        turn = cv2.getRotationMatrix2D((224, 115), angle, scale)
        turn[:, 2] += np.array([x, y]) - [224, 115]
        mask = np.zeros((512, 512), np.uint8)
        mask[0:240, 120:330] = 255
        seen = cv2.warpAffine(mask, turn, (640, 360)) > 127
        picture[seen] = cv2.warpAffine(skimage.data.astronaut(), turn, (640, 360))[seen]
        landmarks.append(BY_EYE @ turn[:, :2].T + turn[:, 2])
        boxes.append([*(np.array([x, y]) - BOX[2:] * scale / 2), *(BOX[2:] * scale)])
    count = len(faces)
    if not count:
        return picture, Detections.none()
    return picture, Detections(
        np.array(boxes, np.float32), np.linspace(0.9, 0.8, count, dtype=np.float32), np.array(landmarks, np.float32)
    )


def show(following: Following, knowing: Knowing, *faces: tuple[float, float, float, float]) -> Detections:
    picture, knowing.there = shown(*faces)
    return following(picture)


@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_follows_moving_turning_growing_faces(scale: float) -> None:
    knowing = Knowing()
    following = Following(knowing, every=10)
    for frame in range(30):
        angle = 10 * np.sin(frame / 8)
        one = (180 + 3 * frame * scale, 150 + frame * scale, scale * (1 + frame / 100), angle)
        other = (470 - frame * scale, 180, scale, -angle)
        found = show(following, knowing, one, other)
        assert found.scores.tolist() == knowing.there.scores.tolist()
        error = np.hypot(*np.moveaxis(found.landmarks - knowing.there.landmarks, -1, 0)).mean()
        assert error < 0.03 * 43 * scale
        np.testing.assert_allclose(found.boxes, knowing.there.boxes, atol=6 * scale)
    assert knowing.asked == following.looks == 3


def test_every_frame_is_looked_at_by_default_settings() -> None:
    knowing = Knowing()
    following = Following(knowing, every=1)
    for _ in range(4):
        assert show(following, knowing, (200, 150, 1, 0)) is knowing.there
    assert knowing.asked == 4


def test_pictures_are_reduced_and_places_are_not() -> None:
    knowing = Knowing()
    following = Following(knowing, every=5, size=320)
    for frame in range(4):
        found = show(following, knowing, (200 + 4 * frame, 150, 1, 0))
        np.testing.assert_allclose(found.landmarks, knowing.there.landmarks, atol=1.5)
    assert knowing.asked == 1


@pytest.mark.parametrize(
    "then",
    [(420, 150, 1, 0), (200, 150, 1, 60), (260, 360, 1, 0), None],
    ids=["jumps", "turns at once", "leaves", "is gone"],
)
def test_looks_when_unsure(then: tuple[float, float, float, float] | None) -> None:
    knowing = Knowing()
    following = Following(knowing, every=50)
    for _ in range(3):
        show(following, knowing, (200, 150, 1, 0))
    assert knowing.asked == 1
    found = show(following, knowing, *([then] if then else []))
    assert found is knowing.there
    assert knowing.asked == 2


def test_looks_at_a_shot_change_even_where_a_face_stays() -> None:
    knowing = Knowing()
    following = Following(knowing, every=50)
    picture, knowing.there = shown((200, 150, 1, 0))
    other = picture.copy()
    other[:, 320:] = (20, 60, 190)
    other[230:, :320] = (190, 200, 20)
    following(picture)
    following(other)
    assert knowing.asked == 2


def test_a_face_that_enters_is_found_at_the_next_look() -> None:
    knowing = Knowing()
    following = Following(knowing, every=4)
    counts = [len(show(following, knowing, *([(200, 150, 1, 0)] if frame else []))) for frame in range(9)]
    assert counts == [0, 0, 0, 0, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("size", [(640, 360), (320, 180)])
def test_another_video_is_looked_at_anew(size: tuple[int, int]) -> None:
    knowing = Knowing()
    following = Following(knowing, every=50)
    picture, knowing.there = shown((200, 150, 1, 0))
    following(picture)
    if size == (640, 360):
        following.reset()
    following(cv2.resize(picture, size))
    assert knowing.asked == 2


def test_every_is_a_count() -> None:
    with pytest.raises(AffectError, match="0"):
        Following(Knowing(), every=0)
