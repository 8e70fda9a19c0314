"""A video's expression from those of its frames (IJCV 2019, section 5.2.1).

The paper says "video classification based on frame aggregation" and not by what rule.
"""

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from affect.labels import EXPRESSIONS
from affect.metrics.accumulator import State, as_array
from affect.registry import look_up

UNIT = 2.0**-40
"""Probabilities are summed as whole multiples of it: whole numbers add up to the same in any order."""

Counts = NDArray[np.int64]

RULES: dict[str, Callable[[Counts, Counts], NDArray[Any]]] = {
    "mean": lambda sums, votes: sums,  # noqa: ARG005
    # Of classes with equally many votes the one with the larger mean probability.
    "majority": lambda sums, votes: np.where(votes == votes.max(axis=1, keepdims=True), sums + 1, 0),
}
"""From the sums of probabilities and the votes (V, C) of videos, what the class of a video is the largest of."""


class VideoExpressions:
    """Streaming sums of the frames' probabilities, and votes for their most probable class, of each video.

    A frame without a face has no row and no say; a video of none does not appear.
    """

    def __init__(self, classes: int = len(EXPRESSIONS)) -> None:
        self.classes = classes
        self.rows: dict[str, Counts] = {}
        """Of each video (2, C): sums of probabilities in multiples of UNIT, and votes."""

    def update(self, videos: Sequence[str], probabilities: Any) -> None:
        """The videos' names (N,) and the probabilities (N, C) of Network.predict, a frame each."""
        values = as_array(probabilities).astype(np.float64)
        votes = values.argmax(axis=1)[:, None] == np.arange(self.classes)
        frames = np.stack([np.rint(values / UNIT).astype(np.int64), votes.astype(np.int64)], axis=1)
        names, places = np.unique(np.asarray(videos, dtype=np.str_), return_inverse=True)
        sums = np.zeros((len(names), 2, self.classes), dtype=np.int64)
        np.add.at(sums, places, frames)
        self._add(names.tolist(), sums)

    def _add(self, names: list[str], sums: Counts) -> None:
        for name, of_video in zip(names, sums, strict=True):
            self.rows[name] = self.rows[name] + of_video if name in self.rows else of_video

    def state(self) -> State:
        """All that has been seen; grows with the number of videos only."""
        empty = np.zeros((0, 2, self.classes), dtype=np.int64)
        return {
            "videos": np.array(list(self.rows), dtype=np.str_),
            "rows": np.stack(list(self.rows.values())) if self.rows else empty,
        }

    def merge(self, state: State) -> Self:
        self._add(state["videos"].tolist(), state["rows"])
        return self

    def predictions(self, rule: str = "mean") -> dict[str, int]:
        """The class of each video, by name in order; of equals the first.

        By the "mean" of its frames' probabilities, the default, which counts how sure they are, or by the "majority" of
        their votes. Raises AffectError for another rule.
        """
        score = look_up(RULES, rule, "rule for a video's expression")
        names = sorted(self.rows)
        if not names:
            return {}
        rows = np.stack([self.rows[name] for name in names])
        chosen = score(rows[:, 0], rows[:, 1]).argmax(axis=1)
        return dict(zip(names, chosen.tolist(), strict=True))
