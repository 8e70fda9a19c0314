"""Streaming counts of right and wrong detections."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from affect.labels import NO_ACTION_UNIT
from affect.metrics.accumulator import State


class DetectionCounts:
    """``counts`` (4, k): true positives, false positives, false negatives and true negatives of k action units."""

    def __init__(self, units: int) -> None:
        self.counts: NDArray[np.int64] = np.zeros((4, units), dtype=np.int64)

    def update(self, detected: NDArray[np.bool_], labels: NDArray[Any]) -> None:
        """Both (n, k); labels 0, 1, or NO_ACTION_UNIT where not annotated."""
        annotated, active = labels != NO_ACTION_UNIT, labels == 1
        cases = [detected & active, detected & ~active, ~detected & active, ~detected & ~active]
        self.counts += np.stack([(case & annotated).sum(axis=0) for case in cases])

    @property
    def annotated(self) -> NDArray[np.int64]:
        """Number of annotations of each action unit (k,)."""
        total: NDArray[np.int64] = self.counts.sum(axis=0)
        return total

    def state(self) -> State:
        return {"counts": self.counts.copy()}

    def merge(self, state: State) -> Self:
        self.counts += state["counts"]
        return self
