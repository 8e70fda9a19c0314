"""Five landmarks from 68, and the detection that a box means."""

import numpy as np
import pytest

from affect.faces.detector import Detections
from affect.faces.landmarks import five_of, nearest
from affect.faces.mirrored import MIRRORED


def test_five_of_68() -> None:
    points = np.zeros((68, 2))
    points[36:42] = [[10, 20], [11, 19], [13, 19], [14, 20], [13, 21], [11, 21]]
    points[42:48] = points[36:42] + np.array([30, 0])
    points[[30, 48, 54]] = [27, 40], [17, 55], [37, 56]
    expected = np.array([[12, 20], [42, 20], [27, 40], [17, 55], [37, 56]], np.float32)
    np.testing.assert_array_equal(five_of(points), expected)
    assert five_of(points).dtype == np.float32


def test_five_of_a_mirrored_face_are_mirrored() -> None:
    points = np.random.default_rng(0).uniform(0, 99, (68, 2))
    mirrored = (points * [-1, 1] + [100, 0])[MIRRORED]
    expected = (five_of(points) * [-1, 1] + [100, 0])[[1, 0, 2, 4, 3]]
    np.testing.assert_allclose(five_of(mirrored), expected, atol=1e-4)


FOUND = Detections(
    np.array([[0, 0, 40, 40], [100, 0, 40, 40], [110, 10, 20, 20]], np.float32),
    np.array([0.9, 0.8, 0.7], np.float32),
    np.zeros((3, 5, 2), np.float32),
)


@pytest.mark.parametrize(
    ("box", "meant"),
    [
        ((102, 1, 40, 40), 1),
        ((109, 9, 22, 22), 2),
        ((0, 0, 40, 80), 0),
        ((0, 0, 40, 140), None),  # an overlap of 0.286
        ((50, 50, 10, 10), None),
        ((0, 0, 0, 0), None),
    ],
)
def test_the_detection_that_a_box_means(box: tuple[float, ...], meant: int | None) -> None:
    assert nearest(FOUND, box) == meant
    assert nearest(FOUND, np.array(box)) == meant


def test_nobody_is_meant_where_nobody_is() -> None:
    assert nearest(Detections.none(), (0, 0, 10, 10)) is None
