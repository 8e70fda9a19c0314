"""Histogram of the valence-arousal plane."""

import numpy as np
import pytest

from affect.metrics.plane import PlaneCounts


def test_rows_are_arousal_and_columns_valence() -> None:
    plane = PlaneCounts()
    points = np.array([[-1, -1], [1, 1], [0.99, -0.99], [0.05, 0.95], [1.2, -3]])
    plane.update(points, np.zeros((5, 2)))
    assert plane.predictions.sum() == plane.labels.sum() == 5
    assert plane.labels[10, 10] == 5
    assert plane.predictions[0, 0] == plane.predictions[19, 19] == plane.predictions[19, 10] == 1
    assert plane.predictions[0, 19] == 2  # what lies outside is at the edge


@pytest.mark.parametrize("cut", [0, 7, 50])
def test_merged_from_workers(cut: int) -> None:
    rng = np.random.default_rng(0)
    predictions, labels = rng.uniform(-1, 1, (2, 50, 2))
    whole, first, second = PlaneCounts(), PlaneCounts(), PlaneCounts()
    whole.update(predictions, labels)
    first.update(predictions[:cut], labels[:cut])
    second.update(predictions[cut:], labels[cut:])
    first.merge(second.state())
    expected, _, _ = np.histogram2d(labels[:, 1], labels[:, 0], bins=20, range=[[-1, 1], [-1, 1]])
    assert (first.labels == whole.labels).all()
    assert (first.predictions == whole.predictions).all()
    assert (whole.labels == expected).all()
