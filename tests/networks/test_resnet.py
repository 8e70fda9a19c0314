"""Both forms of ResNet-50 against torchvision's, hand arithmetic, and a transcription of He et al.'s."""

import pytest
import torch
import torchvision
from torch import Tensor
from torch.nn import functional

from affect.networks import NetworkSpec
from affect.networks.resnet import resnet_50, resnet_50_caffe


def test_parameters() -> None:
    def convolution(before: int, after: int, kernel: int = 1) -> int:
        return before * after * kernel**2 + 2 * after

    expected, before = convolution(3, 64, 7), 64
    for units, blocks in [(64, 3), (128, 4), (256, 6), (512, 3)]:
        expected += convolution(before, 4 * units)
        for _ in range(blocks):
            expected += convolution(before, units) + convolution(units, units, 3) + convolution(units, 4 * units)
            before = 4 * units
    with torch.device("meta"):
        encoder = resnet_50(NetworkSpec(encoder="resnet-50"))
    assert sum(parameter.numel() for parameter in encoder.parameters()) == expected == 23_508_032


def test_same_function_as_torchvision() -> None:
    torch.manual_seed(0)
    reference = torchvision.models.resnet50(weights=None).eval()
    reference.fc = torch.nn.Identity()
    encoder = resnet_50(NetworkSpec(encoder="resnet-50", input_size=64)).eval()
    encoder.layers.load_state_dict(reference.state_dict())
    images = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        torch.testing.assert_close(encoder(images).mean((2, 3)), reference(images))


@pytest.mark.parametrize("size", [64, 75])
def test_caffes_form_strides_in_the_first_convolution_of_a_stage(size: int) -> None:
    torch.manual_seed(0)
    spec = NetworkSpec(encoder="resnet-50-caffe", input_size=size, width=0.125)
    encoder = resnet_50_caffe(spec).eval()
    weights = resnet_50(spec).layers.state_dict()
    encoder.layers.load_state_dict(weights)
    images = torch.rand(1, 3, size, size) * 2 - 1
    with torch.inference_mode():
        torch.testing.assert_close(encoder(images), he_et_al(images, weights))


def he_et_al(images: Tensor, weights: dict[str, Tensor]) -> Tensor:
    def convolved(features: Tensor, convolution: str, norm: str, stride: int = 1) -> Tensor:
        kernel = weights[f"{convolution}.weight"]
        features = functional.conv2d(features, kernel, stride=stride, padding=kernel.shape[-1] // 2)
        statistics = (weights[f"{norm}.{name}"] for name in ("running_mean", "running_var", "weight", "bias"))
        return functional.batch_norm(features, *statistics)

    features = convolved(images, "conv1", "bn1", 2).relu()
    over_the_edge = 1 - features.shape[-1] % 2
    features = functional.pad(features, (0, over_the_edge) * 2, value=-torch.inf)
    features = functional.max_pool2d(features, 3, 2)
    for stage, blocks in enumerate((3, 4, 6, 3), 1):
        for place in range(blocks):
            block, stride = f"layer{stage}.{place}", 2 if stage > 1 and place == 0 else 1
            residual = convolved(features, f"{block}.conv1", f"{block}.bn1", stride).relu()
            residual = convolved(residual, f"{block}.conv2", f"{block}.bn2").relu()
            residual = convolved(residual, f"{block}.conv3", f"{block}.bn3")
            if place == 0:
                features = convolved(features, f"{block}.downsample.0", f"{block}.downsample.1", stride)
            features = (features + residual).relu()
    return features
