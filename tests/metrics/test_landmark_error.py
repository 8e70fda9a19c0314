"""Landmark error by hand."""

import numpy as np

from affect.metrics.landmark_error import LandmarkError

FACE = np.array([[0, 0], [40, 30], [20, 20], [5, 40], [30, 45]], np.float32)  # eyes 50 apart


def test_mean_over_faces_of_what_the_eyes_are_apart() -> None:
    moved = FACE.copy()
    moved[2] += [3, 4]  # one of five by 5 pixels
    unmarked = np.full_like(FACE, np.nan)
    unmarked[:2] = FACE[:2]
    error = LandmarkError()
    error.update(np.stack([moved, FACE]), np.stack([FACE, unmarked]))
    np.testing.assert_allclose(error.compute(), 5 / 5 / 50)
    other = LandmarkError()
    other.update(2 * FACE[None] + 6, 2 * FACE[None])  # twice as large
    np.testing.assert_allclose(error.merge(other.state()).compute(), (5 / 5 / 50 + np.hypot(6, 6) / 100) / 2)
    assert np.isnan(LandmarkError().compute())
