"""What every encoder is: pictures in, one map of features out."""

from torch import Tensor, nn

from affect.networks.spec import NetworkSpec


class Encoder(nn.Module):
    """Maps pictures (B, 3, S, S) to features (B, ``channels``, ``side``, ``side``)."""

    def __init__(self, channels: int, side: int, layers: nn.Sequential) -> None:
        super().__init__()
        self.channels = channels
        self.side = side
        self.layers = layers

    @property
    def features(self) -> int:
        """Length of the flattened map."""
        return self.channels * self.side**2

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.layers(images)
        return features


def scaled(units: int, spec: NetworkSpec) -> int:
    """``units`` times the width of ``spec``, to the nearest multiple of 4 and at least 4; exact at width 1."""
    return units if spec.width == 1 else max(4, 4 * round(units * spec.width / 4))


def halved(side: int) -> int:
    """Side of a map after a stride of 2 with "same" padding."""
    return (side + 1) // 2
