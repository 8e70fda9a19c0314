"""Composition: outputs of every kind of network, predictions, learning, precision, sequences, files."""

from pathlib import Path

import pytest
import safetensors.torch
import torch

from affect.catalogue import NETWORKS
from affect.errors import AffectError
from affect.networks import ENCODERS, NetworkSpec, build
from affect.networks.inputs import LANDMARK_VALUES
from affect.objectives import MultiTask, ObjectiveSettings
from tests.networks.conftest import Sequences
from tests.networks.narrow import SPECS

each = pytest.mark.parametrize("name", SPECS)
FRAMES = 12
LENGTHS = torch.tensor([5, 1, 6])


def made(spec: NetworkSpec, frames: int = FRAMES, lengths: torch.Tensor = LENGTHS) -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    forms = {
        "image": (3, spec.input_size, spec.input_size),
        "sound": (3, spec.input_size, spec.input_size),
        "landmarks": (LANDMARK_VALUES,),
    }
    return {name: lengths if name == "lengths" else torch.rand(frames, *forms[name]) * 2 - 1 for name in spec.takes}


def labels(frames: int = FRAMES) -> dict[str, torch.Tensor]:
    torch.manual_seed(2)
    return {
        "valence_arousal": torch.rand(frames, 2) * 2 - 1,
        "expression": torch.arange(frames) % 7,
        "action_units": torch.randint(0, 2, (frames, 17), dtype=torch.int8),
        "compound": torch.arange(frames) % 5,
    }


def settings_of(name: str) -> ObjectiveSettings:
    return NETWORKS[name].objective if name in NETWORKS else ObjectiveSettings()


@each
def test_outputs_and_predictions(name: str) -> None:
    spec = SPECS[name]
    torch.manual_seed(0)
    network = build(spec).eval()
    inputs = made(spec)
    with torch.inference_mode():
        outputs, predictions = network(inputs), network.predict(inputs)
    widths = {
        "valence_arousal": 2,
        "expression": 7,
        "action_units": len(spec.action_units),
        "compound": len(spec.compounds),
    }
    expected = {head: (FRAMES, widths[head]) for head in spec.heads}
    assert {output: tuple(tensor.shape) for output, tensor in outputs.items()} == {
        "embedding": (FRAMES, network.embedding_size),
        **expected,
    }
    assert {head: tuple(prediction.shape) for head, prediction in predictions.items()} == expected
    for head, prediction in predictions.items():
        low = -1 if head == "valence_arousal" else 0
        assert low <= prediction.min(), head
        assert prediction.max() <= 1, head
        if head in ("expression", "compound"):
            torch.testing.assert_close(prediction.sum(1), torch.ones(FRAMES))


def test_a_mirrored_network_sees_both_sides_alike_in_use_alone() -> None:
    torch.manual_seed(0)
    network = build(SPECS["bmvc2019/mt-arcres"].model_copy(update={"mirrored": True, "dropout": 0.0}))
    inputs = made(network.spec)
    flipped = {"image": inputs["image"].flip(3)}
    with torch.inference_mode():
        assert not torch.allclose(network(inputs)["embedding"], network(flipped)["embedding"])  # in training
        network.eval()
        network.spec = network.spec.model_copy(update={"mirrored": False})
        sides = [network(side)["embedding"] for side in (inputs, flipped)]
        network.spec = network.spec.model_copy(update={"mirrored": True})
        torch.testing.assert_close(network(inputs)["embedding"], (sides[0] + sides[1]) / 2)
        torch.testing.assert_close(network.predict(inputs), network.predict(flipped))


# The sample corpus has no compound expressions, whose head is that of expressions.
@pytest.mark.parametrize("name", [name for name in SPECS if name != "compound"])
def test_learns_on_the_sample_corpus(name: str, sequences: Sequences) -> None:
    spec = SPECS[name]
    torch.manual_seed(0)
    network = build(spec)
    objective = MultiTask(settings_of(name), spec)
    inputs = sequences.inputs(spec)
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    totals = []
    # IndRNN's input weights begin within 0.001 and take longer to matter.
    for _ in range(80 if "indrnn" in name else 36):
        total, _ = objective(network(inputs), sequences.targets)
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        totals.append(total.item())
    assert sum(totals[-4:]) < 0.7 * sum(totals[:4]), totals


@each
def test_one_step_reaches_every_parameter(name: str) -> None:
    spec = SPECS[name]
    torch.manual_seed(0)
    network = build(spec)
    total, _ = MultiTask(settings_of(name), spec)(network(made(spec)), labels())
    total.backward()
    for parameter, value in network.named_parameters():
        assert value.grad is not None, parameter
        assert value.grad.any(), parameter


