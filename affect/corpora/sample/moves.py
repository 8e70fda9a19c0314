"""What each action unit does to the skin: bumps of displacement, in pixels of the portrait at full intensity."""

from collections.abc import Callable
from dataclasses import dataclass

from affect.corpora.sample.layout import EYES, Layout


@dataclass(frozen=True)
class Move:
    """A Gaussian bump at (x, y) that shifts the skin by (dx, dy) and squeezes it towards its y by ``squeeze``."""

    x: float
    y: float
    dx: float
    dy: float
    width: float
    height: float
    squeeze: float = 0.0


SIDES = ((-1.0, 0), (1.0, 1))
"""Sign of x and index into pairs, picture-left first."""


def _inner_brows_up(layout: Layout) -> list[Move]:
    return [
        Move(layout.brow_inner[side][0], layout.brow_inner[side][1] - 5, -1.0 * sign, -8.0, 13, 11)
        for sign, side in SIDES
    ]


def _outer_brows_up(layout: Layout) -> list[Move]:
    return [
        Move(layout.brow_outer[side][0] - 6 * sign, layout.brow_outer[side][1] - 5, 0, -8.5, 15, 12)
        for sign, side in SIDES
    ]


def _brows_together(layout: Layout) -> list[Move]:
    return [Move(*layout.brow_inner[side], -4.5 * sign, 0, 14, 12) for sign, side in SIDES]


def lower_brows(layout: Layout) -> list[Move]:
    """The downward part of AU4, apart because AU1 withstands it."""
    moves = []
    for side in (0, 1):
        (ix, iy), (ox, oy) = layout.brow_inner[side], layout.brow_outer[side]
        moves += [Move(ix, iy, 0, 5.5, 13, 12), Move((ix + ox) / 2, (iy + oy) / 2, 0, 3.5, 15, 11)]
    return moves


def _cheeks_up(_: Layout) -> list[Move]:
    return [Move(EYES[side][0] + 4 * sign, 142, 0.5 * sign, -8.0, 17, 15) for sign, side in SIDES]


def _nose_up(layout: Layout) -> list[Move]:
    x, y = layout.nose
    moves = [Move(x, y - 2, 0, -4.5, 15, 12)]
    for sign, side in SIDES:
        moves += [
            Move(x + 12 * sign, y + 1, 1.5 * sign, -4.0, 9, 9),
            Move(*layout.brow_inner[side], -2.0 * sign, 4.5, 12, 11),
        ]
    return moves


def _upper_lip_up(layout: Layout) -> list[Move]:
    x, y = layout.mouth
    return [Move(x + 9 * sign, y - 5, 0, -5.0, 12, 8) for sign, _ in SIDES]


def _corners(layout: Layout, outwards: float, down: float, width: float = 14, height: float = 14) -> list[Move]:
    x, y = layout.mouth
    return [Move(x + sign * layout.mouth_half, y, outwards * sign, down, width, height) for sign, _ in SIDES]


def _lips_thin(layout: Layout, amount: float) -> list[Move]:
    x, y = layout.mouth
    return [Move(x + 10 * sign, y, 0, 0, 13, 10, squeeze=amount) for sign, _ in SIDES]


def _chin_up(layout: Layout) -> list[Move]:
    x, y = layout.mouth
    return [Move(x, y + 9, 0, -5.0, 17, 10), Move(x, layout.chin[1] - 10, 0, -3.5, 16, 12)]


def _jaw_down(layout: Layout) -> list[Move]:
    x, y = layout.chin
    return [Move(x, y, 0, 5.0, 42, 22), *_corners(layout, -2.5, 0.5)]


MOVES: dict[int, Callable[[Layout], list[Move]]] = {
    1: _inner_brows_up,
    2: _outer_brows_up,
    4: _brows_together,
    5: lambda _: [],
    6: _cheeks_up,
    7: lambda _: [],
    9: _nose_up,
    10: _upper_lip_up,
    12: lambda layout: [*_corners(layout, 7.0, -9.5), Move(layout.mouth[0], layout.mouth[1], 0, 2.0, 10, 10)],
    14: lambda layout: _corners(layout, 4.0, -1.0, 9, 8),
    15: lambda layout: [*_corners(layout, 1.0, 9.5), Move(layout.mouth[0], layout.mouth[1], 0, -1.5, 10, 10)],
    17: _chin_up,
    20: lambda layout: [*_corners(layout, 9.5, 2.5, 15, 11), *_lips_thin(layout, 0.18)],
    23: lambda layout: [*_corners(layout, -4.5, 0.0), *_lips_thin(layout, 0.22)],
    24: lambda layout: [*_corners(layout, -2.0, 0.0), *_lips_thin(layout, 0.5)],
    25: lambda _: [],
    26: _jaw_down,
}
"""Lids (5, 7) and the parting of the lips (25) are cuts, not bumps; warping.py opens them."""
