"""Counts of detections and the metrics read from them, against scikit-learn."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import accuracy_score, f1_score

from affect.metrics.accuracy import detection_accuracy
from affect.metrics.detections import DetectionCounts
from affect.metrics.emotionet import emotionet_action_units
from affect.metrics.f1 import detection_f1

detected = arrays.arrays(np.bool_, (15, 3))
annotated = arrays.arrays(np.int8, (15, 3), elements=st.integers(-1, 1))


def counts_of(predictions: np.ndarray, labels: np.ndarray) -> DetectionCounts:
    counts = DetectionCounts(labels.shape[1])
    counts.update(predictions, labels)
    return counts


@given(detected, annotated)
def test_against_scikit_learn(predictions: np.ndarray, labels: np.ndarray) -> None:
    counts = counts_of(predictions, labels)
    np.testing.assert_array_equal(counts.annotated, (labels >= 0).sum(axis=0))
    scores, accuracies = [], []
    for unit in range(labels.shape[1]):
        known = labels[:, unit] >= 0
        truth, found = labels[known, unit], predictions[known, unit]
        scores.append(f1_score(truth, found, zero_division=np.nan) if known.any() else np.nan)
        accuracies.append(accuracy_score(truth, found) if known.any() else np.nan)
    np.testing.assert_allclose(detection_f1(counts), scores)
    np.testing.assert_allclose(detection_accuracy(counts), accuracies)
    means = [np.nanmean(values) if not np.isnan(values).all() else 0 for values in (scores, accuracies)]
    np.testing.assert_allclose(emotionet_action_units(counts), sum(means) / 2)


@given(detected, annotated, st.integers(0, 15))
def test_the_parts_do_not_matter(predictions: np.ndarray, labels: np.ndarray, cut: int) -> None:
    merged = counts_of(predictions[:cut], labels[:cut]).merge(counts_of(predictions[cut:], labels[cut:]).state())
    np.testing.assert_array_equal(merged.counts, counts_of(predictions, labels).counts)
