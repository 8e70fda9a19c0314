"""The width setting."""

import pytest
import torch

from affect.networks import ENCODERS, NetworkSpec
from affect.networks.encoder import halved, scaled


@pytest.mark.parametrize(
    ("units", "width", "expected"),
    [(64, 1.0, 64), (2622, 1.0, 2622), (64, 0.25, 16), (64, 0.3, 20), (64, 0.001, 4), (512, 2.0, 1024)],
)
def test_scaled(units: int, width: float, expected: int) -> None:
    assert scaled(units, NetworkSpec(encoder="vgg-face", width=width)) == expected


@pytest.mark.parametrize(("side", "expected"), [(96, 48), (3, 2), (1, 1), (7, 4)])
def test_halved(side: int, expected: int) -> None:
    assert halved(side) == expected


@pytest.mark.parametrize("encoder", ENCODERS)
def test_width_keeps_the_graph(encoder: str) -> None:
    with torch.device("meta"):
        full, narrow = (ENCODERS[encoder](NetworkSpec(encoder=encoder, width=width)) for width in (1.0, 0.125))
    assert [type(layer) for layer in narrow.modules()] == [type(layer) for layer in full.modules()]
    assert narrow.channels * 8 == full.channels
    assert narrow.side == full.side
