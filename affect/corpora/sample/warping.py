"""A portrait set in motion: action units as displacements of the skin, opening lids and lips, and creases.

A picture is made backwards: every pixel of the result asks where in the portrait it comes from. Displacements of the
skin are sums of Gaussian bumps, weighted by the intensities; lids and lips are cuts along parabolas on whose two sides
the skin is pulled apart; creases darken the portrait before it is warped.
"""

import cv2
import numpy as np

from affect.corpora.sample.creases import crease_maps
from affect.corpora.sample.layout import EYES, Array, Layout, Portrait
from affect.corpora.sample.moves import MOVES, Move, lower_brows
from affect.labels import ACTION_UNITS

LEFT, TOP, RIGHT, BOTTOM = 84, 50, 236, 244
"""The part of the portrait that moves."""

BROW_RAISERS = (1, 2)
"""These move the skin above the lids only, else they would stretch the eyes."""

YAW, PITCH = 7.0, 4.5
"""Pixels by which the middle of the face shifts at a yaw or pitch of 1."""

PLACING_STEPS = 8
"""After so many a point of the skin is found to a hundredth of a pixel."""

X, Y = (grid.astype(np.float32) for grid in np.meshgrid(np.arange(LEFT, RIGHT), np.arange(TOP, BOTTOM)))


