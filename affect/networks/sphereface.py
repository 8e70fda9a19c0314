"""SphereFace-20 (BMVC 2019, section 3), after Liu et al. 2017, without its last fully connected layers.

The first of these, of 512 units without batch norm, is the network's ``embedding``.
"""

from collections import OrderedDict

from torch import Tensor, nn

from affect.networks.encoder import Encoder, halved, scaled
from affect.networks.spec import NetworkSpec

STAGES = ((64, 1), (128, 2), (256, 4), (512, 1))
"""Channels and number of residual units of each stage, which opens with a convolution of stride 2."""


class SphereFaceLayers(nn.Sequential):
    """Convolutions and PReLUs in the order they are used, under the names of the usual PyTorch weights."""

    def forward(self, features: Tensor) -> Tensor:
        """Every stage is f, then x + f(f(x)) for each unit, f being a convolution and its PReLU."""
        layers = iter(self)

        def activated(features: Tensor) -> Tensor:
            convolution, activation = next(layers), next(layers)
            result: Tensor = activation(convolution(features))
            return result

        for _, units in STAGES:
            features = activated(features)
            for _ in range(units):
                features = features + activated(activated(features))
        return features


def sphereface_20(spec: NetworkSpec) -> Encoder:
    """(B, 3, S, S) to (B, 512, ceil(S/16), ceil(S/16)); the map is 6x6 at 96 pixels and 14x14 at 224.

    The convolutions have biases and no batch norm follows them.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    channels, side = 3, spec.input_size
    for stage, (units, repeats) in enumerate(STAGES, 1):
        side = halved(side)
        for place in range(1, 2 + 2 * repeats):
            stride = 2 if place == 1 else 1
            layers[f"conv{stage}_{place}"] = nn.Conv2d(channels, scaled(units, spec), 3, stride, padding=1)
            channels = scaled(units, spec)
            layers[f"relu{stage}_{place}"] = nn.PReLU(channels)
    return Encoder(channels, side, SphereFaceLayers(layers))
