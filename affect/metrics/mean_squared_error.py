"""Mean squared error (IJCV 2019, eq 2)."""

import numpy as np
from numpy.typing import NDArray

from affect.metrics.moments import PairedMoments


def mean_squared_error(moments: PairedMoments) -> NDArray[np.float64]:
    """Of each quantity (k,); 0 where nothing was seen."""
    return moments.squared_error / max(1, moments.count)
