"""Draws an answer on its picture: boxes, landmarks and what was said about each face."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.models.answer import Face
from affect.models.outputs import OUTPUTS

Rectangle = tuple[int, int, int, int]
"""x, y, width, height."""

_LINE = (64, 224, 208)
_POINT = (255, 214, 10)
_TEXT = (255, 255, 255)
_PANEL = (20, 24, 28)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw(picture: NDArray[np.uint8], faces: Sequence[Face]) -> NDArray[np.uint8]:
    """A copy of ``picture`` (H, W, 3), RGB, with ``faces`` on it."""
    drawn = picture.copy()
    unit = max(min(picture.shape[:2]) / 400, 0.6)  # the size of all that is drawn follows the picture's
    for face in faces:
        x, y, width, height = _rectangle(face)
        cv2.rectangle(drawn, (x, y), (x + width, y + height), _LINE, max(1, round(1.5 * unit)), cv2.LINE_AA)
        for point in face["landmarks"]:
            cv2.circle(drawn, (round(point[0]), round(point[1])), round(2 * unit), _POINT, cv2.FILLED, cv2.LINE_AA)
    taken = [_rectangle(face) for face in faces]
    for face in faces:
        _panel(drawn, face, describe(face), unit, taken)
    return drawn


def describe(face: Face) -> list[str]:
    """The lines of text about one face: its likeliest expressions, valence and arousal, active action units."""
    return [line for output in OUTPUTS.values() for line in output.lines(face)]


def _rectangle(face: Face) -> Rectangle:
    x, y, width, height = (round(value) for value in face["box"])
    return x, y, width, height


def _panel(drawn: NDArray[np.uint8], face: Face, lines: list[str], unit: float, taken: list[Rectangle]) -> None:
    """Text on a dark ground beside the box, within the picture and, where there is room, clear of what is ``taken``."""
    if not lines:
        return
    scale, thickness, gap = 0.45 * unit, max(1, round(unit)), round(6 * unit)
    sizes = [cv2.getTextSize(line, _FONT, scale, thickness)[0] for line in lines]
    step = max(size[1] for size in sizes) + gap
    width, height = max(size[0] for size in sizes) + 2 * gap, step * len(lines) + gap
    x, y, box_width, box_height = _rectangle(face)
    places = [
        (x + box_width + gap, y),
        (x - width - gap, y),
        (x, y + box_height + gap),
        (x, y - height - gap),
    ]
    within = [
        (max(0, min(left, drawn.shape[1] - width)), max(0, min(top, drawn.shape[0] - height)), width, height)
        for left, top in places
    ]
    place = min(within, key=lambda panel: sum(_overlap(panel, other) for other in taken))
    taken.append(place)
    left, top = place[:2]
    ground = drawn[top : top + height, left : left + width]
    ground[:] = (0.25 * ground + 0.75 * np.array(_PANEL)).astype(np.uint8)
    for row, line in enumerate(lines):
        cv2.putText(drawn, line, (left + gap, top + (row + 1) * step), _FONT, scale, _TEXT, thickness, cv2.LINE_AA)


def _overlap(one: Rectangle, other: Rectangle) -> int:
    """Pixels that two rectangles share."""
    across, down = (
        max(0, min(one[axis] + one[axis + 2], other[axis] + other[axis + 2]) - max(one[axis], other[axis]))
        for axis in (0, 1)
    )
    return across * down
