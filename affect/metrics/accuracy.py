"""Accuracy (the default of FER2013 and AFEW)."""

import numpy as np

from affect.metrics.confusion import ConfusionMatrix


def accuracy(matrix: ConfusionMatrix) -> float:
    """Share of samples whose class is right; 0 where nothing was seen."""
    return float(np.trace(matrix.counts) / max(1, matrix.counts.sum()))
