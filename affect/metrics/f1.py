"""The F1 score: of classes from a confusion matrix, of action units from counts."""

import numpy as np
from numpy.typing import NDArray

from affect.metrics.confusion import ConfusionMatrix
from affect.metrics.detections import DetectionCounts


def class_f1(matrix: ConfusionMatrix) -> NDArray[np.float64]:
    """F1 of each class (n,); NaN for a class that is neither in the labels nor in the predictions."""
    hits = np.diagonal(matrix.counts)
    return _ratio(2 * hits, matrix.counts.sum(axis=0) + matrix.counts.sum(axis=1))


def detection_f1(counts: DetectionCounts) -> NDArray[np.float64]:
    """F1 of each action unit (k,); NaN for one that is neither in the labels nor in the predictions."""
    hits, false_alarms, misses, _ = counts.counts
    return _ratio(2 * hits, 2 * hits + false_alarms + misses)


def mean_of_defined(scores: NDArray[np.float64]) -> float:
    """Mean of the ``scores`` that are not NaN; 0 where all are."""
    return float(np.nanmean(scores)) if not np.isnan(scores).all() else 0.0


def _ratio(numerator: NDArray[np.int64], denominator: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(denominator > 0, numerator / np.maximum(denominator, 1), np.nan)
