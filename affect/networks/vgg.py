"""The 13 convolutions and 5 pools of VGG-16 and VGG-Face (BMVC 2019, section 3; FaceBehaviorNet, section 3)."""

from torch import nn

from affect.networks.encoder import Encoder, halved, scaled
from affect.networks.spec import NetworkSpec

BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels and number of 3x3 convolutions of each block; every block ends in a 2x2 pool."""


def vgg_face(spec: NetworkSpec) -> Encoder:
    """(B, 3, S, S) to (B, 512, ceil(S/32), ceil(S/32)); the map is 3x3 at 96 pixels and 7x7 at 224."""
    layers: list[nn.Module] = []
    channels, side = 3, spec.input_size
    for units, convolutions in BLOCKS:
        for _ in range(convolutions):
            layers += [nn.Conv2d(channels, scaled(units, spec), 3, padding=1), nn.ReLU(inplace=True)]
            channels = scaled(units, spec)
        # TensorFlow's "same" padding, with which the papers' networks pool sides that are odd.
        layers.append(nn.MaxPool2d(2, ceil_mode=True))
        side = halved(side)
    return Encoder(channels, side, nn.Sequential(*layers))
