"""ResNet-50 (IJCV 2019, section 4.2.1.1; EXT 2018, section III.B; FaceBehaviorNet, Table 2), after He et al. 2016.

Both forms have torchvision's parameter names; weights of one load into the other, but each is the one its weights were
trained in.
"""

from collections import OrderedDict

import torch
from torch import nn

from affect.networks.encoder import Encoder, scaled
from affect.networks.geometry import Window, side_after
from affect.networks.narrowing import rebuild
from affect.networks.spec import NetworkSpec

CHANNELS = 2048
CONVOLUTION = Window(7, 2, 3)
POOL = Window(3, 2, 1)
STAGES = (Window(3, 2, 1),) * 3
"""What halves the map in the last three of the four stages."""


def resnet_50(spec: NetworkSpec) -> Encoder:
    """(B, 3, S, S) to (B, 2048, ceil(S/32), ceil(S/32)): torchvision's, which strides in the 3x3 of a stage."""
    side = side_after((CONVOLUTION, POOL, *STAGES), spec)
    return Encoder(scaled(CHANNELS, spec), side, _torchvision(spec))


def resnet_50_caffe(spec: NetworkSpec) -> Encoder:
    """(B, 3, S, S) to (B, 2048, side, side): He et al.'s own, in which VGGFace2's weights were trained.

    A stage strides in its first 1x1, and the pool looks at 3x3 without padding, the last window being let over the
    edge. The side is that of "resnet-50" where ceil(S/2) is even, as at 96 (3) and 224 (7).
    """
    from torchvision.models.resnet import Bottleneck  # noqa: PLC0415 - docs/architecture.md, start-up

    layers = _torchvision(spec)
    layers.maxpool = nn.MaxPool2d(POOL.kernel, POOL.stride, ceil_mode=True)
    for block in layers.modules():
        if isinstance(block, Bottleneck):
            block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride
    # Over the edge or not, this pool gives as many as one of 2x2, and a 1x1 as many as a padded 3x3.
    side = side_after((CONVOLUTION, Window(2, 2), *STAGES), spec)
    return Encoder(scaled(CHANNELS, spec), side, layers)


def _torchvision(spec: NetworkSpec) -> nn.Sequential:
    from torchvision.models import resnet50  # noqa: PLC0415 - docs/architecture.md, start-up

    with torch.device("meta"):
        network = resnet50()
    layers = nn.Sequential(OrderedDict(list(network.named_children())[:-2]))
    rebuild(layers, spec)
    return layers
