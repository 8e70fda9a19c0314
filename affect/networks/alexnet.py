"""AlexNet, the peers' baseline (FaceBehaviorNet, Tables 3 to 5), in Krizhevsky's form of 2014 for one device."""

import torch
from torch import nn

from affect.networks.encoder import Encoder, scaled
from affect.networks.geometry import Window, side_after
from affect.networks.narrowing import rebuild
from affect.networks.spec import NetworkSpec

WINDOWS = (Window(11, 4, 2), *(Window(3, 2),) * 3)
"""The first convolution and the three pools; the other convolutions keep the side."""


def alexnet(spec: NetworkSpec) -> Encoder:
    """(B, 3, S, S) to (B, 256, side, side), side 2 at 96 pixels and 6 at 224: torchvision's features.

    Raises AffectError below 63 pixels.
    """
    from torchvision.models import alexnet as torchvision_alexnet  # noqa: PLC0415 - docs/architecture.md, start-up

    side = side_after(WINDOWS, spec)
    with torch.device("meta"):
        layers: nn.Sequential = torchvision_alexnet().features
    rebuild(layers, spec)
    return Encoder(scaled(256, spec), side, layers)
