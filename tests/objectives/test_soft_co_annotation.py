"""Soft co-annotation against a transcription of FaceBehaviorNet section 3."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from affect.networks.spec import ArcFace, NetworkSpec
from affect.objectives.settings import SoftCoAnnotation
from affect.objectives.soft_co_annotation import SoftCoAnnotationLoss
from tests.objectives.printed_table import NAMES, UNITS, active, softmax, units_of

SPEC = NetworkSpec(encoder="vgg-face", heads=("expression",))
unit_labels = arrays.arrays(np.int8, (4, 17), elements=st.integers(-1, 1))
sparse_labels = arrays.arrays(np.int8, (4, 17), elements=st.sampled_from([-1, -1, -1, -1, -1, -1, 0, 1]))


def soft_label(labels: np.ndarray, *, weighted: bool, neutral: bool) -> list[float] | None:
    """Probabilities of the seven expressions of one image, emotion by emotion."""
    scores: dict[str, float] = {}
    for name in NAMES[1:]:
        above = below = 0.0
        for unit, weight in units_of(name, weighted=weighted).items():
            if unit in UNITS and labels[UNITS.index(unit)] >= 0:
                above += weight * labels[UNITS.index(unit)]
                below += weight
        if below:
            scores[name] = above / below
    if not scores:
        return None
    if neutral:
        scores["neutral"] = 0.0
    probabilities = dict(zip(scores, softmax(list(scores.values())), strict=True))
    return [probabilities.get(name, 0.0) for name in NAMES]


@pytest.mark.parametrize("arcface", [None, ArcFace(scale=16)])
@given(
    arrays.arrays(np.float64, (4, 7), elements=st.floats(-0.9, 0.9)),
    unit_labels | sparse_labels,
    st.booleans(),
    st.booleans(),
)
def test_value(
    arcface: ArcFace | None, predictions: np.ndarray, labels: np.ndarray, weighted: bool, neutral: bool
) -> None:
    entropies = []
    for row in range(4):
        soft = soft_label(labels[row], weighted=weighted, neutral=neutral)
        if soft is not None:
            probabilities = softmax([(arcface.scale if arcface else 1) * value for value in predictions[row]])
            entropies.append(-sum(t * np.log(p) for t, p in zip(soft, probabilities, strict=True)))
    spec = SPEC.model_copy(update={"arcface": arcface})
    term = SoftCoAnnotationLoss(SoftCoAnnotation(weighted=weighted, neutral=neutral), spec)
    loss = term({"expression": torch.from_numpy(predictions)}, {"action_units": torch.from_numpy(labels)})
    np.testing.assert_allclose(float(loss), np.mean(entropies) if entropies else 0, rtol=1e-9)


@pytest.mark.parametrize(
    ("weighted", "score"), [(True, (1 + 0.51) / (1 + 1 + 0.51)), (False, 2 / 3)], ids=["weighted", "all 1"]
)
def test_the_papers_worked_example(weighted: bool, score: float) -> None:
    """Happy: (AU12 + AU25 + 0.51 AU6) / (1 + 1 + 0.51), here with AU12 and AU6 active and all else inactive."""
    labels = torch.tensor([active(12, 6, rest=0)])
    (soft,), _ = SoftCoAnnotationLoss(SoftCoAnnotation(weighted=weighted), SPEC).soft_labels(labels)
    # Disgust, anger, fear and surprise have none of the two, so a score of 0.
    np.testing.assert_allclose(float(soft[4] / soft[1]), np.exp(score))
    assert float(soft.sum()) == pytest.approx(1)
    assert float(soft[0]) == 0


def test_what_was_not_annotated_leaves() -> None:
    labels = torch.tensor([active(12, inactive=(25,)), active(14), active(), active(9)])
    soft, labelled = SoftCoAnnotationLoss(SoftCoAnnotation(), SPEC).soft_labels(labels)
    assert labelled.tolist() == [True, False, False, True]  # AU14 belongs to no emotion
    # AU25 is of fear and surprise too, AU6, 10 and 17 of nobody who was annotated.
    expected = softmax([1 / 2, 0, 0])
    np.testing.assert_allclose(soft[0], [0, 0, 0, expected[1], expected[0], 0, expected[2]])
    np.testing.assert_array_equal(soft[1:3], 0)
    np.testing.assert_array_equal(soft[3], [0, 0, 1, 0, 0, 0, 0])


@pytest.mark.parametrize("neutral", [False, True])
def test_gradient(neutral: bool) -> None:
    torch.manual_seed(0)
    term = SoftCoAnnotationLoss(SoftCoAnnotation(neutral=neutral), SPEC)
    targets = {"action_units": torch.tensor([active(12), active(), active(1, 2, rest=0), active(14)])}
    predictions = torch.randn(4, 7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: term({"expression": x}, targets), predictions)
    term({"expression": predictions}, targets).backward()
    assert predictions.grad is not None
    assert predictions.grad.any(dim=1).tolist() == [True, False, True, False]
