"""Distribution matching against a transcription of FaceBehaviorNet eq 2 and 3."""

from typing import Literal, get_args

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from affect.labels import ACTION_UNITS, AFF_WILD2_ACTION_UNITS
from affect.networks.spec import ArcFace, NetworkSpec
from affect.objectives.distribution_matching import DistributionMatchingLoss
from affect.objectives.settings import DistributionMatching
from tests.objectives.printed_table import NAMES, sigmoid, softmax, units_of

Form = Literal["printed", "bernoulli"]
Normalisation = Literal["equation", "example"]
SPEC = NetworkSpec(encoder="vgg-face", heads=("expression", "action_units"))
forms = pytest.mark.parametrize("form", get_args(Form))
NO_TARGETS: dict[str, torch.Tensor] = {}


def mixture(expressions: list[float], unit: int, *, weighted: bool, normalisation: str) -> float:
    """q(AU | x) of eq 2 for probabilities of the seven expressions."""
    above = sum(p * units_of(name, weighted=weighted).get(unit, 0) for p, name in zip(expressions, NAMES, strict=True))
    having = sum(unit in units_of(name) for name in NAMES)
    return above / (having if normalisation == "example" else sum(expressions))


def transcription(
    expressions: np.ndarray, units: np.ndarray, names: tuple[int, ...], settings: DistributionMatching, scale: float
) -> float:
    values = []
    for row in range(len(units)):
        total = 0.0
        for column, unit in enumerate(names):
            if unit == 14:
                continue
            probabilities = softmax([scale * value for value in expressions[row]])
            q = mixture(probabilities, unit, weighted=settings.weighted, normalisation=settings.normalisation)
            p = sigmoid(units[row, column])
            total += -p * np.log(q) if settings.form == "printed" else -q * np.log(p) - (1 - q) * np.log(1 - p)
        values.append(total)
    return float(np.mean(values))


@forms
@given(
    arrays.arrays(np.float64, (3, 7), elements=st.floats(-0.9, 0.9)),
    arrays.arrays(np.float64, (3, 17), elements=st.floats(-12, 12)),
    st.booleans(),
    st.sampled_from(get_args(Normalisation)),
    st.sampled_from([None, ArcFace(scale=16)]),
)
def test_value(
    form: Form, expressions: np.ndarray, units: np.ndarray, weighted: bool, normalisation: Normalisation,
    arcface: ArcFace | None,
) -> None:  # fmt: skip
    settings = DistributionMatching(form=form, normalisation=normalisation, weighted=weighted)
    for names in (ACTION_UNITS, AFF_WILD2_ACTION_UNITS):
        spec = SPEC.model_copy(update={"arcface": arcface, "action_units": names})
        outputs = {
            "expression": torch.from_numpy(expressions),
            "action_units": torch.from_numpy(units[:, : len(names)].copy()),
        }
        expected = transcription(expressions, units, names, settings, arcface.scale if arcface else 1)
        loss = DistributionMatchingLoss(settings, spec)(outputs, NO_TARGETS)
        np.testing.assert_allclose(float(loss), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("normalisation", "weighted", "factors"),
    [("equation", False, (1, 1)), ("example", False, (0.5, 0.5)), ("equation", True, (1, 0.57))],
)
def test_the_papers_worked_example(normalisation: Normalisation, weighted: bool, factors: tuple[float, float]) -> None:
    """q(AU2 | x) is 1/2 (p(surprised | x) + p(fearful | x)) in the example, without the half in eq 2."""
    settings = DistributionMatching(normalisation=normalisation, weighted=weighted)
    term = DistributionMatchingLoss(settings, SPEC.model_copy(update={"action_units": (2,)}))
    logits = torch.tensor([[0.1, -0.3, 0.7, 1.1, 0.2, -0.5, 0.9]], dtype=torch.float64)
    p = logits.softmax(dim=1)[0]
    expected = factors[0] * p[NAMES.index("surprise")] + factors[1] * p[NAMES.index("fear")]
    torch.testing.assert_close(term.log_mixture(logits).exp()[0, 0], expected)


@forms
@pytest.mark.parametrize("surprise", [-3.0, 0.0, 3.0])
def test_where_the_minimum_over_p_lies(form: Form, surprise: float) -> None:
    """Eq 3 as printed is least at p = 0 whatever q is; the Bernoulli form at p = q."""
    term = DistributionMatchingLoss(DistributionMatching(form=form), SPEC.model_copy(update={"action_units": (2,)}))
    expressions = torch.tensor([[0, 0, 0, 0, 0, 0, surprise]], dtype=torch.float64)
    q = float(term.log_mixture(expressions).exp())
    p = torch.linspace(0.001, 0.999, 999, dtype=torch.float64)
    values = torch.stack(
        [term({"expression": expressions, "action_units": x.logit().view(1, 1)}, NO_TARGETS) for x in p]
    )
    least = {"printed": 0.0, "bernoulli": q}[form]
    assert float(p[values.argmin()]) == pytest.approx(least, abs=1.1e-3)
    assert (values.diff() > 0).all() == (form == "printed")


@forms
@pytest.mark.parametrize("detached", ["none", "p", "q"])
def test_gradients_of_the_two_sides(form: Form, detached: Literal["none", "p", "q"]) -> None:
    torch.manual_seed(0)
    expressions = torch.randn(3, 7, dtype=torch.float64, requires_grad=True)
    units = torch.randn(3, 17, dtype=torch.float64, requires_grad=True)
    term = DistributionMatchingLoss(DistributionMatching(form=form, detached=detached), SPEC)
    free = DistributionMatchingLoss(DistributionMatching(form=form), SPEC)
    sides = {"expression": expressions, "action_units": units}
    assert torch.autograd.gradcheck(
        lambda x, y: free({"expression": x, "action_units": y}, NO_TARGETS), (expressions, units)
    )
    loss = term(sides, NO_TARGETS)
    assert loss == free(sides, NO_TARGETS)
    found = torch.autograd.grad(loss, (expressions, units), allow_unused=True)
    wanted = torch.autograd.grad(free(sides, NO_TARGETS), (expressions, units))
    for name, gradient, expected in zip(("q", "p"), found, wanted, strict=True):
        if detached == name:
            assert gradient is None
        else:
            assert gradient is not None
            torch.testing.assert_close(gradient, expected)
