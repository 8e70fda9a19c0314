"""Cross entropy against scikit-learn."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import log_loss

from affect.objectives.cross_entropy import CrossEntropy

logits_of_six = arrays.arrays(np.float64, (6, 7), elements=st.floats(-15, 15))
labels_of_six = arrays.arrays(np.int64, 6, elements=st.integers(-1, 6))


@given(logits_of_six, labels_of_six)
def test_value(logits: np.ndarray, labels: np.ndarray) -> None:
    loss = float(CrossEntropy()({"expression": torch.from_numpy(logits)}, {"expression": torch.from_numpy(labels)}))
    given_labels = labels >= 0
    if not given_labels.any():
        assert loss == 0
        return
    probabilities = np.exp(logits - logits.max(1, keepdims=True))
    probabilities /= probabilities.sum(1, keepdims=True)
    expected = log_loss(labels[given_labels], probabilities[given_labels], labels=range(7))
    np.testing.assert_allclose(loss, expected, rtol=1e-6, atol=1e-9)


def test_gradient() -> None:
    torch.manual_seed(0)
    targets = {"expression": torch.tensor([0, -1, 6, 3])}
    logits = torch.randn(4, 7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: CrossEntropy()({"expression": x}, targets), logits)


def test_half_precision_does_not_overflow() -> None:
    logits = torch.tensor([[6e4, -6e4, 0, 0, 0, 0, 0]], dtype=torch.float16, requires_grad=True)
    loss = CrossEntropy()({"expression": logits}, {"expression": torch.tensor([1])})
    loss.backward()
    np.testing.assert_allclose(loss.item(), 12e4, rtol=1e-3)
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
