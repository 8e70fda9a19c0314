"""The CCC loss against a transcription of BMVC eq 3 and torchmetrics."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torchmetrics.functional import concordance_corrcoef

from affect.objectives.ccc import ConcordanceLoss

pairs = arrays.arrays(np.float64, (8, 2), elements=st.floats(-1, 1).map(lambda value: round(value, 3)))


def loss_of(predictions: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return ConcordanceLoss()({"valence_arousal": predictions}, {"valence_arousal": labels})


def transcription(x: np.ndarray, y: np.ndarray) -> float:
    """1 - 0.5 (rho_a + rho_v), rho = 2 s_xy / (s_x^2 + s_y^2 + (mean x - mean y)^2); a CCC of 0 / 0 is 0."""
    rhos = []
    for column in range(2):
        a, b = x[:, column], y[:, column]
        denominator = a.var() + b.var() + (a.mean() - b.mean()) ** 2
        rhos.append(2 * ((a - a.mean()) * (b - b.mean())).mean() / denominator if denominator > 1e-12 else 0.0)
    return 1 - 0.5 * sum(rhos)


@given(pairs, pairs, st.sets(st.integers(0, 7), max_size=7))
def test_value(predictions: np.ndarray, labels: np.ndarray, missing: set[int]) -> None:
    labels = labels.copy()
    for row in missing:
        labels[row, row % 2] = np.nan  # one of the two suffices to leave a sample out
    whole = ~np.isnan(labels).any(axis=1)
    loss = loss_of(torch.from_numpy(predictions), torch.from_numpy(labels))
    np.testing.assert_allclose(float(loss), transcription(predictions[whole], labels[whole]), atol=1e-3)
    assert -1e-6 <= float(loss) <= 2 + 1e-6


def test_value_to_the_last_digits() -> None:
    generator = np.random.default_rng(0)
    labels = generator.uniform(-1, 1, (200, 2))
    predictions = 0.6 * labels + 0.2 * generator.normal(size=(200, 2)) + 0.1
    loss = loss_of(torch.from_numpy(predictions), torch.from_numpy(labels))
    np.testing.assert_allclose(float(loss), transcription(predictions, labels), rtol=1e-8)


def test_torchmetrics_agrees_up_to_its_sample_variance() -> None:
    # torchmetrics divides variances by n - 1: a difference of 1/n in the term of the means.
    torch.manual_seed(0)
    labels = torch.rand(5000, 2, dtype=torch.float64) * 2 - 1
    predictions = labels * 0.5 + torch.randn(5000, 2, dtype=torch.float64) * 0.2
    expected = 1 - concordance_corrcoef(predictions, labels).mean()
    torch.testing.assert_close(loss_of(predictions, labels), expected, atol=1e-4, rtol=0)


def test_gradient() -> None:
    torch.manual_seed(0)
    labels = torch.rand(6, 2, dtype=torch.float64)
    labels[2, 1] = float("nan")
    predictions = torch.randn(6, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: loss_of(x, labels), predictions)
    loss_of(predictions, labels).backward()
    assert predictions.grad is not None
    assert (predictions.grad[2] == 0).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize(
    ("predictions", "labels", "expected"),
    [
        ([[0.3, 0.3]] * 4, [[0.3, 0.3]] * 4, 1.0),  # one and the same constant
        ([[0.3, 0.3]] * 4, [[-0.5, 0.1]] * 4, 1.0),  # two constants
        ([[0.3, 0.3]] * 2, [[-0.5, 0.1], [0.5, 0.2]], 1.0),  # constant predictions
        ([[-0.5, 0.25], [0.5, 0.5]], [[0.3, 0.3]] * 2, 1.0),  # constant labels
        ([[0.3, 0.3]], [[0.1, 0.2]], 1.0),  # a single sample
        ([[-0.5, 0.25], [0.5, 0.5]], [[-0.5, 0.25], [0.5, 0.5]], 0.0),  # all right
        ([[0.5, -0.5], [-0.5, 0.5]], [[-0.5, 0.5], [0.5, -0.5]], 2.0),  # all wrong
        ([[0.3, 0.3]], [[float("nan")] * 2], 0.0),  # no labels
    ],
)
def test_edges(predictions: list[list[float]], labels: list[list[float]], expected: float, dtype: torch.dtype) -> None:
    outputs = torch.tensor(predictions, dtype=dtype, requires_grad=True)
    loss = loss_of(outputs, torch.tensor(labels, dtype=dtype).float())
    loss.backward()
    np.testing.assert_allclose(loss.item(), expected, atol=1e-6)
    assert outputs.grad is not None
    assert outputs.grad.isfinite().all()
    assert outputs.grad.abs().max() < 10


def test_no_labels_give_zero_gradient() -> None:
    outputs = torch.randn(3, 2, requires_grad=True)
    loss = loss_of(outputs, torch.full((3, 2), float("nan")))
    loss.backward()
    assert loss == 0
    assert outputs.grad is not None
    assert (outputs.grad == 0).all()
