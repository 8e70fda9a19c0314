"""DenseNet-121 against torchvision's and hand arithmetic."""

import torch
import torchvision

from affect.networks import NetworkSpec
from affect.networks.densenet import densenet_121


def test_parameters() -> None:
    channels = 64
    expected = 3 * 64 * 49 + 2 * 64
    for stage, layers in enumerate((6, 12, 24, 16)):
        if stage:
            expected += 2 * channels + channels * channels // 2
            channels //= 2
        for _ in range(layers):
            expected += 2 * channels + channels * 128 + 2 * 128 + 9 * 128 * 32
            channels += 32
    expected += 2 * channels
    with torch.device("meta"):
        encoder = densenet_121(NetworkSpec(encoder="densenet-121"))
    assert sum(parameter.numel() for parameter in encoder.parameters()) == expected == 6_953_856


def test_same_function_as_torchvision() -> None:
    torch.manual_seed(0)
    reference = torchvision.models.densenet121(weights=None).eval()
    reference.classifier = torch.nn.Identity()
    encoder = densenet_121(NetworkSpec(encoder="densenet-121", input_size=64)).eval()
    encoder.layers.load_state_dict(reference.features.state_dict())
    images = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        torch.testing.assert_close(encoder(images).mean((2, 3)), reference(images))
