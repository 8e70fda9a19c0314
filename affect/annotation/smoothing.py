"""The median filter over each annotator's values (EXT 2018, section II.D.2)."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

PAPER_SIZES = (5, 15, 30)
"""Sizes in frames that the paper tried; it kept 30, which is a second of its videos."""


def median_filter(values: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """``values`` (frames,) with the median over ``size`` frames in place of each; NaN stays and nothing leaks past it.

    An even size takes ``size / 2`` frames before and ``size / 2 - 1`` after, and the mean of the two middle values:
    the paper's 30 has no centre and it does not say what it did; this is the usual form of the even filter. Beyond its
    ends a stretch is mirrored, since zeros there would pull its labels to neutral. Size 1 changes nothing.
    """
    smooth = values.copy()
    known = np.flatnonzero(np.isfinite(values))
    for stretch in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1) if len(known) else []:
        part = values[stretch]
        lower, upper = (ndimage.rank_filter(part, rank, size=size) for rank in ((size - 1) // 2, size // 2))
        smooth[stretch] = (lower + upper) / 2
    return smooth
