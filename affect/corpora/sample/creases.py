"""The creases and highlights of each action unit, as logarithms of the factor by which they change the skin."""

from collections.abc import Sequence

import cv2
import numpy as np

from affect.corpora.sample.layout import EYES, Array, Layout
from affect.labels import ACTION_UNITS

Points = Sequence[tuple[float, float]]


def crease_maps(layout: Layout, x: Array, y: Array) -> list[Array]:
    """One map for each of ACTION_UNITS over the grid ``x``, ``y``, at full intensity."""
    drawing = _Drawing(layout, x, y)
    return [drawing.unit(unit) for unit in ACTION_UNITS]


class _Drawing:
    def __init__(self, layout: Layout, x: Array, y: Array) -> None:
        self.layout, self.x, self.y = layout, x, y

    def unit(self, unit: int) -> Array:
        draw = getattr(self, f"_au{unit}", None)
        return np.zeros_like(self.x) if draw is None else draw()

    def _lines(self, lines: Sequence[Points], depth: float, thickness: int = 1, soft: float = 1.5) -> Array:
        """Dark lines with a lighter rim above, the two mirrored halves given by the caller."""
        mask = np.zeros(self.x.shape, np.uint8)
        origin = np.array([self.x[0, 0], self.y[0, 0]])
        for line in lines:
            fixed = np.round((np.array(line) - origin) * 16).astype(np.int32)
            cv2.polylines(mask, [fixed], False, 255, thickness, cv2.LINE_AA, 4)
        sharp = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), soft)
        wide = cv2.GaussianBlur(sharp, (0, 0), 2.5)
        result: Array = depth * (-sharp + 0.6 * wide)
        return result

    def _spots(self, spots: Points, depth: float, width: float, height: float) -> Array:
        total = np.zeros_like(self.x)
        for x, y in spots:
            total += depth * np.exp(-(((self.x - x) / width) ** 2) - ((self.y - y) / height) ** 2)
        return total

    def _mirrored(self, line: Points) -> list[Points]:
        """``line`` given as (distance from the face's middle, y), on both sides."""
        middle = self.layout.nose[0]
        return [[(middle + sign * x, y) for x, y in line] for sign in (-1, 1)]

    def _fold(self, reach: float) -> list[Points]:
        """The nasolabial fold from the nose's wing down and outwards."""
        nose, mouth = self.layout.nose[1], self.layout.mouth[1]
        half = self.layout.mouth_half
        return self._mirrored(
            [
                (13, nose - 2),
                (17, nose + 3),
                (half - 1, mouth - 15),
                (half + 5, mouth - 10),
                (half + 9, mouth - 10 + reach),
            ]
        )

    def _au1(self) -> Array:
        brow = self.layout.brow_inner[0][1]
        return self._lines(
            [[(x, brow - d + 0.02 * (x - 160) ** 2) for x in range(144, 177, 4)] for d in (10, 15, 20)], 1.0
        )

    def _au2(self) -> Array:
        brow = self.layout.brow_outer[0][1]
        arcs = [[(x, brow - d + 0.012 * (x - 34) ** 2) for x in range(20, 49, 4)] for d in (13, 18)]
        return self._lines([half for arc in arcs for half in self._mirrored(arc)], 1.2)

    def _au4(self) -> Array:
        brow = self.layout.brow_inner[0][1]
        lines = self._mirrored([(4, brow - 9), (3.2, brow - 2), (4.4, brow + 5)])
        return self._lines(lines, 1.5, 1) + self._spots([(self.layout.nose[0], brow)], -0.2, 9, 9)

    def _au6(self) -> Array:
        lines = []
        for sign, (x, y) in zip((-1, 1), EYES, strict=True):
            corner = x + sign * (self.layout.eye_half + 3)
            lines += [[(corner, y + d), (corner + sign * 8, y + 2.2 * d)] for d in (-3.0, 0.5, 4.0)]
            lines.append([(x - sign * 11, y + 9), (x, y + 11.5), (x + sign * 11, y + 9)])
        cheeks = [(x + sign * 4, 141.0) for sign, (x, _) in zip((-1, 1), EYES, strict=True)]
        bags = [(x, y + 11) for x, y in cheeks]
        return self._lines(lines, 1.4, 2) + self._spots(cheeks, 0.32, 11, 6) + self._spots(bags, -0.25, 13, 4)

    def _au7(self) -> Array:
        lines = [[(x - 11, y + 7.5), (x, y + 9.5), (x + 11, y + 7.5)] for x, y in EYES]
        return self._lines(lines, 1.0)

    def _au9(self) -> Array:
        middle = self.layout.nose[0]
        across = [[(middle - 6, y), (middle, y - 1.5), (middle + 6, y)] for y in (108, 113, 118, 123)]
        slanted = [line for d in (0, 5) for line in self._mirrored([(6, 120 + d), (12, 126 + d)])]
        return self._lines(across + slanted, 1.5) + self._lines(self._mirrored([(12, 137), (15, 142), (17, 148)]), 1.2)

    def _au10(self) -> Array:
        return self._lines(self._fold(4), 1.1, 2)

    def _au12(self) -> Array:
        middle = self.layout.nose[0]
        cheeks = [(middle + sign * (self.layout.mouth_half + 14), self.layout.mouth[1] - 20) for sign in (-1, 1)]
        return self._lines(self._fold(9), 0.8, 2) + self._spots(cheeks, 0.12, 10, 8)

    def _au14(self) -> Array:
        x, y = self.layout.mouth
        dimples = [(x + sign * (self.layout.mouth_half + 5), y) for sign in (-1, 1)]
        return self._spots(dimples, -0.65, 2.6, 4.5) + self._spots([(a, b - 8) for a, b in dimples], 0.12, 6, 4)

    def _au15(self) -> Array:
        y, half = self.layout.mouth[1], self.layout.mouth_half
        return self._lines(self._mirrored([(half + 1, y + 1), (half + 5, y + 7), (half + 5, y + 13)]), 1.3, 2)

    def _au17(self) -> Array:
        x, y = self.layout.mouth
        chin = self.layout.chin[1]
        pits = [(x + dx, chin - 13 + dy) for dx, dy in ((-8, 0), (-3, 3), (3, -1), (8, 2), (0, -5), (-5, 6), (5, 6))]
        under = self._lines([[(x - 14, y + 17), (x, y + 12.5), (x + 14, y + 17)]], 1.5, 2)
        return under + self._spots(pits, -0.28, 2.0, 2.0)

    def _au20(self) -> Array:
        y, half = self.layout.mouth[1], self.layout.mouth_half
        return self._lines(self._mirrored([(half + 6, y - 7), (half + 8, y), (half + 5, y + 8)]), 1.2, 2)

    def _au23(self) -> Array:
        x, y = self.layout.mouth
        ticks = [[(x + dx, y - 9.0), (x + 0.9 * dx, y - 5.0)] for dx in (-11, -6, 0, 6, 11)]
        return self._lines(ticks + [[(a, 2 * y - b) for a, b in tick] for tick in ticks], 0.9)

    def _au24(self) -> Array:
        x, y = self.layout.mouth
        rim = [(x - self.layout.mouth_half, y), (x, y), (x + self.layout.mouth_half, y)]
        puffs = [(x, y - 10), (x, y + 12)]
        return self._lines([rim], 0.8, 2) + self._spots(puffs, 0.15, 15, 3.5)
