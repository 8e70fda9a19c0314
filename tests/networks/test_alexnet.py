"""AlexNet against torchvision's and hand arithmetic."""

import torch
import torchvision

from affect.networks import NetworkSpec
from affect.networks.alexnet import alexnet


def test_parameters() -> None:
    sizes = [(3, 64, 11), (64, 192, 5), (192, 384, 3), (384, 256, 3), (256, 256, 3)]
    expected = sum(before * after * kernel**2 + after for before, after, kernel in sizes)
    with torch.device("meta"):
        encoder = alexnet(NetworkSpec(encoder="alexnet"))
    assert sum(parameter.numel() for parameter in encoder.parameters()) == expected == 2_469_696


def test_same_function_as_torchvision() -> None:
    torch.manual_seed(0)
    with torch.device("meta"):
        reference = torchvision.models.alexnet(weights=None).features
    encoder = alexnet(NetworkSpec(encoder="alexnet", input_size=96))
    reference.load_state_dict(encoder.layers.state_dict(), assign=True)
    images = torch.rand(1, 3, 96, 96) * 2 - 1
    with torch.inference_mode():
        torch.testing.assert_close(encoder(images), reference(images))
