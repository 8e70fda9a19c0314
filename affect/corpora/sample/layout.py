"""Where the parts of a face lie on its portrait: all that warping needs to know of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CANVAS = 320
"""Side of a portrait in its own pixels, in which all lengths here are given; the eyes are 54 apart."""

EYES = ((133.0, 118.0), (187.0, 118.0))
"""Centres of the eyes on every portrait; the picture's left comes first."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Layout:
    """Points and lengths of one face on its portrait. Pairs are (picture-left, picture-right) or (x, y)."""

    brow_inner: tuple[tuple[float, float], tuple[float, float]]
    brow_outer: tuple[tuple[float, float], tuple[float, float]]
    eye_half: float
    lids_drawn: tuple[float, float]  # heights of the upper and lower lid over the eye's centre in the portrait
    lids_rest: tuple[float, float]  # the same when the face is relaxed
    lid_raise: float  # how much higher the upper lid can go
    nose: tuple[float, float]
    mouth: tuple[float, float]
    mouth_half: float
    lips_drawn: tuple[float, float]  # middle of either lip's inner rim, below the line of the corners
    lips_height: tuple[float, float]
    chin: tuple[float, float]
    cheek_half: float


@dataclass(frozen=True)
class Portrait:
    """A relaxed face: ``picture`` (CANVAS, CANVAS, 3) uint8 RGB, ``alpha`` (CANVAS, CANVAS) float32 in [0, 1].

    ``rest`` names action units that the portrait already shows (negative: to be undone), with their intensity.
    ``marks`` names action units whose creases stay when they relax, with their depth; ``wrinkles`` and
    ``mobility`` scale how deep creases get and how far the skin moves.
    """

    picture: NDArray[np.uint8]
    alpha: Array
    layout: Layout
    rest: dict[int, float]
    marks: dict[int, float]
    wrinkles: float
    mobility: float
