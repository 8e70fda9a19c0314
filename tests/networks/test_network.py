"""Composition: outputs of every combination, predictions, learning, precision, export."""

import copy

import pytest
import torch

from affect.errors import AffectError
from affect.labels import ACTION_UNITS, EMOTION_ACTION_UNITS, EXPRESSIONS
from affect.networks import ENCODERS, ArcFace, NetworkSpec, build
from affect.objectives import MultiTask, ObjectiveSettings

SPECS = {
    "MT-VGG": NetworkSpec(encoder="vgg-face", input_size=32, width=0.125, fully_connected=(256, 128)),
    "ST-VGG": NetworkSpec(encoder="vgg-face", input_size=32, width=0.125, heads=("valence_arousal",)),
    "MT-ArcVGG": NetworkSpec(encoder="vgg-face", input_size=32, width=0.125, embedding=16, arcface=ArcFace(margin=1.0)),
    "MT-ArcRes": NetworkSpec(encoder="arc-res", input_size=32, width=0.125, embedding=32, arcface=ArcFace()),
    "MT-ArcRes, synchronised": NetworkSpec(
        encoder="arc-res", input_size=32, width=0.125, embedding=32, arcface=ArcFace(), sync_batchnorm=True
    ),
    "residual, softmax": NetworkSpec(encoder="arc-res", input_size=32, width=0.125, action_units=(1, 2, 12)),
}
each = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)


def batch(spec: NetworkSpec, count: int = 28) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Pictures that tell all their labels: valence reddens, arousal greens, a blue bar's height is the expression."""
    torch.manual_seed(1)
    size = spec.input_size
    expression = torch.arange(count) % 7
    valence_arousal = torch.rand(count, 2) * 2 - 1
    action_units = torch.zeros(count, 17, dtype=torch.int8)
    for index, name in enumerate(EXPRESSIONS):
        shown = [ACTION_UNITS.index(unit) for unit in EMOTION_ACTION_UNITS.get(name, {}) if unit in ACTION_UNITS]
        action_units[(expression == index).nonzero(), torch.tensor(shown, dtype=torch.long)] = 1
    images = 0.1 * torch.randn(count, 3, size, size)
    images[:, :2] += valence_arousal[:, :, None, None]
    images[:, 2] += (torch.arange(size) * 7 // size == expression[:, None])[:, :, None].float()
    return images, {"valence_arousal": valence_arousal, "expression": expression, "action_units": action_units}


@each
def test_outputs_and_predictions(spec: NetworkSpec) -> None:
    torch.manual_seed(0)
    network = build(spec).eval()
    images, _ = batch(spec, 5)
    with torch.inference_mode():
        outputs, predictions = network(images), network.predict(images)
    widths = {"valence_arousal": 2, "expression": 7, "action_units": len(spec.action_units)}
    expected = {head: (5, widths[head]) for head in spec.heads}
    assert {name: tuple(output.shape) for name, output in outputs.items()} == {
        "embedding": (5, network.embedding_size),
        **expected,
    }
    assert {name: tuple(prediction.shape) for name, prediction in predictions.items()} == expected
    assert predictions["valence_arousal"].abs().max() <= 1
    if "expression" in spec.heads:
        torch.testing.assert_close(predictions["expression"].sum(1), torch.ones(5))
        assert (predictions["action_units"] > 0).all()
        assert (predictions["action_units"] < 1).all()


@each
def test_learns(spec: NetworkSpec) -> None:
    torch.manual_seed(0)
    network = build(spec.model_copy(update={"dropout": 0.0}))
    objective = MultiTask(ObjectiveSettings(), spec)
    images, targets = batch(spec)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    totals, parts = [], []
    for _ in range(60):
        total, losses = objective(network(images), targets)
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        totals.append(total.item())
        parts.append(losses)
    assert sum(totals[-5:]) < 0.75 * sum(totals[:5])
    for name, first in parts[0].items():
        assert parts[-1][name] < 0.9 * first, name


@each
def test_one_step_reaches_every_parameter(spec: NetworkSpec) -> None:
    torch.manual_seed(0)
    network = build(spec)
    before = copy.deepcopy(network.state_dict())
    total, _ = MultiTask(ObjectiveSettings(), spec)(network(batch(spec)[0]), batch(spec)[1])
    total.backward()
    torch.optim.SGD(network.parameters(), lr=0.1).step()
    for name, parameter in network.named_parameters():
        assert not torch.equal(parameter, before[name]), name


@each
def test_saved_and_loaded_is_the_same_to_the_bit(spec: NetworkSpec) -> None:
    torch.manual_seed(0)
    network, other = build(spec), build(spec)
    network(batch(spec)[0])  # moves running statistics
    other.load_state_dict(network.state_dict())
    images, _ = batch(spec, 3)
    with torch.inference_mode():
        for name, prediction in network.eval().predict(images).items():
            assert torch.equal(prediction, other.eval().predict(images)[name])


@each
def test_mixed_precision_is_finite(spec: NetworkSpec) -> None:
    torch.manual_seed(0)
    network = build(spec)
    images, targets = batch(spec)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        total, _ = MultiTask(ObjectiveSettings(), spec)(network(images), targets)
    total.backward()
    assert total.isfinite()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in network.parameters())


@each
def test_channels_last_is_the_same_function(spec: NetworkSpec) -> None:
    torch.manual_seed(0)
    network = build(spec).eval()
    images, _ = batch(spec, 3)
    with torch.inference_mode():
        expected = network(images)
        result = network.to(memory_format=torch.channels_last)(images.to(memory_format=torch.channels_last))
    for name in expected:
        torch.testing.assert_close(result[name], expected[name], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["MT-VGG", "MT-ArcRes"])
def test_exports(name: str) -> None:
    class Predictor(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
            return self.network.predict(images)

    torch.manual_seed(0)
    network = build(SPECS[name]).eval()
    images, _ = batch(SPECS[name], 4)
    exported = torch.export.export(Predictor(), (images,), dynamic_shapes=({0: torch.export.Dim("batch", min=1)},))
    for key, value in exported.module()(images[:3]).items():
        torch.testing.assert_close(value, network.predict(images[:3])[key], rtol=1e-4, atol=1e-5)


def test_initial_activations_keep_their_scale() -> None:
    torch.manual_seed(0)
    for encoder in ENCODERS:
        network = build(NetworkSpec(encoder=encoder, width=0.25, embedding=64))
        with torch.no_grad():
            outputs = network(torch.rand(8, 3, 96, 96) * 2 - 1)
        assert 0.05 < float(outputs["action_units"].std()) < 5, encoder


def test_unknown_encoder_names_the_nearest() -> None:
    with pytest.raises(AffectError, match=r"'vgg-fac'.*'vgg-face'"):
        build(NetworkSpec(encoder="vgg-fac"))


def test_other_sizes_are_refused() -> None:
    network = build(SPECS["MT-VGG"])
    with pytest.raises(AffectError, match="3x32x32, these are 3x48x32"):
        network(torch.zeros(1, 3, 48, 32))
