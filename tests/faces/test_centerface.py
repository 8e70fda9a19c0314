"""The detector on a real face: where, how many, at which sizes, and without its weights."""

import cv2
import numpy as np
import pytest
import skimage.data

from affect.faces import load_detector
from affect.faces.detector import Detector
from affect.preprocessing.settings import DetectorSettings

# Marked by eye in skimage.data.astronaut(): eyes, tip of the nose, corners of the mouth.
BY_EYE = np.array([[204, 102], [247, 105], [224, 126], [205, 144], [242, 145]])


@pytest.fixture(scope="module")
def detector() -> Detector:
    return load_detector(DetectorSettings())


@pytest.mark.parametrize("scale", [0.4, 1.0, 2.0])
def test_finds_the_face_and_its_landmarks(detector: Detector, scale: float) -> None:
    picture = cv2.resize(skimage.data.astronaut(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = detector(picture)
    assert len(found) == 1
    assert found.scores[0] > 0.8
    np.testing.assert_allclose(found.landmarks[0] / scale, BY_EYE, atol=5)
    x, y, width, height = found.boxes[0] / scale
    assert x < 204
    assert x + width > 247
    assert y < 102
    assert y + height > 144
    assert 70 < width < 130


@pytest.mark.parametrize("size", [320, 640])
def test_every_face_once_best_first(detector: Detector, size: int) -> None:
    face = skimage.data.astronaut()[:256, 96:352]
    row = np.concatenate([face, np.zeros_like(face), face[:, ::-1]], axis=1)
    found = load_detector(DetectorSettings(size=size))(row)
    assert len(found) == 2
    assert found.scores[0] >= found.scores[1]
    centres = np.sort(found.boxes[:, 0] + found.boxes[:, 2] / 2)
    np.testing.assert_allclose(centres, [128, 768 - 128], atol=15)
    for landmarks in found.landmarks:
        assert landmarks[0, 0] < landmarks[1, 0]  # the eye further left in the picture first, mirrored or not
        assert landmarks[3, 0] < landmarks[4, 0]


@pytest.mark.parametrize("shape", [(1, 1), (33, 500), (480, 640)])
def test_nothing_in_an_empty_picture(detector: Detector, shape: tuple[int, int]) -> None:
    found = detector(np.full((*shape, 3), 128, np.uint8))
    assert (len(found), found.boxes.shape, found.landmarks.shape) == (0, (0, 4), (0, 5, 2))


def test_a_face_at_the_edge_keeps_its_box_in_the_picture_and_its_landmarks_in_place(detector: Detector) -> None:
    found = detector(np.ascontiguousarray(skimage.data.astronaut()[:, 190:]))
    assert len(found) == 1
    assert found.boxes[0, 0] == 0
    np.testing.assert_allclose(found.landmarks[0] + [190, 0], BY_EYE, atol=6)


def test_a_higher_score_is_asked_for(detector: Detector) -> None:
    score = float(detector(skimage.data.astronaut()).scores[0])
    assert len(load_detector(DetectorSettings(score=min(1.0, score + 0.01)))(skimage.data.astronaut())) == 0
