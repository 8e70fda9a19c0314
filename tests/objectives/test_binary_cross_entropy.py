"""Binary cross entropy against the printed formulas and scikit-learn."""

from typing import Literal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import log_loss

from affect.labels import ACTION_UNITS, AFF_WILD2_ACTION_UNITS
from affect.objectives.binary_cross_entropy import BinaryCrossEntropy

reductions = pytest.mark.parametrize("reduction", ["sum", "mean"])


def transcription(logits: np.ndarray, labels: np.ndarray, reduction: str) -> float:
    """FaceBehaviorNet eq 1 with its delta_i, loop by loop; "sum" is BMVC eq 2 with the same deltas."""
    samples = []
    for x, y in zip(logits, labels, strict=True):
        deltas = [int(label >= 0) for label in y]
        if sum(deltas) == 0:
            continue
        total = 0.0
        for logit, label, delta in zip(x, y, deltas, strict=True):
            p = 1 / (1 + np.exp(-logit))
            total -= delta * (label * np.log(p) + (1 - label) * np.log(1 - p))
        samples.append(total / sum(deltas) if reduction == "mean" else total)
    return float(np.mean(samples)) if samples else 0.0


@reductions
@given(
    arrays.arrays(np.float64, (4, 17), elements=st.floats(-15, 15)),
    arrays.arrays(np.int8, (4, 17), elements=st.integers(-1, 1)),
)
def test_value(reduction: Literal["sum", "mean"], logits: np.ndarray, labels: np.ndarray) -> None:
    term = BinaryCrossEntropy(ACTION_UNITS, reduction)
    loss = term({"action_units": torch.from_numpy(logits)}, {"action_units": torch.from_numpy(labels)})
    np.testing.assert_allclose(float(loss), transcription(logits, labels, reduction), rtol=1e-6)


@reductions
def test_fully_annotated(reduction: Literal["sum", "mean"]) -> None:
    generator = np.random.default_rng(0)
    logits, labels = generator.normal(size=(9, 17)), generator.integers(0, 2, (9, 17)).astype(np.int8)
    expected = log_loss(labels.flatten(), 1 / (1 + np.exp(-logits.flatten())))
    loss = BinaryCrossEntropy(ACTION_UNITS, reduction)(
        {"action_units": torch.from_numpy(logits)}, {"action_units": torch.from_numpy(labels)}
    )
    np.testing.assert_allclose(float(loss), expected * (17 if reduction == "sum" else 1), rtol=1e-9)


@reductions
def test_only_the_networks_action_units_count(reduction: Literal["sum", "mean"]) -> None:
    generator = np.random.default_rng(1)
    columns = [ACTION_UNITS.index(unit) for unit in AFF_WILD2_ACTION_UNITS]
    logits, labels = generator.normal(size=(5, 8)), generator.integers(-1, 2, (5, 17)).astype(np.int8)
    labels[2, columns] = -1  # annotated, but in none of the network's
    loss = BinaryCrossEntropy(AFF_WILD2_ACTION_UNITS, reduction)(
        {"action_units": torch.from_numpy(logits)}, {"action_units": torch.from_numpy(labels)}
    )
    np.testing.assert_allclose(float(loss), transcription(logits, labels[:, columns], reduction), rtol=1e-9)


@reductions
def test_gradient(reduction: Literal["sum", "mean"]) -> None:
    torch.manual_seed(0)
    labels = torch.randint(-1, 2, (4, 17), dtype=torch.int8)
    labels[1] = -1
    term = BinaryCrossEntropy(ACTION_UNITS, reduction)
    logits = torch.randn(4, 17, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: term({"action_units": x}, {"action_units": labels}), logits)


def test_half_precision_does_not_overflow() -> None:
    logits = torch.full((1, 17), 6e4, dtype=torch.float16, requires_grad=True)
    loss = BinaryCrossEntropy(ACTION_UNITS, "sum")(
        {"action_units": logits}, {"action_units": torch.zeros(1, 17, dtype=torch.int8)}
    )
    loss.backward()
    assert loss.isfinite()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
