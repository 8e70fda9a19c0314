"""Faces to paste into scenes: the sample corpus's people, moved as they are there, and faces cut from pictures."""

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from affect.corpora.sample.astronaut import astronaut_portrait
from affect.corpora.sample.identity import draw_identity
from affect.corpora.sample.layout import EYES, Portrait
from affect.corpora.sample.portrait import draw_portrait
from affect.corpora.sample.warping import MovingFace
from affect.detection.annotated import Faces
from affect.labels import ACTION_UNITS, EMOTION_ACTION_UNITS

OUTLINE = 32
"""Points around a face by which its box is found however it is turned."""

FOREHEAD = 52
"""How far above the eyes of a portrait, whose distance is 54, its box begins; it ends at the chin."""

CHEEKS = 0.95
"""The box's half-width in half-widths of the cheeks: what a detector trained on WIDER FACE gives for portraits."""

REACH = 0.3
"""How much of its size is cut out beyond each side of the box of a face in a picture."""


MIRROR = [1, 0, 2, 4, 3]
"""Landmarks change sides in a mirror."""


class Cutout(NamedTuple):
    """A face, in pixels of its own ``picture`` (h, w, 3): what covers what is behind by ``alpha`` (h, w) of 0 to 1."""

    picture: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    """(5, 2), in the order of ``Detections``."""
    outline: NDArray[np.float32]
    """(n, 2): an ellipse within the box."""

    @property
    def height(self) -> float:
        """Of the upright box."""
        return float(np.ptp(self.outline[:, 1]))


def drawn(seed: int, number: int, lights: int, rng: np.random.Generator) -> Cutout:
    """Person ``number`` of those invented from ``seed``, -1 being the astronaut, in an expression and pose at random.

    Each is drawn in ``lights`` directions of light, of which one is taken. The landmarks are where the drawn ones have
    moved to.
    """
    portrait, face = _person(seed, number, int(rng.integers(lights)))
    units, yaw, pitch = _expression(rng), float(rng.uniform(-1, 1)), float(rng.uniform(-1, 1))
    blink = float(rng.random() < 0.1)
    layout = portrait.layout
    mouth, half = layout.mouth, layout.mouth_half
    points = [*EYES, layout.nose, (mouth[0] - half, mouth[1]), (mouth[0] + half, mouth[1])]
    reach, top, chin = CHEEKS * layout.cheek_half, EYES[0][1] - FOREHEAD, layout.chin[1]
    outline = _ellipse((layout.nose[0], (top + chin) / 2), (reach, (chin - top) / 2))
    placed = face.places(np.concatenate([np.array(points, np.float32), outline]), units, yaw, pitch)
    return Cutout(face.picture(units, blink, yaw, pitch), portrait.alpha, placed[:5], placed[5:])


def cut(picture: NDArray[np.uint8], faces: Faces, number: int) -> Cutout:
    """Face ``number`` of a picture with what is around it, which fades out."""
    x, y, width, height = faces.boxes[number].tolist()
    low = np.floor([x - REACH * width, y - REACH * height]).astype(int).clip(0)
    high = np.ceil([x + (1 + REACH) * width, y + (1 + REACH) * height]).astype(int)
    part = picture[low[1] : high[1], low[0] : high[0]]
    middle = np.array([x + width / 2, y + height / 2]) - low
    rows, columns = np.mgrid[: part.shape[0], : part.shape[1]] + 0.5
    away = np.hypot((columns - middle[0]) / width, (rows - middle[1]) / height)
    alpha = np.clip((0.5 + REACH - away) / (REACH / 2), 0, 1).astype(np.float32)
    outline = _ellipse((middle[0], middle[1]), (width / 2, height / 2))
    return Cutout(part, alpha, (faces.landmarks[number] - low).astype(np.float32), outline)


def mirrored(cutout: Cutout) -> Cutout:
    """The cutout as in a mirror; its landmarks change sides with it."""
    width = cutout.alpha.shape[1]
    turn, edge = np.array([-1, 1], np.float32), np.array([width, 0], np.float32)
    landmarks, outline = (points * turn + edge for points in (cutout.landmarks, cutout.outline))
    return Cutout(cutout.picture[:, ::-1], cutout.alpha[:, ::-1], landmarks[MIRROR], outline)


@functools.lru_cache(maxsize=256)
def _person(seed: int, number: int, light: int) -> tuple[Portrait, MovingFace]:
    rng = np.random.default_rng([seed, 21, number + 1, light])
    direction = float(rng.uniform(-0.6, 0.6)), float(rng.uniform(-0.5, 0.15))
    portrait = astronaut_portrait() if number < 0 else draw_portrait(draw_identity(seed, number), direction)
    return portrait, MovingFace(portrait)


def _expression(rng: np.random.Generator) -> NDArray[np.float32]:
    units = np.zeros(len(ACTION_UNITS), np.float32)
    emotions = list(EMOTION_ACTION_UNITS)
    strength = rng.uniform(0, 1)
    for unit, share in EMOTION_ACTION_UNITS[emotions[rng.integers(len(emotions))]].items():
        if unit in ACTION_UNITS and rng.random() < share:
            units[ACTION_UNITS.index(unit)] = strength * rng.uniform(0.7, 1)
    return units


def _ellipse(centre: tuple[float, float], half: tuple[float, float]) -> NDArray[np.float32]:
    angles = np.arange(OUTLINE) * (2 * np.pi / OUTLINE)
    ellipse: NDArray[np.float32] = (np.stack([np.cos(angles), np.sin(angles)], 1) * half + centre).astype(np.float32)
    return ellipse
