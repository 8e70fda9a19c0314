"""Frames of any rate, variable or not, as frames of one."""

import numpy as np
from numpy.typing import NDArray


def chosen_frames(times: NDArray[np.float64], fps: int) -> NDArray[np.int64]:
    """For each frame of a clip at ``fps`` the source frame nearest in time, the earlier of two as near.

    ``times`` (n + 1) are those of the n source frames and the end of the last one. The clip begins with the first
    source frame and is as long as they are, to the nearest frame and at least one.
    Nothing is blended.
    """
    count = max(1, round((times[-1] - times[0]) * fps))
    wanted = times[0] + np.arange(count) / fps
    own = times[:-1]
    later = np.searchsorted(own, wanted).clip(0, len(own) - 1)
    earlier = (later - 1).clip(0)
    # Time stamps are rounded to the container's clock, so that what is meant to be as near hardly ever quite is.
    chosen: NDArray[np.int64] = np.where(wanted - own[earlier] <= own[later] - wanted + 1e-4, earlier, later)
    return chosen
