"""What both Inception-ResNets are made of (Szegedy et al. 2017; BMVC 2019, section 3).

Parameters have the names of the usual PyTorch weights. As in these the batch norms have a scale; TensorFlow's had none,
the next layer being able to do the same.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from affect.networks.encoder import Encoder, scaled
from affect.networks.geometry import Window, side_after
from affect.networks.spec import NetworkSpec

WINDOWS = (Window(3, 2), Window(3), Window(3, 1, 1), Window(3, 2), Window(3), *(Window(3, 2),) * 3)
"""Of the stem, and of the three reductions after it: smallest input 75, side 1 at 96 pixels and 5 at 224."""


class Filter(NamedTuple):
    """A convolution of a branch: units before ``width``, kernel (height, width) or square, stride.

    One of stride 1 keeps the shape, another does not pad.
    """

    units: int
    kernel: int | tuple[int, int] = 1
    stride: int = 1


Branch = tuple[Filter, ...]


class Convolution(nn.Module):
    """Convolution, batch norm, ReLU."""

    def __init__(
        self,
        channels: int,
        units: int,
        kernel: int | tuple[int, int] = 1,
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, units, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(units, eps=0.001)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, features: Tensor) -> Tensor:
        result: Tensor = self.relu(self.bn(self.conv(features)))
        return result


class Mixed(nn.Module):
    """Branches over the same features (B, C, H, W), joined to (B, ``channels``, H', W').

    ``pooled`` is a last branch and the channels that it adds.
    """

    def __init__(
        self, channels: int, branches: Sequence[Branch], spec: NetworkSpec, pooled: tuple[nn.Module, int] | None = None
    ) -> None:
        super().__init__()
        self.channels = sum(scaled(branch[-1].units, spec) for branch in branches)
        for place, branch in enumerate(branches):
            self.add_module(f"branch{place}", _branch(channels, branch, spec))
        if pooled is not None:
            pool, added = pooled
            self.add_module(f"branch{len(branches)}", pool)
            self.channels += added

    def forward(self, features: Tensor) -> Tensor:
        branches = (module for name, module in self.named_children() if name.startswith("branch"))
        return torch.cat([branch(features) for branch in branches], dim=1)


class Residual(Mixed):
    """ReLU of x + ``scale`` times a linear 1x1 convolution of joined branches; keeps the shape."""

    def __init__(
        self, channels: int, branches: Sequence[Branch], spec: NetworkSpec, scale: float, *, activated: bool = True
    ) -> None:
        super().__init__(channels, branches, spec)
        self.scale = scale
        self.conv2d = nn.Conv2d(self.channels, channels, 1)
        self.channels = channels
        self.relu = nn.ReLU(inplace=True) if activated else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        result: Tensor = self.relu(features + self.scale * self.conv2d(super().forward(features)))
        return result


def stem(spec: NetworkSpec) -> tuple[OrderedDict[str, nn.Module], int]:
    """The layers both begin with, up to the first two of the five windows that shrink the map, and their channels."""
    first, second, third, fourth = (scaled(units, spec) for units in (32, 64, 80, 192))
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        conv2d_1a=Convolution(3, first, 3, stride=2),
        conv2d_2a=Convolution(first, first, 3),
        conv2d_2b=Convolution(first, second, 3, padding=1),
        maxpool_3a=nn.MaxPool2d(3, stride=2),
        conv2d_3b=Convolution(second, third),
        conv2d_4a=Convolution(third, fourth, 3),
    )
    return layers, fourth


def reduction(channels: int, branches: Sequence[Branch], spec: NetworkSpec) -> Mixed:
    """``branches`` of stride 2, and the maximum of what they look at."""
    return Mixed(channels, branches, spec, (nn.MaxPool2d(3, stride=2), channels))


def encoder(channels: int, layers: OrderedDict[str, nn.Module], spec: NetworkSpec, decay: float) -> Encoder:
    """``layers`` as an encoder, whose batch norms keep ``decay`` of their running statistics at each step."""
    side = side_after(WINDOWS, spec)
    sequence = nn.Sequential(layers)
    for module in sequence.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1 - decay
    return Encoder(channels, side, sequence)


def _branch(channels: int, filters: Branch, spec: NetworkSpec) -> nn.Module:
    layers = []
    for units, kernel, stride in filters:
        height, width = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        padding = (height // 2, width // 2) if stride == 1 else 0
        layers.append(Convolution(channels, scaled(units, spec), kernel, stride, padding))
        channels = scaled(units, spec)
    return layers[0] if len(layers) == 1 else nn.Sequential(*layers)
