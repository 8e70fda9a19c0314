"""CNN-M, the baseline of the Aff-Wild challenge (IJCV 2019, section 4.1.1 and Table 4), after Chatfield et al. 2014."""

from collections import OrderedDict

from torch import nn

from affect.networks.encoder import Encoder, halved, scaled
from affect.networks.geometry import Window, side_after
from affect.networks.spec import NetworkSpec

FIRST = Window(7, 2)
POOL = Window(3, 2)


def cnn_m(spec: NetworkSpec) -> Encoder:
    """(B, 3, S, S) to (B, 512, side, side); the map is 3x3 at 96 pixels and 7x7 at 224.

    Table 4 gives each convolution and batch norm a ReLU. We take one after the batch norm, as in the network that the
    weights came from; as there, the convolutions have biases.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()

    def convolution(place: int, channels: int, units: int, window: Window) -> None:
        units = scaled(units, spec)
        layers[f"conv{place}"] = nn.Conv2d(channels if place == 1 else scaled(channels, spec), units, *window)
        layers[f"norm{place}"] = nn.BatchNorm2d(units)
        layers[f"relu{place}"] = nn.ReLU(inplace=True)

    convolution(1, 3, 96, FIRST)
    layers["pool1"] = nn.MaxPool2d(POOL.kernel, POOL.stride)
    side = side_after((FIRST, POOL), spec)
    layers["same2"] = nn.ZeroPad2d(same(side, Window(5, 2)))
    convolution(2, 96, 256, Window(5, 2))
    side = halved(side)
    # Zeros are nothing to a maximum after a ReLU.
    layers["same_pool2"] = nn.ZeroPad2d(same(side, POOL))
    layers["pool2"] = nn.MaxPool2d(POOL.kernel, POOL.stride)
    side = halved(side)
    convolution(3, 256, 512, Window(3, 1, 1))
    convolution(4, 512, 512, Window(3, 1, 1))
    convolution(5, 512, 512, Window(3, 1, 1))
    layers["pool5"] = nn.MaxPool2d(2, ceil_mode=True)
    return Encoder(scaled(512, spec), halved(side), nn.Sequential(layers))


def same(side: int, window: Window) -> tuple[int, int, int, int]:
    """Zeros left, right, above and below a map of ``side`` that TensorFlow's "SAME" puts, the odd one after it."""
    outputs = -(-side // window.stride)
    zeros = max(0, (outputs - 1) * window.stride + window.kernel - side)
    return (zeros // 2, zeros - zeros // 2) * 2
