"""Sides against those torch's pools give, and the smallest input against the one torch takes."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from affect.errors import AffectError
from affect.networks import NetworkSpec
from affect.networks.geometry import Window, side_after


@st.composite
def windows(draw: st.DrawFn) -> Window:
    kernel = draw(st.integers(1, 7))
    return Window(kernel, draw(st.integers(1, 4)), draw(st.integers(0, kernel // 2)))


@given(st.lists(windows(), max_size=6), st.integers(32, 120))
def test_side_is_torchs(chain: list[Window], size: int) -> None:
    layers = nn.Sequential(*(nn.MaxPool2d(*window) for window in chain))

    def torchs(size: int) -> int:
        return int(layers(torch.empty(1, 1, size, size, device="meta")).shape[2])

    try:
        side = side_after(chain, NetworkSpec(encoder="alexnet", input_size=size))
    except AffectError as error:
        smallest = int(str(error).split(" pixels")[0].split()[-1])
        assert smallest > size
        assert torchs(smallest) >= 1
        with pytest.raises(RuntimeError):
            torchs(smallest - 1)
    else:
        assert side == torchs(size)
