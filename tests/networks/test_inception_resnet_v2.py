"""Inception-ResNet-v2 against hand arithmetic and slim's constants."""

import torch
from torch import nn

from affect.networks import NetworkSpec
from affect.networks.inception import Residual
from affect.networks.inception_resnet_v2 import inception_resnet_v2


def encoder() -> nn.Module:
    with torch.device("meta"):
        return inception_resnet_v2(NetworkSpec(encoder="inception-resnet-v2"))


def test_parameters() -> None:
    def c(before: int, after: int, kernel: int = 1) -> int:
        return before * after * kernel + 2 * after

    stem = c(3, 32, 9) + c(32, 32, 9) + c(32, 64, 9) + c(64, 80) + c(80, 192, 9)
    mixed = c(192, 96) + c(192, 48) + c(48, 64, 25) + c(192, 64) + c(64, 96, 9) + c(96, 96, 9) + c(192, 64)
    block_35 = 3 * c(320, 32) + c(32, 32, 9) + c(32, 48, 9) + c(48, 64, 9) + 128 * 320 + 320
    reduction_a = c(320, 384, 9) + c(320, 256) + c(256, 256, 9) + c(256, 384, 9)
    block_17 = c(1088, 192) + c(1088, 128) + c(128, 160, 7) + c(160, 192, 7) + 384 * 1088 + 1088
    reduction_b = 3 * c(1088, 256) + c(256, 384, 9) + 2 * c(256, 288, 9) + c(288, 320, 9)
    block_8 = 2 * c(2080, 192) + c(192, 224, 3) + c(224, 256, 3) + 448 * 2080 + 2080
    expected = stem + mixed + 10 * block_35 + reduction_a + 20 * block_17 + reduction_b + 10 * block_8 + c(2080, 1536)
    assert sum(parameter.numel() for parameter in encoder().parameters()) == expected == 54_306_464


def test_constants_of_slim() -> None:
    modules = list(encoder().modules())
    blocks = [module for module in modules if isinstance(module, Residual)]
    assert [block.scale for block in blocks] == [0.17] * 10 + [0.1] * 20 + [0.2] * 9 + [1.0]
    assert [isinstance(block.relu, nn.ReLU) for block in blocks] == [True] * 39 + [False]
    norms = [module for module in modules if isinstance(module, nn.BatchNorm2d)]
    assert {(norm.eps, round(norm.momentum or 0, 6)) for norm in norms} == {(0.001, 0.0003)}


def test_averages_leave_the_padding_out() -> None:
    average = encoder().get_submodule("layers.mixed_5b.branch3.0")
    torch.testing.assert_close(average(torch.ones(1, 2, 4, 4)), torch.ones(1, 2, 4, 4))
