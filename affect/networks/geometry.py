"""How far convolutions and pools shrink a map."""

from collections.abc import Sequence
from typing import NamedTuple

from affect.errors import AffectError
from affect.networks.spec import NetworkSpec


class Window(NamedTuple):
    """What a convolution or pool looks at: its kernel, its step, and the zeros put at each edge before."""

    kernel: int
    stride: int = 1
    padding: int = 0


def side_after(windows: Sequence[Window], spec: NetworkSpec) -> int:
    """Side of the map that ``windows``, one after the other, make of the input of ``spec``.

    Raises AffectError naming encoder and smallest input where a window finds less than it looks at.
    """
    smallest = 1
    for kernel, stride, padding in reversed(windows):
        smallest = max(1, (smallest - 1) * stride + kernel - 2 * padding)
    if spec.input_size < smallest:
        raise AffectError(
            f"the encoder {spec.encoder!r} takes pictures of {smallest} pixels or more, input_size is {spec.input_size}"
        )
    side = spec.input_size
    for kernel, stride, padding in windows:
        side = (side + 2 * padding - kernel) // stride + 1
    return side
