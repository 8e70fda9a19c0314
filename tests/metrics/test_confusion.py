"""The confusion matrix and the metrics read from it, against scikit-learn."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn import metrics as reference

from affect.metrics.accuracy import accuracy
from affect.metrics.confusion import ConfusionMatrix
from affect.metrics.emotionet import emotionet_emotions
from affect.metrics.f1 import class_f1
from affect.metrics.mean_diagonal import mean_diagonal
from affect.metrics.unweighted_average_recall import unweighted_average_recall

classes = arrays.arrays(np.int64, st.shared(st.integers(1, 30), key="n"), elements=st.integers(0, 6))


def matrix_of(predictions: np.ndarray, labels: np.ndarray) -> ConfusionMatrix:
    matrix = ConfusionMatrix(7)
    matrix.update(predictions, labels)
    return matrix


@given(classes, classes)
def test_against_scikit_learn(predictions: np.ndarray, labels: np.ndarray) -> None:
    matrix = matrix_of(predictions, labels)
    np.testing.assert_array_equal(matrix.counts, reference.confusion_matrix(labels, predictions, labels=range(7)))
    np.testing.assert_allclose(accuracy(matrix), reference.accuracy_score(labels, predictions))
    # scikit-learn's macro average, too, is over the classes in labels or predictions.
    expected = reference.f1_score(labels, predictions, average="macro", zero_division=np.nan)
    np.testing.assert_allclose(np.nanmean(class_f1(matrix)), expected)
    present = np.unique(labels)
    recall = reference.recall_score(labels, predictions, labels=present, average="macro")
    np.testing.assert_allclose(mean_diagonal(matrix), recall)
    np.testing.assert_allclose(unweighted_average_recall(matrix), recall)
    np.testing.assert_allclose(emotionet_emotions(matrix), (expected + recall) / 2)


@given(classes, classes, st.integers(0, 30))
def test_the_parts_do_not_matter(predictions: np.ndarray, labels: np.ndarray, cut: int) -> None:
    merged = matrix_of(predictions[:cut], labels[:cut]).merge(matrix_of(predictions[cut:], labels[cut:]).state())
    np.testing.assert_array_equal(merged.counts, matrix_of(predictions, labels).counts)


def test_absent_classes_have_no_f1() -> None:
    scores = class_f1(matrix_of(np.array([0, 0, 1]), np.array([0, 2, 1])))
    np.testing.assert_allclose(scores, [2 / 3, 1, 0, *[np.nan] * 4])


def test_nothing_seen() -> None:
    matrix = ConfusionMatrix(7)
    assert (accuracy(matrix), mean_diagonal(matrix), emotionet_emotions(matrix)) == (0, 0, 0)
    assert np.isnan(class_f1(matrix)).all()
