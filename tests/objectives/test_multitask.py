"""The weighted sum of losses."""

import pytest
import torch

from affect.networks import ArcFace, NetworkSpec
from affect.objectives import MultiTask, ObjectiveSettings
from affect.objectives.registry import TERMS
from affect.objectives.soft_labels import SoftLabels

SPEC = NetworkSpec(encoder="vgg-face")


def outputs_and_targets(spec: NetworkSpec = SPEC) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    outputs = {
        "embedding": torch.randn(6, 4),
        "valence_arousal": torch.randn(6, 2),
        "expression": torch.randn(6, 7).clamp(-1, 1),
        "action_units": torch.randn(6, len(spec.action_units)),
    }
    for output in outputs.values():
        output.requires_grad_()
    return outputs, {
        "valence_arousal": torch.rand(6, 2),
        "expression": torch.randint(0, 7, (6,)),
        "action_units": torch.randint(0, 2, (6, 17), dtype=torch.int8),
    }


@pytest.mark.parametrize("valence_arousal", TERMS["valence_arousal"])
@pytest.mark.parametrize("action_units", TERMS["action_units"])
@pytest.mark.parametrize("arcface", [None, ArcFace(margin=2.0)])
def test_is_the_weighted_sum_of_its_terms(valence_arousal: str, action_units: str, arcface: ArcFace | None) -> None:
    spec = SPEC.model_copy(update={"arcface": arcface})
    settings = ObjectiveSettings(
        valence_arousal=valence_arousal,
        action_units=action_units,
        valence_arousal_weight=2,
        expression_weight=3,
        action_units_weight=5,
    )
    outputs, targets = outputs_and_targets()
    total, parts = MultiTask(settings, spec)(outputs, targets)
    name = "arcface" if arcface else "cross_entropy"
    expected = {
        "valence_arousal_loss": TERMS["valence_arousal"][valence_arousal](spec, SoftLabels())(outputs, targets),
        "expression_loss": TERMS["expression"][name](spec, SoftLabels())(outputs, targets),
        "action_units_loss": TERMS["action_units"][action_units](spec, SoftLabels())(outputs, targets),
    }
    torch.testing.assert_close(parts, {name: loss.detach() for name, loss in expected.items()})
    torch.testing.assert_close(
        total,
        2 * expected["valence_arousal_loss"] + 3 * expected["expression_loss"] + 5 * expected["action_units_loss"],
    )
    assert not any(part.requires_grad for part in parts.values())


def test_only_declared_heads() -> None:
    outputs, targets = outputs_and_targets()
    total, parts = MultiTask(ObjectiveSettings(), SPEC.model_copy(update={"heads": ("expression",)}))(outputs, targets)
    assert list(parts) == ["expression_loss"]
    torch.testing.assert_close(total.detach(), parts["expression_loss"])


def test_without_any_label_it_is_zero_with_zero_gradients() -> None:
    outputs, _ = outputs_and_targets()
    targets = {
        "valence_arousal": torch.full((6, 2), float("nan")),
        "expression": torch.full((6,), -1),
        "action_units": torch.full((6, 17), -1, dtype=torch.int8),
    }
    total, parts = MultiTask(ObjectiveSettings(), SPEC)(outputs, targets)
    total.backward()
    assert total == 0
    assert all(part == 0 for part in parts.values())
    for name in parts:
        gradient = outputs[name.removesuffix("_loss")].grad
        assert gradient is not None
        assert (gradient == 0).all()


@pytest.mark.parametrize("head", ["valence_arousal", "expression", "action_units"])
def test_each_loss_sees_only_its_own_labels(head: str) -> None:
    outputs, targets = outputs_and_targets()
    objective = MultiTask(ObjectiveSettings(), SPEC)
    _, whole = objective(outputs, targets)
    missing: dict[str, float] = {"valence_arousal": float("nan"), "expression": -1, "action_units": -1}
    targets[head] = torch.full_like(targets[head], missing[head])
    _, parts = objective(outputs, targets)
    assert parts.pop(f"{head}_loss") == 0
    torch.testing.assert_close(parts, {name: whole[name] for name in parts})
