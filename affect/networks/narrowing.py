"""The width of networks that others define."""

from typing import Any

from torch import nn

from affect.networks.encoder import scaled
from affect.networks.spec import NetworkSpec

COLOURS = 3
WINDOW = ("kernel_size", "stride", "padding", "dilation")


def rebuild(layers: nn.Module, spec: NetworkSpec) -> None:
    """Put new convolutions and batch norms, with channels ``scaled``, in the place of those within ``layers``.

    Names, order and settings stay, so ``layers`` may be on the meta device: at width 1 the result is the same network
    with new weights. Not for graphs that concatenate or group channels, whose widths do not scale one by one.
    """
    for name, layer in layers.named_children():
        if isinstance(layer, nn.Conv2d):
            channels = COLOURS if layer.in_channels == COLOURS else scaled(layer.in_channels, spec)
            window: dict[str, Any] = {setting: getattr(layer, setting) for setting in WINDOW}
            rebuilt: nn.Module = nn.Conv2d(
                channels, scaled(layer.out_channels, spec), bias=layer.bias is not None, **window
            )
        elif isinstance(layer, nn.BatchNorm2d):
            rebuilt = nn.BatchNorm2d(scaled(layer.num_features, spec), layer.eps, layer.momentum)
        else:
            rebuild(layer, spec)
            continue
        setattr(layers, name, rebuilt)
