"""What a run begins with."""

import logging
from pathlib import Path

import pytest
import torch
import torchvision

from affect.errors import AffectError
from affect.networks import NetworkSpec
from affect.pretrained import SOURCES
from affect.training.beginning import begin
from affect.training.settings import PretrainedWeights, TrainConfig
from jobs.recipes import recipe
from tests.made_weights import write_source

SPEC = NetworkSpec(encoder="alexnet", normalisation="imagenet", heads=("valence_arousal",))


def config(weights: Path, **changes: object) -> TrainConfig:
    pretrained = {"image": PretrainedWeights(source="imagenet-alexnet", uri=str(weights))}
    return TrainConfig(recipe="test", network=SPEC, pretrained=pretrained).model_copy(update=changes)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "alexnet.pth"
    torch.manual_seed(5)
    convolutions = torchvision.models.alexnet(weights=None).features.state_dict()
    torch.save({f"features.{name}": tensor for name, tensor in convolutions.items()}, path)
    return path


def test_pre_trained_and_frozen(weights: Path) -> None:
    network = begin(config(weights, frozen=("streams.image.encoder",)))
    loaded = torch.load(weights, weights_only=True)
    for name, parameter in network.streams.image.encoder.layers.named_parameters():
        assert torch.equal(parameter, loaded[f"features.{name}"])
        assert not parameter.requires_grad
    assert all(parameter.requires_grad for parameter in network.heads.parameters())


@pytest.mark.parametrize("name", ["vgg-face", "vgg-16", "affwildnet"])
def test_networks_with_and_without_landmarks_begin_alike(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """IJCV 2019, Table 10: a file's fully connected layer has room in the one only, and is taken by neither."""
    caplog.set_level(logging.INFO, "affect.training")
    bare = recipe(f"ijcv2019/{name}-without-landmarks")
    (source,) = bare.weights
    weights = {"image": PretrainedWeights(source=source, uri=write_source(tmp_path, source, bare.network))}
    for one in (bare, recipe(f"ijcv2019/{name}")):
        network = one.network.model_copy(update={"normalisation": SOURCES[source].normalisation})
        with torch.device("meta"):
            begin(one.model_copy(update={"network": network, "pretrained": weights}))
    bare_loaded, loaded = (set(record.args[0].loaded) for record in caplog.records)
    assert bare_loaded == loaded
    assert len(loaded) == 2 * 13  # VGG's convolutions


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frozen": ("streams.image.encodr",)}, "did you mean 'streams.image.encoder'"),
        ({"network": SPEC.model_copy(update={"normalisation": "unit"})}, "network.normalisation=imagenet"),
    ],
)
def test_what_does_not_fit_is_told(weights: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(AffectError, match=message):
        begin(config(weights, **change))
