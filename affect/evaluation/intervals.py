"""Bootstrap confidence intervals: what the metrics would be had other videos of the kind been filmed.

Frames of a video resemble one another, so whole videos are drawn, as many as there are, with replacement (Efron &
Tibshirani, 1993, chapters 8 and 13). Sums of videos add up to sums of what is drawn, and no frame is seen again.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect.evaluation.settings import BootstrapSettings
from affect.metrics.sums import columns, from_sums, one_head
from affect.networks.spec import Head, NetworkSpec

METHOD = "percentile bootstrap of whole videos, or blocks of single pictures, drawn with replacement"

_AT_ONCE = 100
COUNTS = ("_classes", "_counted")
"""Ends of the names of what is no metric but says over how many it is a mean."""

Sums = NDArray[np.float64]


class Intervals:
    """Intervals of the metrics of corpora, each drawn from its own videos.

    ``units`` are of each corpus the sums (V, S) of metrics.sums, a row a video. Of an output only those count of which
    something is annotated with it; where a corpus has but one there is no interval. A resample in which a metric is
    not defined, an action unit being in none of its videos, is left out.
    """

    def __init__(self, spec: NetworkSpec, units: Mapping[str, Sums], settings: BootstrapSettings) -> None:
        self.spec, self.settings = spec, settings
        self.units: dict[str, dict[Head, int]] = {}
        """Videos, or blocks of pictures, that are annotated."""
        self._drawn: dict[str, dict[Head, Sums]] = {}
        self._found: dict[tuple[str, ...], dict[str, tuple[float, float]]] = {}
        for corpus, of_all in units.items():
            # Another corpus beside it changes nothing, and two of equally many videos are drawn apart.
            rng = np.random.default_rng([settings.seed, *corpus.encode()])
            annotated = {head: _annotated(of_all[:, place]) for head, place in columns(spec).items()}
            self.units[corpus] = {head: len(known) for head, known in annotated.items() if len(known)}
            self._drawn[corpus] = {
                head: resampled(annotated[head], settings.resamples, rng) for head in self.units[corpus]
            }

    def of(self, *corpora: str) -> dict[str, tuple[float, float]]:
        """Lower and upper end by metric, of these corpora joined."""
        if corpora not in self._found:
            self._found[corpora] = self._of(corpora)
        return self._found[corpora]

    def _of(self, corpora: tuple[str, ...]) -> dict[str, tuple[float, float]]:
        found: dict[str, tuple[float, float]] = {}
        for head in self.spec.heads:
            drawn = [self._drawn[corpus][head] for corpus in corpora if head in self._drawn[corpus]]
            alone = any(self.units[corpus].get(head) == 1 for corpus in corpora)
            if drawn and not alone and self.settings.resamples:
                found |= percentiles(one_head(self.spec, head), sum(drawn[1:], start=drawn[0]), self.settings.level)
        return found

    def about(self) -> dict[str, Any]:
        """How they are made."""
        return {"method": METHOD, **self.settings.model_dump()}


def resampled(units: Sums, resamples: int, rng: np.random.Generator) -> Sums:
    """Of (V, S) the sums (resamples, S) of V of them drawn with replacement."""
    count = len(units)
    parts = [np.zeros((0, units.shape[1]))]
    for first in range(0, resamples, _AT_ONCE):
        rows = min(_AT_ONCE, resamples - first)
        drawn = rng.integers(0, count, (rows, count)) + count * np.arange(rows)[:, None]
        parts.append(np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count) @ units)
    return np.concatenate(parts)


def percentiles(spec: NetworkSpec, drawn: Sums, level: float) -> dict[str, tuple[float, float]]:
    """Of each metric of what was ``drawn`` (R, S) the ends between which the middle ``level`` of it lies."""
    values: dict[str, list[float]] = {}
    for sums in drawn:
        for name, value in from_sums(spec, sums).compute().items():
            values.setdefault(name, []).append(value)
    ends = (50 * (1 - level), 50 * (1 + level))
    return {
        name: (float(low), float(high))
        for name, known in values.items()
        if not name.endswith(COUNTS)
        for low, high in [np.percentile(known, ends)]
    }


def _annotated(sums: Sums) -> Sums:
    return sums[np.any(sums != 0, axis=1)]
