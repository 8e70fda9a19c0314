"""Landmarks move with the pictures they belong to."""

import numpy as np
import pyarrow as pa
import pytest

from affect.faces.alignment import align
from affect.faces.mirrored import MIRRORED
from affect.preprocessing.settings import AlignmentSettings, Preprocessing
from affect.samples import FACES
from affect.training.batches import DRAWS, augment
from affect.training.reading import crop_landmarks
from affect.training.settings import Augmentation

SIZE = 96


def dotted(points: np.ndarray) -> np.ndarray:
    """A dark picture with a bright blob at each of ``points``."""
    y, x = np.mgrid[:SIZE, :SIZE]
    light = sum(np.exp(-((x - px) ** 2 + (y - py) ** 2) / 8) for px, py in points)
    return np.repeat((255 * np.clip(light, 0, 1)).astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize(
    "settings",
    [
        Augmentation(flip=True),
        Augmentation(shift=0.1),
        Augmentation(rotation=20),
        Augmentation(flip=True, shift=0.1, scale=0.1, rotation=20),
    ],
)
def test_landmarks_follow_the_picture(settings: Augmentation) -> None:
    rng = np.random.default_rng(0)
    shown = [0, 30, 45]  # one of each side and one of the middle
    for seed in range(5):
        points = rng.uniform(25, SIZE - 25, (68, 2)).astype(np.float32)
        images, landmarks = dotted(points[shown])[None], points[None].copy()
        draws = np.random.default_rng(seed).random((1, DRAWS))
        augment(images, draws, settings, landmarks)
        flipped = settings.flip and draws[0, 0] < 0.5
        for name in shown:
            x, y = landmarks[0, MIRRORED[name] if flipped else name]
            around = images[0, round(float(y)) - 1 : round(float(y)) + 2, round(float(x)) - 1 : round(float(x)) + 2]
            assert around.max() > 200, (name, x, y)


def test_a_grey_rectangle_covers_no_more_than_the_share_that_is_asked_for() -> None:
    images = np.full((200, SIZE, SIZE, 3), 7, np.uint8)
    augment(images, np.random.default_rng(0).random((200, DRAWS)), Augmentation(erase=0.2))
    covered = (images == 128).all(axis=3)
    assert ((images == 7).all(axis=3) | covered).all()
    shares = covered.mean(axis=(1, 2))
    assert shares.max() <= 0.21
    assert 0.04 < shares.mean() < 0.1  # half of the largest, less what lies beyond the edge
    first = covered[shares.argmax()]
    assert first[np.ix_(first.any(axis=1), first.any(axis=0))].all()


def test_mirroring_twice_is_nothing_and_the_sides_change() -> None:
    np.testing.assert_array_equal(MIRRORED[MIRRORED], np.arange(68))
    middle = {8, 27, 28, 29, 30, 33, 51, 57, 62, 66}
    assert {name for name in range(68) if MIRRORED[name] == name} == middle
    assert (MIRRORED[36], MIRRORED[48], MIRRORED[17], MIRRORED[0]) == (45, 54, 26, 16)


def test_landmarks_of_the_frame_become_those_of_the_crop() -> None:
    rng = np.random.default_rng(1)
    five = np.array([[40, 40], [70, 38], [55, 55], [44, 72], [68, 70]], np.float32)
    points = rng.uniform(30, 75, (68, 2)).astype(np.float32)
    given = rng.uniform(0, SIZE, (68, 2)).astype(np.float32)
    stored = {
        "landmarks5": [five.reshape(-1).tolist(), None],
        "landmarks68": [points.reshape(-1).tolist(), given.reshape(-1).tolist()],
    }
    table = pa.table({name: pa.array(values, FACES.field(name).type) for name, values in stored.items()})
    found = crop_landmarks(table, Preprocessing(alignment=AlignmentSettings(size=SIZE))).reshape(2, 68, 2)
    np.testing.assert_array_equal(found[1], given)  # of a crop that the corpus gave
    crop = align(dotted(points[:1]), five, AlignmentSettings(size=SIZE))
    y, x = np.unravel_index(crop[..., 0].argmax(), crop.shape[:2])
    assert np.linalg.norm(found[0, 0] - [x, y]) < 2
