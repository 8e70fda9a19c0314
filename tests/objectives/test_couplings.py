"""The couplings within the multi-task sum."""

import pytest
import torch

from affect.errors import AffectError
from affect.labels import EMOTIONET_COMPOUNDS
from affect.networks.spec import ArcFace, NetworkSpec
from affect.objectives import MultiTask, ObjectiveSettings
from affect.objectives.settings import CoAnnotation, DistributionMatching, SoftCoAnnotation

SPEC = NetworkSpec(
    encoder="vgg-face",
    heads=("valence_arousal", "expression", "action_units", "compound"),
    compounds=EMOTIONET_COMPOUNDS,
)
ALL = ObjectiveSettings(
    co_annotation=CoAnnotation(),
    soft_co_annotation=SoftCoAnnotation(weight=3),
    distribution_matching=DistributionMatching(weight=5),
    compound_weight=2,
)
LOGITS = [0.0, 6e4, -6e4, 1.0, -1.0, 30.0, -30.0]


def unlabelled(rows: int) -> dict[str, torch.Tensor]:
    return {
        "valence_arousal": torch.full((rows, 2), torch.nan),
        "expression": torch.full((rows,), -1),
        "action_units": torch.full((rows, 17), -1, dtype=torch.int8),
    }


def labelled(rows: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "valence_arousal": torch.rand(rows, 2, generator=generator),
        "expression": torch.arange(rows) % 7,
        "action_units": (torch.arange(rows)[:, None] % 3 - torch.ones(17)).to(torch.int8),
        "compound": torch.arange(rows) % 15,
    }


def outputs(rows: int, dtype: torch.dtype = torch.float64) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    widths = {"valence_arousal": 2, "expression": 7, "action_units": 17, "compound": 16}
    made = {name: torch.randn(rows, width, generator=generator).to(dtype) for name, width in widths.items()}
    return {name: output.requires_grad_() for name, output in made.items()}


def test_weights_and_names() -> None:
    total, parts = MultiTask(ALL, SPEC)(outputs(9), labelled(9))
    assert list(parts) == [
        "valence_arousal_loss", "expression_loss", "action_units_loss", "compound_loss", "soft_co_annotation_loss",
        "distribution_matching_loss",
    ]  # fmt: skip
    weights = torch.tensor([1, 1, 1, 2, 3, 5], dtype=torch.float64)
    torch.testing.assert_close(total.detach(), (weights * torch.stack(list(parts.values()))).sum())
    assert (torch.stack(list(parts.values())) > 0).all()


@pytest.mark.parametrize("rows", [0, 4])
def test_without_any_label_only_the_matching_of_predictions_remains(rows: int) -> None:
    given = outputs(rows)
    total, parts = MultiTask(ALL, SPEC)(given, unlabelled(rows))
    total.backward()
    matching = parts.pop("distribution_matching_loss")
    assert all(part == 0 for part in parts.values())
    assert (matching > 0) == (rows > 0)
    for name, output in given.items():
        assert output.grad is not None
        assert bool(output.grad.any()) == (rows > 0 and name in {"expression", "action_units"})


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("form", ["printed", "bernoulli"])
@pytest.mark.parametrize("detached", ["none", "p", "q"])
@pytest.mark.parametrize("arcface", [None, ArcFace(scale=64, margin=3)])
def test_extreme_logits_stay_finite(dtype: torch.dtype, form: str, detached: str, arcface: ArcFace | None) -> None:
    spec = SPEC.model_copy(update={"arcface": arcface})
    matching = DistributionMatching.model_validate({"form": form, "detached": detached})
    rows = len(LOGITS)
    given = outputs(rows, dtype)
    if arcface is not None:
        given["expression"] = torch.zeros(rows, 7, requires_grad=True)  # cosines are never of half precision
    with torch.no_grad():
        for row, value in enumerate(LOGITS):
            given["action_units"][row] = value
            given["expression"][row] = 0
            given["expression"][row, row] = max(-1, min(1, value)) if arcface else value
            given["compound"][row, row] = value
    objective = MultiTask(ALL.model_copy(update={"distribution_matching": matching}), spec)
    total, parts = objective(given, labelled(rows))
    total.backward()
    assert all(part.isfinite() for part in parts.values())
    for output in given.values():
        assert output.grad is not None
        assert output.grad.isfinite().all()


@pytest.mark.parametrize(
    ("settings", "heads", "named"),
    [
        ({"co_annotation": {}}, ("expression",), "co_annotation.action_units trains the head 'action_units'"),
        ({"co_annotation": {}}, ("action_units",), "co_annotation.expressions trains the head 'expression'"),
        ({"soft_co_annotation": {}}, ("action_units",), "soft_co_annotation trains the head 'expression'"),
        ({"distribution_matching": {}}, ("expression",), "distribution_matching trains the head 'action_units'"),
        ({"distribution_matching": {}}, ("action_units",), "distribution_matching trains the head 'expression'"),
    ],
)
def test_a_missing_head_is_named(settings: dict[str, object], heads: tuple[str, ...], named: str) -> None:
    spec = NetworkSpec.model_validate({"encoder": "vgg-face", "heads": heads})
    with pytest.raises(AffectError, match=named):
        MultiTask(ObjectiveSettings.model_validate(settings), spec)


def test_one_direction_needs_one_head() -> None:
    for settings, head in (
        (CoAnnotation(expressions=False), "action_units"),
        (CoAnnotation(action_units=False), "expression"),
    ):
        spec = NetworkSpec.model_validate({"encoder": "vgg-face", "heads": (head,)})
        assert list(MultiTask(ObjectiveSettings(co_annotation=settings), spec).terms) == [f"{head}_loss"]
