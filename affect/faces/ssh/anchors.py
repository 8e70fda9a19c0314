"""SSH's anchors, and how boxes and landmarks are coded by them.

Boxes here are (n, 4) left, top, right and bottom edges in pixels of the picture the network sees; a picture's first
pixel lies between 0 and 1. The authors' numbers are the same with the last pixel in place of the right edge.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

BASE = 16
"""Side of the anchor of scale 1, and of the square whose middle all anchors of the first place have."""


class Level(NamedTuple):
    """One detection module: the stride of its map, and the scales of its anchors, which are squares."""

    stride: int
    scales: tuple[int, int]


LEVELS = (Level(8, (1, 2)), Level(16, (4, 8)), Level(32, (16, 32)))
"""M1, M2 and M3: sides of 16 to 512 pixels (ICCV 2017, section 3.3)."""

ANCHORS_PER_PLACE = 2

LARGEST_LOG = math.log(1000 / 16)
"""Sides are told as logarithms; a larger one would be no face and may overflow."""


def anchors_of(level: Level, rows: int, columns: int) -> Tensor:
    """The anchors (rows * columns * 2, 4) of a map: row after row, at each place from small to large.

    All anchors of a place have the middle of the 16 pixels that begin at the place times the stride, whatever the
    stride: the authors' generate_anchors.
    """
    middles = torch.cartesian_prod(torch.arange(rows), torch.arange(columns)).flip(1) * level.stride + BASE / 2
    halves = torch.tensor(level.scales, dtype=torch.float32)[:, None] * BASE / 2
    boxes = torch.cat([middles[:, None] - halves, middles[:, None] + halves], 2)
    return boxes.flatten(0, 1)


def encode(boxes: Tensor, anchors: Tensor) -> Tensor:
    """``boxes`` (n, 4) by the ``anchors`` (n, 4) beside them: shift of the middle in sides, logarithm of the sides."""
    middle, side = _middle(anchors), _side(anchors)
    return torch.cat([(_middle(boxes) - middle) / side, torch.log(_side(boxes) / side)], -1)


def decode(codes: Tensor, anchors: Tensor) -> Tensor:
    """The boxes of which ``codes`` (..., n, 4) are the codes by ``anchors`` (n, 4): the inverse of ``encode``."""
    side = _side(anchors)
    middle = _middle(anchors) + codes[..., :2] * side
    half = side * torch.exp(codes[..., 2:].clamp(max=LARGEST_LOG)) / 2
    return torch.cat([middle - half, middle + half], -1)


def encode_landmarks(landmarks: Tensor, anchors: Tensor) -> Tensor:
    """``landmarks`` (n, 5, 2) as (n, 10): shifts from the anchor's middle in its sides, x and y by turns."""
    return ((landmarks - _middle(anchors)[:, None]) / _side(anchors)[:, None]).flatten(-2)


def decode_landmarks(codes: Tensor, anchors: Tensor) -> Tensor:
    """The landmarks (..., n, 5, 2) of ``codes`` (..., n, 10): the inverse of ``encode_landmarks``."""
    shifts = codes.reshape(*codes.shape[:-1], codes.shape[-1] // 2, 2)
    return _middle(anchors)[:, None] + shifts * _side(anchors)[:, None]


def _middle(boxes: Tensor) -> Tensor:
    return (boxes[..., :2] + boxes[..., 2:]) / 2


def _side(boxes: Tensor) -> Tensor:
    return boxes[..., 2:] - boxes[..., :2]
