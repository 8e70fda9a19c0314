"""Placing groups so that sums come near to what is wanted: greedily, then by moves and exchanges."""

import numpy as np
from numpy.typing import NDArray

CANDIDATES = 256
"""Groups that one group may be exchanged with at a time."""

STEPS = 4_000
"""Groups looked at for a better place in one attempt, at most."""

BEGINNINGS = 8
"""Attempts, each from another order of groups of equal size; one where there are more groups than STEPS."""


class Placing:
    """Groups with amounts (groups, features) are placed so that the weighted squared misses are few."""

    def __init__(
        self,
        features: NDArray[np.float64],
        wanted: NDArray[np.float64],
        weights: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> None:
        self.features, self.wanted, self.weights, self.rng = features, wanted, weights, rng
        self.split = np.empty(0, np.int64)
        self.miss = np.empty(0)  # what each split has too much

    def place(self) -> NDArray[np.int64]:
        """The split (groups,) of each group, the best of BEGINNINGS attempts; none stays empty."""
        attempts = BEGINNINGS if len(self.features) <= STEPS else 1
        return min((self._attempt() for _ in range(attempts)), key=lambda attempt: attempt[0])[1]

    def _attempt(self) -> tuple[float, NDArray[np.int64]]:
        """The cost and the split (groups,) that greed and improvement end with, from a drawn order of equals."""
        count = len(self.features)
        self.split, self.miss = np.full(count, -1), -self.wanted
        order = self.rng.permutation(count)
        for group in order[np.argsort(-self.features[order, 0], kind="stable")].tolist():
            self._put(group, int(np.argmin(self._cost_of_change(self.features[group]))))
        self._fill_empty()
        left, idle = STEPS, 0
        while left > 0 and idle < count:
            for group in self.rng.permutation(count)[:left].tolist():
                idle = 0 if self._improve(group) else idle + 1
                left -= 1
        return float((self.weights * self.miss**2).sum()), self.split

    def _cost_of_change(self, change: NDArray[np.float64]) -> NDArray[np.float64]:
        """What adding ``change`` (features,) to each split would cost."""
        cost: NDArray[np.float64] = (self.weights * (2 * self.miss + change) * change).sum(axis=1)
        return cost

    def _put(self, group: int, split: int) -> None:
        if self.split[group] >= 0:
            self.miss[self.split[group]] -= self.features[group]
        self.miss[split] += self.features[group]
        self.split[group] = split

    def _fill_empty(self) -> None:
        sizes = np.bincount(self.split, minlength=len(self.miss))
        for empty in np.flatnonzero(sizes == 0).tolist():
            crowded = np.flatnonzero(np.bincount(self.split)[self.split] > 1)
            self._put(int(crowded[np.argmin(self.features[crowded, 0])]), empty)

    def _improve(self, group: int) -> bool:
        """Move ``group``, or exchange it with another, where that lowers the cost most."""
        own, here = self.features[group], int(self.split[group])
        moved = self._cost_of_change(own) + self._cost_of_change(-own)[here]
        moved[here] = 0.0
        if np.count_nonzero(self.split == here) == 1:
            moved[:] = 0.0
        others = np.flatnonzero(self.split != here)
        if len(others) > CANDIDATES:
            others = self.rng.choice(others, CANDIDATES, replace=False)
        change, there = self.features[others] - own, self.split[others]
        exchanged = (self.weights[here] * (2 * self.miss[here] + change) * change).sum(axis=1)
        exchanged += (self.weights[there] * (2 * self.miss[there] - change) * -change).sum(axis=1)
        to, with_whom = int(np.argmin(moved)), int(np.argmin(exchanged)) if len(others) else -1
        if with_whom >= 0 and exchanged[with_whom] < min(moved[to], -1e-9):
            other = int(others[with_whom])
            target = int(self.split[other])
            self._put(other, here)
            self._put(group, target)
            return True
        if moved[to] < -1e-9:
            self._put(group, to)
            return True
        return False
