"""Streaming moments and the metrics read from them, against NumPy, scikit-learn, SciPy and torchmetrics."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import pearsonr
from sklearn.metrics import mean_squared_error as reference_mse
from torchmetrics.functional import concordance_corrcoef

from affect.metrics.ccc import concordance
from affect.metrics.mean_squared_error import mean_squared_error
from affect.metrics.moments import PairedMoments
from affect.metrics.pearson import pearson

values = arrays.arrays(np.float32, (12, 2), elements=st.floats(-1, 1, width=32))
splits = st.lists(st.integers(0, 12), max_size=4)


def moments_of(predictions: np.ndarray, labels: np.ndarray) -> PairedMoments:
    moments = PairedMoments(predictions.shape[1])
    moments.update(predictions, labels)
    return moments


def printed_ccc(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """BMVC eq 3 with population moments; 0 / 0 is 0."""
    covariance = ((x - x.mean(0)) * (y - y.mean(0))).mean(0)
    denominator = x.var(0) + y.var(0) + (x.mean(0) - y.mean(0)) ** 2
    return np.where(denominator > 0, 2 * covariance / np.where(denominator > 0, denominator, 1), 0)


@given(values, values)
def test_ccc_and_mse(predictions: np.ndarray, labels: np.ndarray) -> None:
    moments = moments_of(predictions, labels)
    x, y = predictions.astype(np.float64), labels.astype(np.float64)
    np.testing.assert_allclose(concordance(moments), printed_ccc(x, y), atol=1e-9)
    np.testing.assert_allclose(mean_squared_error(moments), reference_mse(y, x, multioutput="raw_values"), atol=1e-12)


@given(values, values, splits)
def test_the_parts_do_not_matter(predictions: np.ndarray, labels: np.ndarray, cuts: list[int]) -> None:
    whole, streamed, merged = moments_of(predictions, labels), PairedMoments(2), PairedMoments(2)
    for x, y in zip(np.split(predictions, sorted(cuts)), np.split(labels, sorted(cuts)), strict=True):
        streamed.update(x, y)
        merged.merge(moments_of(x, y).state())
    for other in (streamed, merged):
        for name, value in whole.state().items():
            np.testing.assert_allclose(other.state()[name], value, atol=1e-12, err_msg=name)


def test_against_references_on_correlated_values() -> None:
    generator = np.random.default_rng(0)
    labels = generator.uniform(-1, 1, (5000, 2))
    predictions = 0.5 * labels + 0.2 * generator.normal(size=(5000, 2)) + 0.1
    moments = moments_of(predictions, labels)
    expected = [pearsonr(predictions[:, i], labels[:, i]).statistic for i in range(2)]
    np.testing.assert_allclose(pearson(moments), expected, rtol=1e-10)
    # torchmetrics divides variances by n - 1.
    reference = concordance_corrcoef(torch.from_numpy(predictions), torch.from_numpy(labels))
    np.testing.assert_allclose(concordance(moments), reference, atol=1e-4)


def test_no_digits_are_lost_to_a_large_mean() -> None:
    generator = np.random.default_rng(0)
    labels = generator.uniform(-1, 1, (1000, 1)) + 1e6
    predictions = labels + 0.3 * generator.normal(size=(1000, 1))
    merged = PairedMoments(1)
    for x, y in zip(np.split(predictions, 10), np.split(labels, 10), strict=True):
        merged.update(x, y)
    np.testing.assert_allclose(concordance(merged), printed_ccc(predictions, labels), rtol=1e-8)


@pytest.mark.parametrize(
    ("predictions", "labels", "ccc", "correlation"),
    [
        ([0.3, 0.3], [0.3, 0.3], 0, 0),
        ([0.25, 0.25], [0.5, -0.5], 0, 0),
        ([0.5, -0.5], [0.25, 0.25], 0, 0),
        ([0.5, -0.5], [0.5, -0.5], 1, 1),
        ([0.5, -0.5], [-0.5, 0.5], -1, -1),
        ([0.1], [0.2], 0, 0),
    ],
)
def test_edges(predictions: list[float], labels: list[float], ccc: float, correlation: float) -> None:
    moments = moments_of(np.array(predictions)[:, None], np.array(labels)[:, None])
    np.testing.assert_allclose(concordance(moments), ccc, atol=1e-12)
    np.testing.assert_allclose(pearson(moments), correlation, atol=1e-12)


def test_nothing_seen() -> None:
    moments = PairedMoments(2)
    for metric in (concordance, pearson, mean_squared_error):
        np.testing.assert_array_equal(metric(moments), 0)
