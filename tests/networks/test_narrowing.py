"""Rebuilding networks that others define."""

import torch
from torch import nn

from affect.networks import NetworkSpec
from affect.networks.narrowing import rebuild


def test_settings_stay_and_channels_are_scaled() -> None:
    with torch.device("meta"):
        layers = nn.Sequential(
            nn.Conv2d(3, 16, 5, stride=3, padding=2),
            nn.Sequential(nn.BatchNorm2d(16, eps=0.5, momentum=0.25), nn.ReLU()),
            nn.Conv2d(16, 32, (1, 7), padding=(0, 6), dilation=2, bias=False),
        )
    rebuild(layers, NetworkSpec(encoder="alexnet", width=0.5))
    expected = nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=3, padding=2),
        nn.Sequential(nn.BatchNorm2d(8, eps=0.5, momentum=0.25), nn.ReLU()),
        nn.Conv2d(8, 16, (1, 7), padding=(0, 6), dilation=2, bias=False),
    )
    assert repr(layers) == repr(expected)
    assert not any(tensor.is_meta for tensor in layers.state_dict().values())
