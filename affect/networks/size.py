"""How large a network is, without making it."""

from dataclasses import dataclass
from functools import cache

import torch
from torch.utils.flop_counter import FlopCounterMode

from affect.networks import build
from affect.networks.inputs import LANDMARK_VALUES
from affect.networks.spec import NetworkSpec


@dataclass(frozen=True)
class Size:
    """``multiply_adds`` are those of one frame: of convolutions and matrix products, as the field counts."""

    parameters: int
    multiply_adds: int


@cache
def _measure(spec: str) -> Size:
    parsed = NetworkSpec.from_yaml(spec)
    with torch.device("meta"):
        network = build(parsed).eval()
        side = parsed.input_size
        inputs: dict[str, torch.Tensor] = {name: torch.empty(1, 3, side, side) for name in parsed.streams}
        if parsed.landmarks:
            inputs["landmarks"] = torch.empty(1, LANDMARK_VALUES)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network(inputs)
    return Size(sum(parameter.numel() for parameter in network.parameters()), counter.get_total_flops() // 2)


def measure(spec: NetworkSpec) -> Size:
    """Parameters and multiply-adds a frame of the network that ``spec`` describes."""
    return _measure(spec.to_yaml())
