"""How far annotators agree: pairwise correlations, each annotator's average, and MAIC (EXT 2018, section II.D.2)."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from affect.metrics.moments import PairedMoments
from affect.metrics.pearson import pearson

CONSTANT = 1e-6
"""A standard deviation below this is rounding: a trace held still."""


class Agreement:
    """Correlations between annotators over the frames of all videos joined, gathered video by video.

    "Over all videos" could also be read as the mean of each video's correlations; joined frames give short videos
    no more weight than they have, and an annotator's bias in one video against another counts.
    """

    def __init__(self) -> None:
        self._pairs: dict[tuple[str, str], PairedMoments] = {}

    def add(self, columns: Mapping[str, NDArray[np.float64]]) -> Self:
        """One video: the values (frames,) of each annotator; a pair counts where neither is NaN."""
        for first, second in itertools.combinations(sorted(columns), 2):
            both = np.isfinite(columns[first]) & np.isfinite(columns[second])
            self._pair(first, second).update(columns[first][both, None], columns[second][both, None])
        return self

    def merge(self, state: Sequence[Mapping[str, Any]]) -> Self:
        """Add what another gathered."""
        for pair in state:
            moments = {name: np.array(value) for name, value in pair["moments"].items()}
            self._pair(*pair["annotators"]).merge(moments)
        return self

    def state(self) -> list[dict[str, Any]]:
        """What was gathered, fit for JSON."""
        return [
            {"annotators": pair, "moments": {name: value.tolist() for name, value in moments.state().items()}}
            for pair, moments in sorted(self._pairs.items())
        ]

    @property
    def annotators(self) -> list[str]:
        return sorted({name for pair in self._pairs for name in pair})

    def correlation(self, first: str, second: str) -> float:
        """Pearson's; 0 where one of the two never moves, NaN where they share fewer than two frames."""
        moments = self._pairs.get((min(first, second), max(first, second)))
        if moments is None or moments.count < 2:
            return float("nan")
        spread = min(float(moments.prediction_spread[0]), float(moments.label_spread[0]))
        return float(pearson(moments)[0]) if spread > moments.count * CONSTANT**2 else 0.0

    def averages(self) -> dict[str, float]:
        """The mean of each annotator's correlations with all others who share frames with them."""
        names = self.annotators
        return {name: _mean([self.correlation(name, other) for other in names if other != name]) for name in names}

    def maic(self) -> float:
        """The mean of the averages: mean of average inter-annotator correlations. NaN where there is no pair."""
        return _mean(list(self.averages().values()))

    def _pair(self, first: str, second: str) -> PairedMoments:
        return self._pairs.setdefault((first, second), PairedMoments(1))


def _mean(values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def correlation_matrix(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pairwise correlations (annotators, annotators) of ``columns`` (annotators, frames), as Agreement takes them."""
    names = [f"{index:06d}" for index in range(len(columns))]
    agreement = Agreement().add(dict(zip(names, columns, strict=True)))
    return np.array([[1.0 if a == b else agreement.correlation(a, b) for b in names] for a in names])
