"""What a run begins with."""

from pathlib import Path

import pytest
import torch
import torchvision

from affect.errors import AffectError
from affect.networks import NetworkSpec
from affect.training.beginning import begin
from affect.training.settings import PretrainedWeights, TrainConfig

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
