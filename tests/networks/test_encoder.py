"""What all encoders have in common: the maps they say they give, the width setting, the smallest input."""

import pytest
import torch

from affect.errors import AffectError
from affect.networks import ENCODERS, NetworkSpec
from affect.networks.encoder import halved, scaled

MAPS = {
    "vgg-face": (512, 3, 7),
    "vgg-16": (512, 3, 7),
    "resnet-50": (2048, 3, 7),
    "resnet-50-caffe": (2048, 3, 7),
    "densenet-121": (1024, 3, 7),
    "alexnet": (256, 2, 6),
    "cnn-m": (512, 3, 7),
    "sphereface-20": (512, 6, 14),
    "inception-resnet-v1": (1792, 1, 5),
    "inception-resnet-v2": (1536, 1, 5),
    "arc-res": (512, 6, 14),
}
"""Channels, and sides at 96 and at 224 pixels."""

SMALLEST = {"alexnet": 63, "inception-resnet-v1": 75, "inception-resnet-v2": 75}

each = pytest.mark.parametrize("encoder", ENCODERS)


def shape(encoder: str, size: int, width: float = 1.0) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What the encoder says of its map of a picture, and what it gives."""
    with torch.device("meta"):
        built = ENCODERS[encoder](NetworkSpec(encoder=encoder, input_size=size, width=width)).eval()
        with torch.inference_mode():
            features = built(torch.empty(1, 3, size, size))
    assert built.features == features[0].numel()
    return (built.channels, built.side, built.side), tuple(features.shape[1:])


@each
def test_map(encoder: str) -> None:
    channels, *sides = MAPS[encoder]
    for size, side in zip((96, 224), sides, strict=True):
        assert shape(encoder, size) == ((channels, side, side),) * 2


@each
@pytest.mark.parametrize("size", [97, 107])
def test_map_where_sizes_and_widths_do_not_divide(encoder: str, size: int) -> None:
    said, given = shape(encoder, size, width=0.3)
    assert said == given


@each
def test_smallest_input(encoder: str) -> None:
    smallest = SMALLEST.get(encoder, 32)
    said, given = shape(encoder, smallest, width=0.125)
    assert said == given
    if encoder in SMALLEST:
        with pytest.raises(
            AffectError, match=f"'{encoder}' .* {smallest} pixels or more, input_size is {smallest - 1}"
        ):
            shape(encoder, smallest - 1)


@pytest.mark.parametrize(
    ("units", "width", "expected"),
    [(64, 1.0, 64), (2622, 1.0, 2622), (64, 0.25, 16), (64, 0.3, 20), (64, 0.001, 4), (512, 2.0, 1024)],
)
def test_scaled(units: int, width: float, expected: int) -> None:
    assert scaled(units, NetworkSpec(encoder="vgg-face", width=width)) == expected


@pytest.mark.parametrize(("side", "expected"), [(96, 48), (3, 2), (1, 1), (7, 4)])
def test_halved(side: int, expected: int) -> None:
    assert halved(side) == expected


@each
def test_width_keeps_the_graph(encoder: str) -> None:
    with torch.device("meta"):
        full, narrow = (ENCODERS[encoder](NetworkSpec(encoder=encoder, width=width)) for width in (1.0, 0.125))
    assert [type(layer) for layer in narrow.modules()] == [type(layer) for layer in full.modules()]
    assert narrow.channels * 8 == full.channels
    assert narrow.side == full.side
