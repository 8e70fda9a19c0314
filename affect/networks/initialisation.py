"""Weights before training, where none are loaded; recurrent parts bring their own."""

import math
from collections.abc import Callable

from torch import Tensor, nn

from affect.networks.heads import LinearHead
from affect.networks.recurrent import Temporal
from affect.registry import look_up


def he(network: nn.Module) -> None:
    """He for what a rectifier follows, variance 1/n for the outputs; biases 0 (He et al., ICCV 2015)."""
    for module in _feed_forward(network):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        _fill_bias(module, 0.0)
    for head in network.modules():
        if isinstance(head, LinearHead):
            nn.init.kaiming_normal_(head.linear.weight, nonlinearity="linear")


def cnn_m(network: nn.Module) -> None:
    """The fully connected layers' weights truncated normal of variance 0.1, their biases 1 (IJCV 2019, section 4.1.1).

    TensorFlow 1 draws again what lies beyond two deviations. The convolutions, which the paper loads, begin as by He.
    """
    he(network)
    deviation = math.sqrt(0.1)
    for module in _feed_forward(network):
        if isinstance(module, nn.Linear):
            nn.init.trunc_normal_(module.weight, std=deviation, a=-2 * deviation, b=2 * deviation)
            _fill_bias(module, 1.0)


def sphereface(network: nn.Module) -> None:
    """As by He, but the convolutions within residual units normal of deviation 0.01, as SphereFace's authors draw.

    Its units have no batch norm: drawn by He, each would double the variance of what it passes on.
    """
    he(network)
    for module in _feed_forward(network):
        if isinstance(module, nn.Conv2d) and module.stride == (1, 1):
            nn.init.normal_(module.weight, std=0.01)


INITIALISATIONS: dict[str, Callable[[nn.Module], None]] = {"he": he, "cnn-m": cnn_m, "sphereface": sphereface}


def initialise(network: nn.Module, name: str) -> None:
    """Draw the weights of ``network`` from torch's global generator; AffectError for an unknown ``name``."""
    look_up(INITIALISATIONS, name, "initialisation")(network)


def _feed_forward(network: nn.Module) -> list[nn.Conv2d | nn.Linear]:
    recurrent = {id(part) for module in network.modules() if isinstance(module, Temporal) for part in module.modules()}
    return [
        module
        for module in network.modules()
        if isinstance(module, nn.Conv2d | nn.Linear) and id(module) not in recurrent
    ]


def _fill_bias(module: nn.Conv2d | nn.Linear, value: float) -> None:
    bias: Tensor | None = module.bias
    if bias is not None:
        nn.init.constant_(bias, value)
