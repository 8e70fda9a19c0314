"""Which annotators of a video count (IJCV 2019, section 3.4)."""

import itertools

import numpy as np
from numpy.typing import NDArray

from affect.errors import AffectError


def most_correlated(correlations: NDArray[np.float64], least: int = 2, most: int = 4) -> tuple[int, ...]:
    """Which ``least`` to ``most`` annotators to keep, from their correlations (annotators, annotators).

    The paper keeps "the most correlated annotations (between 2 to 4)", chosen with two experts' eyes, and prints no
    rule. Here it is the group whose mean is most reliable by the formula of Spearman and Brown: another annotator is
    kept as long as he adds more to the mean than his disagreement takes away, so that no threshold is needed. Of
    equally reliable groups the largest counts. Raises AffectError with fewer annotators than ``least``.
    """
    count = len(correlations)
    if count < least:
        raise AffectError(f"{count} of at least {least} annotators; add traces, or allow fewer with least_annotators")
    if count == 1:
        return (0,)
    sizes = range(min(max(least, 2), count), min(most, count) + 1)
    groups = (group for size in sizes for group in itertools.combinations(range(count), size))
    return max(groups, key=lambda group: (round(reliability(correlations, group), 9), len(group)))


def reliability(correlations: NDArray[np.float64], group: tuple[int, ...]) -> float:
    """How well the mean of ``group`` is expected to correlate with that of another such group.

    k r / (1 + (k - 1) r), r being the mean correlation of its k annotators (Spearman and Brown; standardised alpha). A
    pair that shares no frame counts as uncorrelated. NaN for a single annotator.
    """
    count = len(group)
    pairs = [correlations[pair] for pair in itertools.combinations(group, 2)]
    if not pairs:
        return float("nan")
    mean = float(np.mean(np.nan_to_num(pairs)))
    below = 1 + (count - 1) * mean
    return count * mean / below if below > 1e-9 else -np.inf


def mean_of(columns: NDArray[np.float64], group: tuple[int, ...]) -> NDArray[np.float64]:
    """The mean (frames,) of ``group`` of ``columns`` (annotators, frames).

    NaN where one of them has no value, for the mean would jump where an annotator begins or ends.
    """
    mean: NDArray[np.float64] = columns[list(group)].mean(axis=0)
    return mean
