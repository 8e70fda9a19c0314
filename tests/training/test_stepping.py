"""A step in parts, in half precision, compiled: the same step but for rounding."""

from typing import Any

import pytest
import torch

from affect.errors import AffectError
from affect.networks import build
from affect.networks.spec import NetworkSpec, Recurrent
from affect.objectives import MultiTask
from affect.objectives.settings import ObjectiveSettings
from affect.training import stepping
from affect.training.optimisers import build_optimiser
from affect.training.settings import Compute, OptimiserSettings
from affect.training.stepping import Stepper, precision, split

SPEC = NetworkSpec(encoder="vgg-face", input_size=32, width=0.0625, fully_connected=(64,), dropout=0.5)
NORMED = NetworkSpec(encoder="arc-res", input_size=32, width=0.0625, embedding=8, dropout=0.0)
CLIPPED = OptimiserSettings(name="sgd", learning_rate=0.05, clip_norm=0.1)


def batch(rows: int = 12) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    generator = torch.Generator().manual_seed(0)
    targets = {
        "valence_arousal": torch.rand(rows, 2, generator=generator) * 2 - 1,
        "expression": torch.randint(7, (rows,), generator=generator),
        "action_units": torch.randint(2, (rows, 17), generator=generator),
    }
    return {"image": torch.rand(rows, 3, 32, 32, generator=generator) * 2 - 1}, targets


def stepper(spec: NetworkSpec, compute: Compute, limits: OptimiserSettings = CLIPPED) -> Stepper:
    torch.manual_seed(1)
    network = build(spec)
    if compute.compile:
        network.compile()
    optimiser = build_optimiser(limits, network.parameters())
    return Stepper(compute, limits, network, network, MultiTask(ObjectiveSettings(), spec), optimiser)


def moved(compute: Compute, spec: NetworkSpec = SPEC, steps: int = 3) -> dict[str, Any]:
    """How far each tensor went in a few steps."""
    one = stepper(spec, compute)
    before = {name: tensor.clone() for name, tensor in one.network.state_dict().items()}
    for seed in range(steps):
        _, _, wrong = one(*batch(), seed=seed)
        assert wrong is None
    return {name: tensor - before[name] for name, tensor in one.network.state_dict().items()}


@pytest.mark.parametrize(
    ("compute", "allowed"),
    [
        (Compute(precision="bfloat16"), 0.15),
        (Compute(precision="float16"), 0.05),
        pytest.param(Compute(compile=True), 1e-3, marks=pytest.mark.cluster),  # compiling takes most of a minute
    ],
    ids=["bfloat16", "float16", "compiled"],
)
def test_the_same_steps_but_for_rounding(compute: Compute, allowed: float) -> None:
    spec = SPEC.model_copy(update={"dropout": 0.0})
    exact, other = (torch.cat([t.flatten() for t in moved(one, spec).values()]) for one in (Compute(), compute))
    assert torch.linalg.vector_norm(other - exact) <= allowed * torch.linalg.vector_norm(exact)
    assert compute.precision == "auto" or not torch.equal(other, exact)


def test_parts_are_dropped_alike_in_both_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the gradient would be that of another network than the loss's."""
    one, seen = stepper(SPEC, Compute(parts=3)), []
    forward = one._forward

    def kept(*arguments: Any) -> dict[str, torch.Tensor]:
        seen.append(forward(*arguments))
        return seen[-1]

    monkeypatch.setattr(one, "_forward", kept)
    one(*batch(), seed=5)
    assert len(seen) == 6
    for first, again in zip(seen[:3], seen[3:], strict=True):
        torch.testing.assert_close(first["valence_arousal"], again["valence_arousal"].detach())
    assert not torch.equal(seen[0]["valence_arousal"], seen[1]["valence_arousal"])


def test_running_statistics_see_each_part_once() -> None:
    one = stepper(NORMED, Compute(parts=2))
    one(*batch(), seed=0)
    norms = [tensor for name, tensor in one.network.state_dict().items() if name.endswith("num_batches_tracked")]
    assert norms
    assert all(tensor == 2 for tensor in norms)


@pytest.mark.parametrize("spoil", ["input", "parameter"])
def test_what_is_not_finite_changes_nothing(spoil: str) -> None:
    one = stepper(SPEC, Compute())
    inputs, targets = batch()
    if spoil == "input":
        inputs["image"][0, 0, 0, 0] = torch.inf
    else:  # a finite loss whose gradient is not: the derivative of a root at 0
        parameter = next(one.network.parameters())
        parameter.register_hook(lambda gradient: gradient / 0)
    before = [parameter.detach().clone() for parameter in one.network.parameters()]
    _, _, wrong = one(inputs, targets, seed=0)
    assert wrong == {"input": "the loss", "parameter": "the gradient"}[spoil]
    assert all(torch.equal(*pair) for pair in zip(before, one.network.parameters(), strict=True))


def test_float16_finds_its_scale_or_says_that_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    one = stepper(SPEC, Compute(precision="float16"))
    one.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**40)
    before = [parameter.detach().clone() for parameter in one.network.parameters()]
    one(*batch(), seed=0)
    assert all(torch.equal(*pair) for pair in zip(before, one.network.parameters(), strict=True))
    assert one.scaler.get_scale() == 2.0**39
    for seed in range(40):
        one(*batch(), seed=seed)
    assert not all(torch.equal(*pair) for pair in zip(before, one.network.parameters(), strict=True))
    other = stepper(SPEC, Compute(precision="float16"))
    other.restore(one.state())
    assert other.scaler.get_scale() == one.scaler.get_scale()
    monkeypatch.setattr(stepping, "MOST_OVERFLOWS", 2)
    next(one.network.parameters()).register_hook(lambda gradient: gradient / 0)
    for seed in range(2):
        one(*batch(), seed=seed)
    with pytest.raises(AffectError, match="bfloat16"):
        one(*batch(), seed=2)


def test_what_a_cpu_computes_in_by_default() -> None:
    assert precision(Compute(), torch.device("cpu")) is torch.float32


def test_sequences_are_kept_whole_in_parts() -> None:
    inputs = {"image": torch.arange(10.0), "lengths": torch.tensor([3, 1, 4, 2])}
    parts = list(split(inputs, 3))
    assert [part["lengths"].tolist() for part in parts] == [[3], [1], [4, 2]]
    assert [part["image"].tolist() for part in parts] == [[0, 1, 2], [3], [4, 5, 6, 7, 8, 9]]
    rows = list(split({"image": torch.arange(5)}, 2))
    assert [part["image"].tolist() for part in rows] == [[0, 1], [2, 3, 4]]


def test_a_recurrent_network_in_parts() -> None:
    spec = SPEC.model_copy(update={"dropout": 0.0, "recurrent": Recurrent(units=64)})
    inputs, targets = batch()
    inputs["lengths"] = torch.tensor([5, 4, 3])
    results = []
    for parts in (1, 3):
        one = stepper(spec, Compute(parts=parts))
        one(inputs, targets, seed=0)
        results.append(one.network.state_dict())
    torch.testing.assert_close(*results, rtol=1e-4, atol=1e-6)
