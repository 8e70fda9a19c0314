"""DenseNet-121 (EXT 2018, section III.B; FaceBehaviorNet, Table 2), after Huang et al. 2017."""

from torch import nn

from affect.networks.encoder import Encoder, scaled
from affect.networks.geometry import Window, side_after
from affect.networks.spec import NetworkSpec

GROWTH = 32
FIRST = 64
"""Channels of the first convolution."""
WINDOWS = (Window(7, 2, 3), Window(3, 2, 1), *(Window(2, 2),) * 3)
"""The first convolution and pool, and the three transitions."""


def densenet_121(spec: NetworkSpec) -> Encoder:
    """(B, 3, S, S) to (B, 1024, side, side), side 3 at 96 pixels and 7 at 224: torchvision's features and last ReLU.

    ``width`` scales the growth rate and the channels of the first convolution; all others follow from these.
    """
    from torchvision.models import DenseNet  # noqa: PLC0415 - docs/architecture.md, start-up

    side = side_after(WINDOWS, spec)
    network = DenseNet(scaled(GROWTH, spec), num_init_features=scaled(FIRST, spec), num_classes=1)
    layers: nn.Sequential = network.features
    layers.add_module("relu5", nn.ReLU(inplace=True))
    return Encoder(network.classifier.in_features, side, layers)
