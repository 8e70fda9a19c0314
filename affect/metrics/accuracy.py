"""Accuracy: of classes (the default of FER2013 and AFEW), and of each action unit."""

import numpy as np
from numpy.typing import NDArray

from affect.metrics.confusion import ConfusionMatrix
from affect.metrics.detections import DetectionCounts


def accuracy(matrix: ConfusionMatrix) -> float:
    """Share of samples whose class is right; 0 where nothing was seen."""
    return float(np.trace(matrix.counts) / max(1, matrix.counts.sum()))


def detection_accuracy(counts: DetectionCounts) -> NDArray[np.float64]:
    """Share of its annotations that each action unit (k,) gets right; NaN for one without annotation."""
    hits, _, _, rejections = counts.counts
    return np.where(counts.annotated > 0, (hits + rejections) / np.maximum(counts.annotated, 1), np.nan)
