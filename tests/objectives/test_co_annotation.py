"""Co-annotation against a transcription of FaceBehaviorNet section 3."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from affect.labels import ACTION_UNITS, AFF_WILD2_ACTION_UNITS
from affect.networks.spec import ArcFace, NetworkSpec
from affect.objectives import MultiTask, ObjectiveSettings
from affect.objectives.co_annotation import expressions_of
from affect.objectives.settings import CoAnnotation
from tests.objectives.printed_table import NAMES, UNITS, active, sigmoid, softmax, units_of

ROWS = 5
logits = arrays.arrays(np.float64, (ROWS, 17), elements=st.floats(-12, 12))
expression_labels = arrays.arrays(np.int64, ROWS, elements=st.integers(-1, 6))
# Complete emotions come up by themselves once in a blue moon.
rows_of_labels = st.lists(st.integers(-1, 1), min_size=17, max_size=17) | st.builds(
    lambda name, rest: active(*units_of(name), rest=rest), st.sampled_from(NAMES), st.sampled_from([-1, 0, 1])
)
unit_labels = st.lists(rows_of_labels, min_size=ROWS, max_size=ROWS)


def expression_that_follows(labels: list[int]) -> int:
    """The emotion all of whose units are active, of several the one with most, of equals none."""
    found: list[tuple[int, int]] = []
    for index, name in enumerate(NAMES):
        wanted = [unit for unit in units_of(name) if unit in UNITS]
        if wanted and all(labels[UNITS.index(unit)] == 1 for unit in wanted):
            found.append((len(wanted), index))
    most = [index for count, index in found if count == max(found)[0]]
    return most[0] if len(most) == 1 else -1


def unit_loss(
    predictions: np.ndarray, labels: list[list[int]], expressions: np.ndarray, own_units: tuple[int, ...],
    *, mean: bool, negatives: bool, weight: float,
) -> float:  # fmt: skip
    """L_AU over the images with their own action units and those of their expressions."""
    total = count = 0.0
    for row in range(len(expressions)):
        own = {unit: labels[row][UNITS.index(unit)] for unit in own_units}
        given_to: dict[int, int] = {}
        weights: dict[int, float] = {}
        if expressions[row] > 0:
            weights = units_of(NAMES[expressions[row]])
            given_to = {unit: 1 for unit in own_units if unit in weights}
            if negatives:
                given_to = {unit: int(unit in weights) for unit in own_units}
        for annotations, times in ((own, 1.0), (given_to, weight)):
            known = {unit: y for unit, y in annotations.items() if y >= 0}
            if not known:
                continue
            entropy = 0.0
            for unit, y in known.items():
                p = sigmoid(predictions[row, own_units.index(unit)])
                share = 1.0 if annotations is own else weights.get(unit, 1.0)
                entropy -= share * (np.log(p) if y else np.log(1 - p))
            total += times * (entropy / len(known) if mean else entropy)
            count += times
    return total / count if count else 0.0


@given(logits, unit_labels, expression_labels, st.booleans(), st.booleans(), st.sampled_from([1.0, 0.25, 0.0]))
def test_action_units(
    predictions: np.ndarray, labels: list[list[int]], expressions: np.ndarray, mean: bool, negatives: bool,
    weight: float,
) -> None:  # fmt: skip
    settings = ObjectiveSettings(
        action_units="mean" if mean else "sum", co_annotation=CoAnnotation(negatives=negatives, weight=weight)
    )
    for units in (ACTION_UNITS, AFF_WILD2_ACTION_UNITS):
        spec = NetworkSpec(encoder="vgg-face", heads=("expression", "action_units"), action_units=units)
        outputs = {
            "expression": torch.zeros(ROWS, 7),
            "action_units": torch.from_numpy(predictions[:, : len(units)].copy()),
        }
        targets = {"expression": torch.from_numpy(expressions), "action_units": torch.tensor(labels, dtype=torch.int8)}
        _, parts = MultiTask(settings, spec)(outputs, targets)
        expected = unit_loss(predictions, labels, expressions, units, mean=mean, negatives=negatives, weight=weight)
        np.testing.assert_allclose(float(parts["action_units_loss"]), expected, rtol=1e-7)


def test_a_lighter_image_alone_is_still_a_mean() -> None:
    spec = NetworkSpec(encoder="vgg-face", heads=("action_units",))
    outputs = {"action_units": torch.zeros(1, 17)}
    targets = {"expression": torch.tensor([4]), "action_units": torch.tensor([active()])}
    settings = CoAnnotation(expressions=False, weight=0.25)
    loss, _ = MultiTask(ObjectiveSettings(co_annotation=settings), spec)(outputs, targets)
    np.testing.assert_allclose(float(loss), (1 + 1 + 0.51) * np.log(2))


@given(unit_labels)
def test_expressions_that_follow(labels: list[list[int]]) -> None:
    found = expressions_of(torch.tensor(labels, dtype=torch.int8))
    assert found.tolist() == [expression_that_follows(row) for row in labels]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (active(6, 12, 25), "happiness"),
        (active(12, 25, inactive=(6,)), None),  # observational ones are required too
        (active(12, 25), None),  # and have to be annotated
        (active(1, 2, 5, 25, 26), "surprise"),
        (active(1, 2, 4, 5, 20, 25, 26), "fear"),  # which has all of surprise and more
        (active(1, 4, 6, 15, 17), "sadness"),  # AU11 is in no corpus's labels
        (active(1, 4, 6, 15, 17, 9, 10, 24), None),  # sadness and disgust, five each
        (active(rest=1), "fear"),
        (active(rest=0), None),
        (active(14), None),
    ],
)
def test_rules(labels: list[int], expected: str | None) -> None:
    assert expressions_of(torch.tensor([labels])).tolist() == [NAMES.index(expected) if expected else -1]


@given(arrays.arrays(np.float64, (ROWS, 7), elements=st.floats(-0.9, 0.9)), unit_labels, expression_labels)
@pytest.mark.parametrize("arcface", [None, ArcFace(scale=8, margin=0.5)])
def test_expression_loss(
    arcface: ArcFace | None, predictions: np.ndarray, labels: list[list[int]], expressions: np.ndarray
) -> None:
    entropies = []
    for row in range(ROWS):
        for label in (expressions[row], expression_that_follows(labels[row])):
            if label < 0:
                continue
            scores = list(predictions[row])
            if arcface is not None:
                angle = np.arccos(scores[label]) + arcface.margin
                scores[label] = np.cos(angle) if angle <= np.pi else -2 - np.cos(angle)
                scores = [arcface.scale * score for score in scores]
            entropies.append(-np.log(softmax(scores)[label]))
    spec = NetworkSpec(encoder="vgg-face", heads=("expression",), arcface=arcface)
    objective = MultiTask(ObjectiveSettings(co_annotation=CoAnnotation(action_units=False)), spec)
    loss, _ = objective(
        {"expression": torch.from_numpy(predictions)},
        {"expression": torch.from_numpy(expressions), "action_units": torch.tensor(labels)},
    )
    np.testing.assert_allclose(float(loss), np.mean(entropies) if entropies else 0, rtol=1e-7)


@pytest.mark.parametrize("negatives", [False, True])
def test_gradient(negatives: bool) -> None:
    torch.manual_seed(0)
    targets = {
        "expression": torch.tensor([4, -1, 0, 5]),
        "action_units": torch.tensor(
            [active(), active(6, 12, 25), active(1, inactive=(2,)), active(1, 2, 4, 5, 20, 25, 26)]
        ),
    }
    spec = NetworkSpec(encoder="vgg-face", heads=("expression", "action_units"))
    objective = MultiTask(ObjectiveSettings(co_annotation=CoAnnotation(negatives=negatives)), spec)

    def total(expression: torch.Tensor, units: torch.Tensor) -> torch.Tensor:
        return objective({"expression": expression, "action_units": units}, targets)[0]

    inputs = (
        torch.randn(4, 7, dtype=torch.float64, requires_grad=True),
        torch.randn(4, 17, dtype=torch.float64, requires_grad=True),
    )
    assert torch.autograd.gradcheck(total, inputs)
