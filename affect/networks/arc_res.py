"""MT-ArcRes (BMVC 2019, section 3, Figure 5).

The figure's layer list is lost. What the text says: residual units, batch norm, stride 2 everywhere, the fully
connected layer is the embedding, seven logits. Our reading is the skeleton of SphereFace-20, the residual network of
the same paper, with batch norm after every convolution; "stride 2 everywhere" is that of the four convolutions that
open a stage. The units may be ResNet's instead.
"""

from torch import Tensor, nn
from torch.nn import functional

from affect.networks.encoder import Encoder, halved, scaled
from affect.networks.spec import NetworkSpec

CHANNELS = (64, 128, 256, 512)
"""Of each stage; ``NetworkSpec.residual_units`` says how many units it has."""


class ResidualUnit(nn.Module):
    """x + f(f(x)), f being convolution, batch norm and PReLU; keeps the shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_convolution(channels, channels, 1, nn.PReLU(channels)),
            *_convolution(channels, channels, 1, nn.PReLU(channels)),
        )

    def forward(self, features: Tensor) -> Tensor:
        residual: Tensor = self.layers(features)
        return features + residual


class ResNetUnit(nn.Module):
    """relu(x + g(relu(g(x)))), g being convolution and batch norm (He et al., CVPR 2016, Figure 2)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        first, last = _convolution(channels, channels, 1, nn.ReLU()), _convolution(channels, channels, 1, nn.Identity())
        self.layers = nn.Sequential(*first, *last[:-1])

    def forward(self, features: Tensor) -> Tensor:
        return functional.relu(features + self.layers(features))


def arc_res(spec: NetworkSpec) -> Encoder:
    """(B, 3, S, S) to (B, 512, ceil(S/16), ceil(S/16)); the map is 6x6 at 96 pixels.

    With ``spec.first_stride`` 1 the map is twice as large: 6x6 at 48 pixels.
    """
    resnet = spec.residual_unit == "resnet"
    layers: list[nn.Module] = []
    channels, side, stride = 3, spec.input_size, spec.first_stride
    for of_stage, repeats in zip(CHANNELS, spec.residual_units, strict=True):
        width = scaled(of_stage, spec)
        layers += _convolution(channels, width, stride, nn.ReLU() if resnet else nn.PReLU(width))
        channels, side, stride = width, halved(side) if stride == 2 else side, 2
        layers += [ResNetUnit(width) if resnet else ResidualUnit(width) for _ in range(repeats)]
    return Encoder(channels, side, nn.Sequential(*layers))


def _convolution(channels: int, units: int, stride: int, rectifier: nn.Module) -> list[nn.Module]:
    return [nn.Conv2d(channels, units, 3, stride, padding=1, bias=False), nn.BatchNorm2d(units), rectifier]
