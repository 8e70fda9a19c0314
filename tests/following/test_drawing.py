"""Pictures for TensorBoard."""

import numpy as np

from affect.following.drawing import CELL, MARGIN, PLANE_SIDE, confusion_picture, plane_picture
from affect.metrics.plane import PlaneCounts


def test_shades_are_shares_of_the_row() -> None:
    counts = np.zeros((7, 7), np.int64)
    counts[0, 0], counts[1, 2], counts[1, 3] = 4, 900, 100
    picture = confusion_picture(counts).astype(int)
    light = {
        cell: picture[cell[0] * CELL + 5, MARGIN + cell[1] * CELL + 5, 0] for cell in [(0, 0), (1, 2), (1, 3), (5, 5)]
    }
    assert light[0, 0] < light[1, 2] < light[1, 3] < light[5, 5] == 255


def test_arousal_points_upwards() -> None:
    plane = PlaneCounts()
    plane.update(np.array([[0.95, -0.95]]), np.array([[-0.95, 0.95]]))
    labels, predictions = np.split(plane_picture(plane).astype(int).sum(2), 2, axis=1)
    bottom, right = labels.shape[0] - 12, labels.shape[1] - 12
    assert labels[28, 12] > labels[bottom, right]
    assert predictions[bottom, right] > predictions[28, 12]
    assert labels.shape[0] > PLANE_SIDE
