"""Streaming counts of how often the label is among the most probable classes."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from affect.metrics.accumulator import State

PLACES = (1, 5)
"""As face recognition networks are judged: the label is the most probable class, or among the five most probable."""


class TopHits:
    """``counts`` (3,): labels that were among the first of each of PLACES, and all labels.

    Of thousands of classes a confusion matrix would hold tens of millions of counts.
    """

    def __init__(self) -> None:
        self.counts: NDArray[np.int64] = np.zeros(len(PLACES) + 1, np.int64)

    def update(self, scores: NDArray[Any], labels: NDArray[Any]) -> None:
        """``scores`` (n, classes) and ``labels`` (n,), indices; of equal scores the label's is the first."""
        rank = (scores > scores[np.arange(len(labels)), labels][:, None]).sum(axis=1)
        self.counts += np.array([*((rank < place).sum() for place in PLACES), len(labels)])

    def state(self) -> State:
        return {"counts": self.counts.copy()}

    def merge(self, state: State) -> Self:
        self.counts += state["counts"]
        return self
