"""Inception-ResNet-v1 against hand arithmetic and facenet's constants."""

import torch
from torch import nn

from affect.networks import NetworkSpec
from affect.networks.inception import Residual
from affect.networks.inception_resnet_v1 import inception_resnet_v1


def encoder() -> nn.Module:
    with torch.device("meta"):
        return inception_resnet_v1(NetworkSpec(encoder="inception-resnet-v1"))


def test_parameters() -> None:
    def c(before: int, after: int, kernel: int = 1) -> int:
        return before * after * kernel + 2 * after

    stem = c(3, 32, 9) + c(32, 32, 9) + c(32, 64, 9) + c(64, 80) + c(80, 192, 9) + c(192, 256, 9)
    block_35 = 3 * c(256, 32) + 3 * c(32, 32, 9) + 96 * 256 + 256
    reduction_a = c(256, 384, 9) + c(256, 192) + c(192, 192, 9) + c(192, 256, 9)
    block_17 = 2 * c(896, 128) + 2 * c(128, 128, 7) + 256 * 896 + 896
    reduction_b = 3 * c(896, 256) + c(256, 384, 9) + 3 * c(256, 256, 9)
    block_8 = 2 * c(1792, 192) + 2 * c(192, 192, 3) + 384 * 1792 + 1792
    expected = stem + 5 * block_35 + reduction_a + 10 * block_17 + reduction_b + 6 * block_8
    assert sum(parameter.numel() for parameter in encoder().parameters()) == expected == 22_564_096


def test_constants_of_facenet() -> None:
    modules = list(encoder().modules())
    blocks = [module for module in modules if isinstance(module, Residual)]
    assert [block.scale for block in blocks] == [0.17] * 5 + [0.1] * 10 + [0.2] * 5 + [1.0]
    assert [isinstance(block.relu, nn.ReLU) for block in blocks] == [True] * 20 + [False]
    norms = [module for module in modules if isinstance(module, nn.BatchNorm2d)]
    assert {(norm.eps, round(norm.momentum or 0, 6)) for norm in norms} == {(0.001, 0.005)}
