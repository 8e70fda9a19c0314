"""Weights before training, where none are loaded."""

from torch import nn

from affect.networks.heads import LinearHead


def initialise(network: nn.Module) -> None:
    """He for what a rectifier follows, variance 1/n for the outputs; biases 0 (He et al., ICCV 2015).

    Draws from torch's global generator.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for module in network.modules():
        if isinstance(module, LinearHead):
            nn.init.kaiming_normal_(module.linear.weight, nonlinearity="linear")
