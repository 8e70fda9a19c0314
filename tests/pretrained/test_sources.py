"""Every source at full size: each name and shape of the published files has its place, on the meta device."""

import re
from pathlib import Path

import pytest
import torch
import torchvision.models
from torch import Tensor

from affect.networks import ENCODERS, Network, NetworkSpec, build
from affect.networks.normalisation import NORMALISATIONS
from affect.pretrained import SOURCES
from affect.pretrained.files import Weights
from affect.pretrained.matching import choose_form, match

VGG = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
TORCHVISION = {
    "imagenet-vgg-16": ("vgg16", r"classifier\.6\..*"),
    "imagenet-resnet-50": ("resnet50", r"fc\..*"),
    "imagenet-densenet-121": ("densenet121", r"classifier\..*"),
    "imagenet-alexnet": ("alexnet", r"classifier\.6\..*"),
}


def full(source: str, **settings: object) -> Network:
    entry = SOURCES[source]
    with torch.device("meta"):
        return build(
            NetworkSpec(encoder=entry.encoders[0], normalisation=entry.normalisation, **{"input_size": 224} | settings)
        )


def matched(source: str, network: Network, kind: str, tensors: dict[str, Tensor]) -> tuple[set[str], set[str]]:
    """Names in the network that are filled, and names in the file that are left out."""
    form = choose_form(SOURCES[source], network, Weights(kind, tensors, ""), "a file", "image")
    loaded, left_out = match(form, network, tensors, "a file", "image")
    return set(loaded), set(left_out)


def shapes(**made: tuple[int, ...]) -> dict[str, Tensor]:
    return {name: torch.empty(shape, device="meta") for name, shape in made.items()}


def streams(network: Network) -> set[str]:
    return {name for name in network.state_dict() if name.startswith("streams.")}


@pytest.mark.parametrize("source", TORCHVISION)
@pytest.mark.parametrize("counted", [True, False])
def test_torchvisions_state_dicts(source: str, counted: bool) -> None:
    model, classifier = TORCHVISION[source]
    with torch.device("meta"):
        tensors = getattr(torchvision.models, model)().state_dict()
    tensors = {name: tensor for name, tensor in tensors.items() if counted or "num_batches_tracked" not in name}
    layers = {"fully_connected": (4096, 4096)} if "classifier.3.weight" in tensors or model == "alexnet" else {}
    network = full(source, **layers)
    loaded, left_out = matched(source, network, "pytorch", tensors)
    assert left_out == {name for name in tensors if re.fullmatch(classifier, name)}
    assert loaded == {name for name in streams(network) if counted or "num_batches_tracked" not in name}


def test_torchvisions_file_of_densenet_has_older_names() -> None:
    with torch.device("meta"):
        tensors = torchvision.models.densenet121().state_dict()
    older = re.compile(r"(.*denselayer\d+\.(?:norm|conv))([12]\..*)")
    tensors = {older.sub(r"\1.\2", name): tensor for name, tensor in tensors.items()}
    assert "features.denseblock1.denselayer1.norm.1.weight" in tensors
    network = full("imagenet-densenet-121")
    loaded, _ = matched("imagenet-densenet-121", network, "pytorch", tensors)
    assert loaded == streams(network)


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("caffe", lambda layer, part: f"{layer}.{part}"),
        ("matconvnet", lambda layer, part: layer + {"weight": "f", "bias": "b"}[part]),
        ("pytorch", lambda layer, part: f"{layer.replace('conv', 'conv_')}.{part}"),
    ],
)
def test_vgg_face(kind: str, named: object) -> None:
    made, channels = {}, 3
    for block, (units, places) in enumerate(VGG, 1):
        for place in range(1, places + 1):
            made[f"conv{block}_{place}"] = (units, channels, 3, 3)
            channels = units
    size = (7, 7) if kind == "matconvnet" else ()
    made |= {"fc6": (4096, 512, *size) if size else (4096, 25088), "fc7": (4096, 4096), "fc8": (2622, 4096)}
    tensors = {}
    for layer, shape in made.items():
        tensors |= shapes(**{named(layer, "weight"): shape, named(layer, "bias"): shape[:1]})
    network = full("vgg-face", fully_connected=(4096, 4096))
    assert matched("vgg-face", network, kind, tensors) == (
        streams(network),
        {named("fc8", "weight"), named("fc8", "bias")},
    )
    small = full("vgg-face", fully_connected=(4096, 4096), input_size=96)
    loaded, left_out = matched("vgg-face", small, kind, tensors)
    assert loaded == {name for name in streams(small) if ".encoder." in name}
    assert len(left_out) == 6


def test_sources_name_what_there_is() -> None:
    for source in SOURCES.values():
        assert set(source.encoders) <= set(ENCODERS)
        assert source.normalisation in NORMALISATIONS
        first = [t for n, t in full_state(source.encoders[0]).items() if n == f"streams.image.{source.first}"]
        assert [tensor.shape[1] for tensor in first] == [3]


def full_state(encoder: str) -> dict[str, Tensor]:
    with torch.device("meta"):
        return build(NetworkSpec(encoder=encoder, input_size=96)).state_dict()


def test_the_page_tells_every_source() -> None:
    page = (Path(__file__).parents[2] / "docs" / "pretrained.md").read_text()
    assert [name for name in SOURCES if f"`{name}`" not in page] == []
