"""Pearson's correlation coefficient."""

import numpy as np
from numpy.typing import NDArray

from affect.metrics.moments import PairedMoments


def pearson(moments: PairedMoments) -> NDArray[np.float64]:
    """Correlation of each quantity (k,); 0 where predictions or labels are constant."""
    scale = np.sqrt(moments.prediction_spread) * np.sqrt(moments.label_spread)
    return np.clip(moments.joint_spread / np.where(scale > 0, scale, 1), -1, 1)
