"""Streaming confusion matrix."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from affect.metrics.accumulator import State


class ConfusionMatrix:
    """``counts`` (n, n): row is the label, column the prediction."""

    def __init__(self, classes: int) -> None:
        self.counts: NDArray[np.int64] = np.zeros((classes, classes), dtype=np.int64)

    def update(self, predictions: NDArray[Any], labels: NDArray[Any]) -> None:
        """Class indices, both (n,)."""
        np.add.at(self.counts, (labels.astype(np.intp), predictions.astype(np.intp)), 1)

    def state(self) -> State:
        return {"counts": self.counts.copy()}

    def merge(self, state: State) -> Self:
        self.counts += state["counts"]
        return self
