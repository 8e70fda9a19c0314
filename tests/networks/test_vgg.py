"""VGG-Face's encoder against hand arithmetic and torchvision's VGG-16."""

import pytest
import torch
import torchvision

from affect.networks import NetworkSpec, build
from affect.networks.vgg import vgg_face


def parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(("size", "side"), [(96, 3), (224, 7), (32, 1), (50, 2)])
def test_map(size: int, side: int) -> None:
    with torch.device("meta"):
        encoder = vgg_face(NetworkSpec(encoder="vgg-face", input_size=size))
        features = encoder(torch.empty(2, 3, size, size))
    assert features.shape == (2, 512, side, side)
    assert encoder.features == 512 * side**2


def test_parameters_of_mt_vgg_at_96_pixels() -> None:
    pairs = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256)]
    pairs += [(256, 512), *[(512, 512)] * 5]
    convolutions = sum(9 * before * after + after for before, after in pairs)
    fully_connected = (3 * 3 * 512) * 4096 + 4096 + 4096 * 4096 + 4096
    heads = 4096 * (2 + 7 + 17) + (2 + 7 + 17)
    with torch.device("meta"):
        network = build(NetworkSpec(encoder="vgg-face", fully_connected=(4096, 4096)))
    assert parameters(network.streams.image.encoder) == convolutions == 14_714_688
    assert parameters(network) == convolutions + fully_connected + heads == 50_480_986
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_same_function_as_torchvision() -> None:
    torch.manual_seed(0)
    reference = torchvision.models.vgg16(weights=None).features
    encoder = vgg_face(NetworkSpec(encoder="vgg-face", input_size=64))
    encoder.layers.load_state_dict(reference.state_dict())
    images = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        torch.testing.assert_close(encoder(images), reference(images))
