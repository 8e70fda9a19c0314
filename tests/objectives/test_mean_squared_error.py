"""Mean squared error against scikit-learn."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import mean_squared_error

from affect.objectives.mean_squared_error import MeanSquaredError

pairs = arrays.arrays(np.float64, (5, 2), elements=st.floats(-1, 1))


@given(pairs, pairs, st.sets(st.tuples(st.integers(0, 4), st.integers(0, 1))))
def test_value(predictions: np.ndarray, labels: np.ndarray, missing: set[tuple[int, int]]) -> None:
    labels = labels.copy()
    for place in missing:
        labels[place] = np.nan
    term = MeanSquaredError()
    loss = float(
        term({"valence_arousal": torch.from_numpy(predictions)}, {"valence_arousal": torch.from_numpy(labels)})
    )
    whole = ~np.isnan(labels).any(axis=1)
    expected = mean_squared_error(labels[whole], predictions[whole]) if whole.any() else 0
    np.testing.assert_allclose(loss, expected, atol=1e-12)


def test_gradient_is_zero_where_not_annotated() -> None:
    labels = torch.tensor([[0.5, -0.5], [float("nan"), 0.1], [0.0, 0.2]])
    predictions = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
    term = MeanSquaredError()
    assert torch.autograd.gradcheck(lambda x: term({"valence_arousal": x}, {"valence_arousal": labels}), predictions)
    term({"valence_arousal": predictions}, {"valence_arousal": labels}).backward()
    assert predictions.grad is not None
    assert (predictions.grad[1] == 0).all()
