"""How the 68 landmarks (iBUG's order) change places in a mirrored picture."""

import numpy as np
from numpy.typing import NDArray

PAIRS = (
    *zip(range(8), range(16, 8, -1), strict=True),  # jaw
    *zip(range(17, 22), range(26, 21, -1), strict=True),  # brows
    *zip((31, 32), (35, 34), strict=True),  # nostrils
    *zip((36, 37, 38, 39, 40, 41), (45, 44, 43, 42, 47, 46), strict=True),  # eyes
    *zip((48, 49, 50, 59, 58), (54, 53, 52, 55, 56), strict=True),  # lips, outside
    *zip((60, 61, 67), (64, 63, 65), strict=True),  # lips, inside
)
"""Landmarks of the one side of the face with their partners on the other; those on the middle have none."""


def _mirrored() -> NDArray[np.intp]:
    order = np.arange(68)
    for one, other in PAIRS:
        order[[one, other]] = other, one
    return order


MIRRORED = _mirrored()
"""Of each landmark, the one that takes its name in the mirrored picture."""
