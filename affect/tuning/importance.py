"""Which of a sweep's parameters mattered: how much of the trials' order each explains by itself."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from affect.tuning.results import Sweep

FEWEST = 12
"""Of fewer trials chance says more than any parameter."""

BINS = 4


class Importance(NamedTuple):
    """What a parameter explains by itself; what only a pair of parameters does is not seen."""

    key: str
    share: float
    """Of the variance of the trials' ranks, from 0 to 1, corrected for chance."""
    p: float
    """How likely chance alone gives at least this."""


def importance(sweep: Sweep) -> list[Importance]:
    """Every parameter, the most important one first; empty where fewer than FEWEST trials can be compared.

    Trials are compared at the last epoch that all of them reached, so those that were stopped early count as the others
    do. A choice divides them by its values, a number into BINS parts of as many trials; the share is epsilon squared of
    the Kruskal-Wallis test, (H - k + 1) / (n - k) with k parts of n trials (Tomczak & Tomczak, 2014), 0 where that is
    below.
    """
    measured = [(trial, values) for trial in sweep.trials if (values := trial.values(sweep.metric))]
    if len(measured) < FEWEST:
        return []
    epoch = min(max(values) for _, values in measured)
    compared = [(trial, values[epoch]) for trial, values in measured if epoch in values]
    if len(compared) < FEWEST:
        return []
    reached = np.array([value for _, value in compared])
    found = []
    for key in sweep.parameters():
        drawn = [trial.parameters.get(key) for trial, _ in compared]
        found.append(Importance(key, *_explained(_parts(drawn), reached)))
    return sorted(found, key=lambda one: -one.share)


def _parts(drawn: list[object]) -> NDArray[np.int64]:
    """The part that each trial belongs to."""
    different = sorted(set(drawn), key=lambda value: (isinstance(value, str), value is None, value or 0))
    if len(different) <= 2 * BINS:
        return np.array([different.index(value) for value in drawn])
    ranks = stats.rankdata(np.array(drawn, float), method="ordinal") - 1
    return np.asarray(ranks * BINS // len(drawn), np.int64)


def _explained(parts: NDArray[np.int64], reached: NDArray[np.float64]) -> tuple[float, float]:
    groups = [reached[parts == part] for part in np.unique(parts)]
    freedom = len(reached) - len(groups)
    if len(groups) < 2 or freedom < 1 or np.ptp(reached) == 0:
        return 0.0, 1.0
    test = stats.kruskal(*groups)
    return max(0.0, float(test.statistic - len(groups) + 1) / freedom), float(test.pvalue)
