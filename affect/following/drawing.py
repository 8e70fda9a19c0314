"""Pictures of a confusion matrix and of the valence-arousal plane, drawn without a plotting library."""

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.labels import EXPRESSIONS
from affect.metrics.plane import PlaneCounts

CELL = 66
MARGIN = 90
INK = (40, 48, 60)
BLUE = np.array([61, 127, 224], np.float64)

PLANE_SIDE = 240


def confusion_picture(counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """RGB uint8: rows are labels, columns predictions; shades are shares of the row, numbers are counts."""
    side = len(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    picture = np.full((side * CELL + MARGIN, side * CELL + MARGIN, 3), 255, np.uint8)
    for row in range(side):
        for column in range(side):
            top, left = row * CELL, MARGIN + column * CELL
            colour = 255 + shares[row, column] * (BLUE - 255)
            picture[top + 1 : top + CELL - 1, left + 1 : left + CELL - 1] = colour.astype(np.uint8)
            if counts[row, column]:
                _write(picture, str(counts[row, column]), left + CELL // 2, top + CELL // 2, centred=True)
    for number, name in enumerate(EXPRESSIONS[:side]):
        _write(picture, name, 4, number * CELL + CELL // 2)
        _write(picture, name, MARGIN + number * CELL + 2, side * CELL + 14 + 14 * (number % 2))
    _write(picture, "rows: labels, columns: predictions", MARGIN, side * CELL + 60)
    return picture


def plane_picture(plane: PlaneCounts) -> NDArray[np.uint8]:
    """RGB uint8: labels left, predictions right; valence to the right, arousal upwards, brightness by logarithm."""
    highest = np.log1p(max(int(plane.labels.max()), int(plane.predictions.max()), 1))
    halves = []
    for name, counts in (("labels", plane.labels), ("predictions", plane.predictions)):
        levels = (np.log1p(counts) / highest * 255).astype(np.uint8)[::-1]
        large = cv2.resize(levels, (PLANE_SIDE, PLANE_SIDE), interpolation=cv2.INTER_NEAREST)
        half = cv2.copyMakeBorder(cv2.applyColorMap(large, cv2.COLORMAP_VIRIDIS)[..., ::-1], 24, 8, 8, 8,
                                  cv2.BORDER_CONSTANT, value=(255, 255, 255))  # fmt: skip
        _write(half, name, 8, 12)
        halves.append(half)
    return np.concatenate(halves, axis=1)


def _write(picture: NDArray[np.uint8], text: str, x: int, y: int, *, centred: bool = False) -> None:
    """``text`` from ``x`` on, or around it, its middle at the height ``y``."""
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.4, 1)
    place = (x - width // 2 if centred else x, y + height // 2)
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, INK, 1, cv2.LINE_AA)
