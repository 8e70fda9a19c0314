"""Cross entropy over compound expressions."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from affect.errors import AffectError
from affect.labels import COMPOUND_EXPRESSIONS, EMOTIONET_COMPOUNDS, EXPRESSIONS, RAFDB_COMPOUNDS
from affect.objectives.compound import CompoundCrossEntropy
from tests.objectives.printed_table import softmax

compound_labels = arrays.arrays(np.int64, 4, elements=st.integers(-1, len(COMPOUND_EXPRESSIONS) - 1))
expression_labels = arrays.arrays(np.int64, 4, elements=st.integers(-1, 6))


@pytest.mark.parametrize("classes", [RAFDB_COMPOUNDS, EMOTIONET_COMPOUNDS], ids=["RAF-DB", "EmotioNet"])
@given(
    arrays.arrays(np.float64, (4, 16), elements=st.floats(-9, 9)),
    st.none() | compound_labels,
    st.none() | expression_labels,
)
def test_value(
    classes: tuple[str, ...], logits: np.ndarray, compounds: np.ndarray | None, expressions: np.ndarray | None
) -> None:
    logits = logits[:, : len(classes)].copy()
    entropies = []
    for row in range(4):
        name = None
        if expressions is not None and expressions[row] >= 0:
            name = EXPRESSIONS[expressions[row]]
        if compounds is not None and compounds[row] >= 0 and COMPOUND_EXPRESSIONS[compounds[row]] in classes:
            name = COMPOUND_EXPRESSIONS[compounds[row]]
        if name in classes:
            entropies.append(-np.log(softmax(list(logits[row]))[classes.index(name)]))
    given_labels = {"compound": compounds, "expression": expressions}
    targets = {name: torch.from_numpy(labels) for name, labels in given_labels.items() if labels is not None}
    loss = CompoundCrossEntropy(classes)({"compound": torch.from_numpy(logits)}, targets)
    np.testing.assert_allclose(float(loss), np.mean(entropies) if entropies else 0, rtol=1e-7, atol=1e-12)


def test_gradient() -> None:
    torch.manual_seed(0)
    targets = {"compound": torch.tensor([0, -1, 14, 12]), "expression": torch.tensor([3, 6, -1, -1])}
    logits = torch.randn(4, 16, dtype=torch.float64, requires_grad=True)
    term = CompoundCrossEntropy(EMOTIONET_COMPOUNDS)
    assert torch.autograd.gradcheck(lambda x: term({"compound": x}, targets), logits)
    term({"compound": logits}, targets).backward()
    assert logits.grad is not None
    assert logits.grad.any(dim=1).tolist() == [True, True, True, True]


def test_an_unknown_class_would_never_have_labels() -> None:
    with pytest.raises(AffectError, match="did you mean 'sadly angry'"):
        CompoundCrossEntropy(("awed", "sad angry"))
