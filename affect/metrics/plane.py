"""Streaming histogram of the valence-arousal plane."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from affect.metrics.accumulator import State

BINS = 20
"""Of each axis, as in IJCV 2019, Figs 14-19."""


class PlaneCounts:
    """``predictions`` and ``labels``, each (20, 20): rows by arousal, columns by valence, both from -1 to 1."""

    def __init__(self) -> None:
        self.predictions: NDArray[np.int64] = np.zeros((BINS, BINS), dtype=np.int64)
        self.labels = self.predictions.copy()

    def update(self, predictions: NDArray[Any], labels: NDArray[Any]) -> None:
        """Both (n, 2), valence and arousal, with no value missing; what lies outside counts in the cell at the edge."""
        for counts, points in ((self.predictions, predictions), (self.labels, labels)):
            cells = np.clip((points.astype(np.float64) + 1) / 2 * BINS, 0, BINS - 1).astype(np.intp)
            np.add.at(counts, (cells[:, 1], cells[:, 0]), 1)

    def state(self) -> State:
        return {"plane_predictions": self.predictions.copy(), "plane_labels": self.labels.copy()}

    def merge(self, state: State) -> Self:
        self.predictions += state["plane_predictions"]
        self.labels += state["plane_labels"]
        return self
