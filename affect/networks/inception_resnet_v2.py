"""Inception-ResNet-v2 as in TensorFlow's slim (BMVC 2019, section 3: "Inception ResNet", without a version).

What follows the map there is the network's: average pooling and dropout (.2).
"""

from torch import nn

from affect.networks.encoder import Encoder, scaled
from affect.networks.inception import Convolution, Filter, Mixed, Residual, encoder, reduction, stem
from affect.networks.spec import NetworkSpec

MIXED_5B = ((Filter(96),), (Filter(48), Filter(64, 5)), (Filter(64), Filter(96, 3), Filter(96, 3)))
BLOCK_35 = ((Filter(32),), (Filter(32), Filter(32, 3)), (Filter(32), Filter(48, 3), Filter(64, 3)))
REDUCTION_A = ((Filter(384, 3, 2),), (Filter(256), Filter(256, 3), Filter(384, 3, 2)))
BLOCK_17 = ((Filter(192),), (Filter(128), Filter(160, (1, 7)), Filter(192, (7, 1))))
REDUCTION_B = (
    (Filter(256), Filter(384, 3, 2)),
    (Filter(256), Filter(288, 3, 2)),
    (Filter(256), Filter(288, 3), Filter(320, 3, 2)),
)
BLOCK_8 = ((Filter(192),), (Filter(192), Filter(224, (1, 3)), Filter(256, (3, 1))))


def inception_resnet_v2(spec: NetworkSpec) -> Encoder:
    """(B, 3, S, S) to (B, 1536, side, side), side 1 at 96 pixels, 5 at 224 and 8 at 299.

    Raises AffectError below 75 pixels.
    """
    layers, channels = stem(spec)
    layers["maxpool_5a"] = nn.MaxPool2d(3, stride=2)
    average = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    pooled = nn.Sequential(average, Convolution(channels, scaled(64, spec)))
    layers["mixed_5b"] = mixed = Mixed(channels, MIXED_5B, spec, (pooled, scaled(64, spec)))
    channels = mixed.channels
    layers["repeat"] = nn.Sequential(*(Residual(channels, BLOCK_35, spec, 0.17) for _ in range(10)))
    layers["mixed_6a"] = mixed = reduction(channels, REDUCTION_A, spec)
    channels = mixed.channels
    layers["repeat_1"] = nn.Sequential(*(Residual(channels, BLOCK_17, spec, 0.1) for _ in range(20)))
    layers["mixed_7a"] = mixed = reduction(channels, REDUCTION_B, spec)
    channels = mixed.channels
    layers["repeat_2"] = nn.Sequential(*(Residual(channels, BLOCK_8, spec, 0.2) for _ in range(9)))
    layers["block8"] = Residual(channels, BLOCK_8, spec, 1.0, activated=False)
    layers["conv2d_7b"] = Convolution(channels, scaled(1536, spec))
    return encoder(scaled(1536, spec), layers, spec, decay=0.9997)
