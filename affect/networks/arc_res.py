"""MT-ArcRes (BMVC 2019, section 3, Figure 5).

The figure's layer list is lost. What the text says: residual units, batch norm, stride 2 everywhere, the fully
connected layer is the embedding, seven logits. Our reading is the skeleton of SphereFace-20, the residual network of
the same paper, with batch norm after every convolution; "stride 2 everywhere" is that of the four convolutions that
open a stage.
"""

from torch import Tensor, nn

from affect.networks.encoder import Encoder, halved, scaled
from affect.networks.spec import NetworkSpec

STAGES = ((64, 1), (128, 2), (256, 4), (512, 1))
"""Channels and number of residual units of each stage."""


class ResidualUnit(nn.Module):
    """x + f(f(x)), f being convolution, batch norm and PReLU; keeps the shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*_convolution(channels, channels, 1), *_convolution(channels, channels, 1))

    def forward(self, features: Tensor) -> Tensor:
        residual: Tensor = self.layers(features)
        return features + residual


def arc_res(spec: NetworkSpec) -> Encoder:
    """(B, 3, S, S) to (B, 512, ceil(S/16), ceil(S/16)); the map is 6x6 at 96 pixels.

    With ``spec.first_stride`` 1 the map is twice as large: 6x6 at 48 pixels.
    """
    layers: list[nn.Module] = []
    channels, side, stride = 3, spec.input_size, spec.first_stride
    for units, repeats in STAGES:
        layers += _convolution(channels, scaled(units, spec), stride)
        channels, side, stride = scaled(units, spec), halved(side) if stride == 2 else side, 2
        layers += [ResidualUnit(channels) for _ in range(repeats)]
    return Encoder(channels, side, nn.Sequential(*layers))


def _convolution(channels: int, units: int, stride: int) -> list[nn.Module]:
    return [nn.Conv2d(channels, units, 3, stride, padding=1, bias=False), nn.BatchNorm2d(units), nn.PReLU(units)]
