"""Values of a trace for the frames of a video (IJCV 2019, section 3.3)."""

import numpy as np
from numpy.typing import NDArray

from affect.annotation.traces import Trace

TIE_S = 1e-6
"""Distances in time that differ by less are equal: 0.15 - 0.1 and 0.1 - 0.05 are not the same number."""


def match(trace: Trace, frame_times: NDArray[np.float64], reach_s: float, delay_s: float = 0.0) -> NDArray[np.float64]:
    """The value (frames,) at the time stamp nearest to each frame; the mean of all that are equally near.

    A frame more than ``reach_s`` before the first or after the last time stamp is NaN. The paper has no such limit but
    says that frames at the end of videos were dropped: a trace says nothing of what its annotator never saw. Between
    two time stamps there is no limit, since a joystick held still may leave none. ``delay_s`` is how much later than
    the frame an annotator reacts; the papers take none into account.
    """
    stamps, inverse = np.unique(trace.times - delay_s, return_inverse=True)
    # Samples of one time stamp are equally near to any frame.
    values = np.bincount(inverse, trace.values) / np.bincount(inverse)
    after = np.searchsorted(stamps, frame_times).clip(1, max(len(stamps) - 1, 1))
    before, after = after - 1, np.minimum(after, len(stamps) - 1)
    to_before, to_after = np.abs(frame_times - stamps[before]), np.abs(frame_times - stamps[after])
    nearest = np.where(to_before < to_after, values[before], values[after])
    matched = np.where(np.abs(to_before - to_after) < TIE_S, (values[before] + values[after]) / 2, nearest)
    outside = (frame_times < stamps[0] - reach_s) | (frame_times > stamps[-1] + reach_s)
    return np.where(outside, np.nan, matched)