class MovingFace:
    """Holds the displacement fields of one portrait."""

    def __init__(self, portrait: Portrait) -> None:
        self._portrait = portrait
        layout = portrait.layout
        fields = [_displacement(MOVES[unit](layout)) for unit in ACTION_UNITS]
        for unit in BROW_RAISERS:
            fields[ACTION_UNITS.index(unit)] *= np.clip((EYES[0][1] - 8 - Y) / 13, 0, 1)
        turns = _turns(layout)
        fields += [_displacement(lower_brows(layout)), *turns]
        still = len(fields) - len(turns)
        scale = np.array([portrait.mobility] * still + [1.0] * len(turns), np.float32)
        self._fields = scale[:, None] * (np.stack(fields) * _window()).reshape(len(fields), -1)
        self._creases = (portrait.wrinkles * np.stack(crease_maps(layout, X, Y))).reshape(len(ACTION_UNITS), -1)
        marks = np.array([portrait.marks.get(unit, 0.0) for unit in ACTION_UNITS], np.float32)
        lasting = np.exp(marks @ self._creases).reshape(*X.shape, 1)
        self._skin = portrait.picture[TOP:BOTTOM, LEFT:RIGHT] * lasting
        self._rest = np.array([portrait.rest.get(unit, 0.0) for unit in ACTION_UNITS], np.float32)

    def picture(self, units: Array, blink: float = 0.0, yaw: float = 0.0, pitch: float = 0.0) -> np.ndarray:
        """The portrait, (CANVAS, CANVAS, 3) uint8 RGB, showing ``units`` (17,) with intensities in [0, 1]."""
        intensity = dict(zip(ACTION_UNITS, units.tolist(), strict=True))
        shape = X.shape
        dx, dy = self._displaced(units, yaw, pitch)
        map_x, map_y = X - dx, Y - dy
        for centre in EYES:
            _open_eye(self._portrait.layout, centre, map_x, map_y, _lids(self._portrait.layout, intensity, blink))
        mouth = _open_mouth(self._portrait.layout, map_x, map_y, intensity)

        gain = np.exp(units @ self._creases).reshape(*shape, 1)
        skin = np.clip(self._skin * gain, 0, 255).astype(np.uint8)
        moved = cv2.remap(skin, map_x - LEFT, map_y - TOP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        rows, columns, cover, colour = mouth
        patch = moved[rows, columns]
        moved[rows, columns] = (patch + cover * (colour - patch)).astype(np.uint8)
        result = self._portrait.picture.copy()
        result[TOP:BOTTOM, LEFT:RIGHT] = moved
        return result

    def places(self, points: Array, units: Array, yaw: float = 0.0, pitch: float = 0.0) -> Array:
        """Where ``points`` (n, 2) of the portrait's skin are in the ``picture`` of the same arguments.

        Not of lips or lids, which are pulled apart besides.
        """
        field = np.moveaxis(self._displaced(units, yaw, pitch), 0, 2)
        moved = points.astype(np.float32)
        # A picture asks where each of its places comes from: where it went is found by going there step by step.
        for _ in range(PLACING_STEPS):
            x, y = (moved - (LEFT, TOP)).astype(np.float32).T
            moved = points + cv2.remap(field, x[:, None], y[:, None], cv2.INTER_LINEAR, borderValue=0)[:, 0]
        return moved.astype(np.float32)

    def _displaced(self, units: Array, yaw: float, pitch: float) -> Array:
        """How far the skin that is seen at each place has moved, (2, height, width)."""
        intensity = dict(zip(ACTION_UNITS, units.tolist(), strict=True))
        lowering = intensity[4] * (1 - 0.9 * intensity[1])
        weights = np.append(self._rest * (1 - units) + units, (lowering, yaw, pitch)).astype(np.float32)
        displaced: Array = (weights @ self._fields).reshape(2, *X.shape)
        return displaced


def _window() -> Array:
    """1 inside, falling to 0 at the border of the moving part."""
    edge = np.minimum(np.minimum(X - LEFT, RIGHT - 1 - X), np.minimum(Y - TOP, BOTTOM - 1 - Y))
    share = np.clip(edge / 14, 0, 1)
    result: Array = (share * share * (3 - 2 * share)).astype(np.float32)
    return result


def _displacement(moves: list[Move]) -> Array:
    """The field, (2, height, width), that moves add up to."""
    field = np.zeros((2, *X.shape), np.float32)
    for move in moves:
        bump = np.exp(-(((X - move.x) / move.width) ** 2) - ((Y - move.y) / move.height) ** 2)
        field[0] += move.dx * bump
        field[1] += move.dy * bump
        field[1] -= np.float32(move.squeeze) * (Y - np.float32(move.y)) * bump
    return field


def _turns(layout: Layout) -> list[Array]:
    """Yaw and pitch: what lies nearer to the viewer shifts more."""
    centre, nose = layout.nose
    depth = np.exp(-(((X - centre) / 50) ** 2) - ((Y - 140) / 68) ** 2)
    depth += 0.45 * np.exp(-(((X - centre) / 13) ** 2) - ((Y - nose) / 15) ** 2)
    still = np.zeros_like(depth)
    return [np.stack([YAW * depth, still]), np.stack([still, PITCH * depth])]


def _lids(layout: Layout, intensity: dict[int, float], blink: float) -> tuple[float, float]:
    """Heights of the upper and lower lid above and below the eye's centre."""
    upper, lower = layout.lids_rest
    upper += layout.lid_raise * intensity[5] - 2.7 * intensity[7] - 0.5 * intensity[9] - 0.4 * intensity[6]
    lower += 1.2 * intensity[5] - 2.2 * intensity[7] - 2.6 * intensity[6] - 1.0 * intensity[9]
    lower = max(lower, 0.8)
    return upper * (1 - blink) - 0.8 * lower * blink, lower


def _open_eye(
    layout: Layout, centre: tuple[float, float], map_x: Array, map_y: Array, lids: tuple[float, float]
) -> None:
    """Move the lids of one eye from where the portrait has them to ``lids``; the eyeball stays."""
    window = _around(centre, layout.eye_half + 4, 24, 24)
    x, y = map_x[window] - centre[0], map_y[window] - centre[1]
    bow = np.clip(1 - (x / layout.eye_half) ** 2, 0, 1)
    upper, lower = -lids[0] * bow, lids[1] * bow
    drawn_upper, drawn_lower = -layout.lids_drawn[0] * bow, layout.lids_drawn[1] * bow
    above = (upper - drawn_upper) * np.exp(-(((y - upper) / 10) ** 2))
    below = (lower - drawn_lower) * np.exp(-(((y - lower) / 8) ** 2))
    # An eye opened wider than it was photographed is stretched; one that is narrowed covers the eyeball.
    stretch = np.minimum(
        1, np.where(y < 0, layout.lids_drawn[0] / max(lids[0], 1), layout.lids_drawn[1] / max(lids[1], 1))
    )
    map_y[window] = centre[1] + np.where(y < upper, y - above, np.where(y > lower, y - below, y * stretch))


def _open_mouth(
    layout: Layout, map_x: Array, map_y: Array, intensity: dict[int, float]
) -> tuple[slice, slice, Array, Array]:
    """Part the lips; returns rows and columns of the mouth with its cover (h, w, 1) and colour (h, w, 3)."""
    window = _around(layout.mouth, layout.mouth_half + 16, 34, 52)
    x, y = map_x[window] - layout.mouth[0], map_y[window] - layout.mouth[1]
    across = np.clip(np.abs(x) / layout.mouth_half, 0, 1)
    bow = 1 - across**2
    parted = max(intensity[25], 0.7 * intensity[26])
    upper = -(2.6 * parted + 1.2 * intensity[10] * parted) * bow
    lower = (4.6 * parted + 6.5 * intensity[26] * parted) * bow
    drawn_upper, drawn_lower = layout.lips_drawn[0] * bow, layout.lips_drawn[1] * bow
    above = (upper - drawn_upper) * np.exp(-(((y - upper) / 12) ** 2))
    below = (lower - drawn_lower) * np.exp(-((np.clip(y - lower, 0, None) / 26) ** 2))
    map_y[window] = layout.mouth[1] + np.where(y < upper + (lower - upper) / 2, y - above, y - below)

    cover = np.clip(y - upper + 0.3, 0, 1) * np.clip(lower - y + 0.3, 0, 1) * np.clip(parted * 4, 0, 1) * (across < 1)
    teeth = (
        np.clip((upper + 5.0 * np.sqrt(bow) - y) * 0.8, 0, 1) * np.clip((0.86 - across) * 6, 0, 1) * (1 - 0.5 * across)
    )
    tongue = np.clip((y - lower + 5.0) / 5, 0, 1) * np.clip(1 - across * 1.4, 0, 1)
    dark = np.array((42, 14, 18), np.float32) + tongue[..., None] * np.array((96, 34, 40), np.float32)
    colour = dark + teeth[..., None] * (np.array((228, 222, 210), np.float32) - dark)
    return window[0], window[1], cover[..., None], colour


def _around(centre: tuple[float, float], half: float, up: float, down: float) -> tuple[slice, slice]:
    """Rows and columns of the moving part about a point, in arrays of its shape."""
    x, y = centre[0] - LEFT, centre[1] - TOP
    return slice(max(0, int(y - up)), int(y + down) + 1), slice(max(0, int(x - half)), int(x + half) + 1)