@each
def test_saved_and_loaded_is_the_same_to_the_bit(name: str, tmp_path: Path) -> None:
    spec = SPECS[name]
    torch.manual_seed(0)
    network, other = build(spec), build(NetworkSpec.from_yaml(spec.to_yaml()))
    inputs = made(spec)
    network(inputs)  # moves running statistics
    safetensors.torch.save_file(network.state_dict(), tmp_path / "weights")
    other.load_state_dict(safetensors.torch.load_file(tmp_path / "weights"))
    with torch.inference_mode():
        for head, prediction in network.eval().predict(inputs).items():
            assert torch.equal(prediction, other.eval().predict(inputs)[head])


@each
def test_mixed_precision_is_finite(name: str) -> None:
    spec = SPECS[name]
    torch.manual_seed(0)
    network = build(spec)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        total, _ = MultiTask(settings_of(name), spec)(network(made(spec)), labels())
    total.backward()
    assert total.isfinite()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in network.parameters())


@pytest.mark.parametrize("name", ["bmvc2019/mt-arcres", "fbn2019/densenet-121-multi-task"])
def test_channels_last_is_the_same_function(name: str) -> None:
    torch.manual_seed(0)
    network = build(SPECS[name]).eval()
    images = made(SPECS[name])["image"]
    with torch.inference_mode():
        expected = network({"image": images})
        result = network.to(memory_format=torch.channels_last)({"image": images.to(memory_format=torch.channels_last)})
    for output, value in expected.items():
        torch.testing.assert_close(result[output], value, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in SPECS if SPECS[name].sequential])
def test_a_sequence_is_the_same_alone_and_in_pieces(name: str) -> None:
    spec = SPECS[name]
    torch.manual_seed(0)
    network = build(spec).eval()
    inputs = made(spec)
    last = {key: value[-6:] for key, value in inputs.items() if key != "lengths"}
    with torch.inference_mode():
        together = network(inputs)
        first, state = network.advance({key: value[:2] for key, value in last.items()}, {})
        second, _ = network.advance({key: value[2:] for key, value in last.items()}, state)
    assert {part: tuple(value.shape) for part, value in state.items()} == {
        part: (1, size) for part, size in network.state_sizes.items()
    }
    for output in together:
        pieces = torch.cat([first[output], second[output]])
        torch.testing.assert_close(pieces, together[output][-6:], rtol=1e-4, atol=1e-5)


def test_pictures_reach_the_encoder_as_its_weights_expect() -> None:
    spec = NetworkSpec(encoder="arc-res", input_size=32, width=0.125, normalisation="vgg-face")
    network = build(spec).eval()
    seen = []
    network.streams.image.encoder.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    pixels = torch.randint(0, 256, (2, 3, 32, 32)).float()
    network({"image": pixels / 127.5 - 1})
    blue_first = pixels.flip(1) - torch.tensor([93.5940, 104.7624, 129.1863]).view(3, 1, 1)
    torch.testing.assert_close(seen[0], blue_first, rtol=0, atol=1e-3)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_initial_activations_keep_their_scale(encoder: str) -> None:
    torch.manual_seed(0)
    initialisation = "sphereface" if encoder == "sphereface-20" else "he"
    spec = NetworkSpec(encoder=encoder, width=0.25, embedding=64, embedding_norm=False, initialisation=initialisation)
    network = build(spec)
    with torch.no_grad():
        outputs = network({"image": torch.rand(8, 3, 96, 96) * 2 - 1})
    assert 0.05 < float(outputs["action_units"].std()) < 5


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (NetworkSpec(encoder="vgg-fac"), r"no encoder 'vgg-fac'.*'vgg-face'"),
        (NetworkSpec(encoder="vgg-face", normalisation="imagent"), r"no normalisation 'imagent'.*'imagenet'"),
        (NetworkSpec(encoder="vgg-face", initialisation="hee"), r"no initialisation 'hee'.*'he'"),
    ],
)
def test_unknown_names_are_told_with_the_nearest(spec: NetworkSpec, message: str) -> None:
    with pytest.raises(AffectError, match=message), torch.device("meta"):
        build(spec)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("bmvc2019/mt-vgg", {"image": torch.zeros(1, 3, 48, 32)}, "image of 3x48x48, these are 3x48x32"),
        ("bmvc2019/av-mt-vgg-rnn", {"sound": None}, "takes image, sound; sound was not given"),
        ("ijcv2019/affwildnet", {"landmarks": torch.zeros(12, 10)}, "landmarks of 136, these are 10"),
        ("ijcv2019/affwildnet", {"lengths": torch.tensor([5, 6])}, r"\[5, 6\] rows do not make up the 12"),
        ("ijcv2019/affwildnet", {"lengths": torch.tensor([0, 12])}, r"\[0, 12\] rows"),
    ],
)
def test_other_inputs_are_refused(name: str, change: dict[str, torch.Tensor | None], message: str) -> None:
    network = build(SPECS[name])
    inputs = {key: value for key, value in (made(SPECS[name]) | change).items() if value is not None}
    with pytest.raises(AffectError, match=message):
        network(inputs)
