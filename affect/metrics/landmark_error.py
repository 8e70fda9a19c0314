"""How far the landmarks of faces that were found lie from where they are."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from affect.metrics.accumulator import State


class LandmarkError:
    """Streaming mean of each face's mean distance of its five landmarks, over the distance between its eyes."""

    def __init__(self) -> None:
        self.sums: NDArray[np.float64] = np.zeros(2)  # errors, faces

    def update(self, found: NDArray[np.floating], known: NDArray[np.floating]) -> None:
        """Landmarks (n, 5, 2) of the same faces; one of which any is NaN in ``known`` is passed over."""
        marked = ~np.isnan(known).any((1, 2))
        found, known = found[marked].astype(np.float64), known[marked].astype(np.float64)
        eyes = np.linalg.norm(known[:, 0] - known[:, 1], axis=1)
        errors = np.linalg.norm(found - known, axis=2).mean(1) / eyes
        self.sums += errors.sum(), len(errors)

    def compute(self) -> float:
        """NaN where no face was found whose landmarks are known."""
        return float(self.sums[0] / self.sums[1]) if self.sums[1] else float("nan")

    def state(self) -> State:
        return {"sums": self.sums.copy()}

    def merge(self, state: State) -> Self:
        self.sums += state["sums"]
        return self
