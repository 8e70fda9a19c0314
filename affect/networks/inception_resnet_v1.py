"""Inception-ResNet-v1 as in facenet (BMVC 2019, section 3: "Inception ResNet", without a version).

What follows the map there is the network's: average pooling, dropout (.2), and a bottleneck, which is its embedding.
"""

from torch import nn

from affect.networks.encoder import Encoder, scaled
from affect.networks.inception import Convolution, Filter, Residual, encoder, reduction, stem
from affect.networks.spec import NetworkSpec

BLOCK_35 = ((Filter(32),), (Filter(32), Filter(32, 3)), (Filter(32), Filter(32, 3), Filter(32, 3)))
REDUCTION_A = ((Filter(384, 3, 2),), (Filter(192), Filter(192, 3), Filter(256, 3, 2)))
BLOCK_17 = ((Filter(128),), (Filter(128), Filter(128, (1, 7)), Filter(128, (7, 1))))
REDUCTION_B = (
    (Filter(256), Filter(384, 3, 2)),
    (Filter(256), Filter(256, 3, 2)),
    (Filter(256), Filter(256, 3), Filter(256, 3, 2)),
)
BLOCK_8 = ((Filter(192),), (Filter(192), Filter(192, (1, 3)), Filter(192, (3, 1))))


def inception_resnet_v1(spec: NetworkSpec) -> Encoder:
    """(B, 3, S, S) to (B, 1792, side, side), side 1 at 96 pixels, 3 at 160 and 5 at 224.

    Raises AffectError below 75 pixels.
    """
    layers, channels = stem(spec)
    layers["conv2d_4b"] = Convolution(channels, scaled(256, spec), 3, stride=2)
    channels = scaled(256, spec)
    layers["repeat_1"] = nn.Sequential(*(Residual(channels, BLOCK_35, spec, 0.17) for _ in range(5)))
    layers["mixed_6a"] = mixed = reduction(channels, REDUCTION_A, spec)
    channels = mixed.channels
    layers["repeat_2"] = nn.Sequential(*(Residual(channels, BLOCK_17, spec, 0.1) for _ in range(10)))
    layers["mixed_7a"] = mixed = reduction(channels, REDUCTION_B, spec)
    channels = mixed.channels
    layers["repeat_3"] = nn.Sequential(*(Residual(channels, BLOCK_8, spec, 0.2) for _ in range(5)))
    layers["block8"] = Residual(channels, BLOCK_8, spec, 1.0, activated=False)
    return encoder(channels, layers, spec, decay=0.995)
