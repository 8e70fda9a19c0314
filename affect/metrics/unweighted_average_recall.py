"""Unweighted average recall (FaceBehaviorNet, section 4, for EmotioNet's emotions)."""

import numpy as np

from affect.metrics.confusion import ConfusionMatrix


def unweighted_average_recall(matrix: ConfusionMatrix) -> float:
    """Mean recall over the classes that are in the labels; 0 where nothing was seen."""
    labels = matrix.counts.sum(axis=1)
    present = labels > 0
    return float((np.diagonal(matrix.counts)[present] / labels[present]).mean()) if present.any() else 0.0
