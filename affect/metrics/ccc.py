"""The concordance correlation coefficient (BMVC 2019, eq 3; IJCV 2019, eq 1)."""

import numpy as np
from numpy.typing import NDArray

from affect.metrics.moments import PairedMoments


def concordance(moments: PairedMoments) -> NDArray[np.float64]:
    """2 cov / (var + var + squared difference of the means), population (1/N) moments, of each quantity (k,).

    0 where predictions and labels are one and the same constant, and where nothing was seen.
    """
    bias = moments.count * (moments.prediction_mean - moments.label_mean) ** 2
    denominator = moments.prediction_spread + moments.label_spread + bias
    return 2 * moments.joint_spread / np.where(denominator > 0, denominator, 1)
