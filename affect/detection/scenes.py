"""Scenes composed of faces at many sizes, poses and lights over varied backgrounds, with exact boxes and landmarks."""

import functools

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from affect import storage
from affect.configuration import Configuration
from affect.corpora.sample.plan import people_by_split
from affect.corpora.sample.settings import SampleSettings
from affect.detection.annotated import Faces
from affect.detection.backgrounds import background
from affect.detection.cutouts import Cutout, cut, drawn, mirrored
from affect.detection.wider_face import Split, WiderFace
from affect.media.pictures import through_jpeg

SPLITS: tuple[Split, ...] = ("train", "val")

MARGIN = 0.15
"""Of a face's size at most so much lies beyond the picture."""

SHARED = 0.05
"""Part of a face's box that another's may share."""

HIDDEN = 0.35
"""A face of which more is covered by others' heads and shoulders is ignored."""

TRIES = 12
"""To find a place for a face."""


class SceneSettings(Configuration):
    """The same settings and split give the same scenes; no person and no photograph is in both splits."""

    people: int = Field(default=40, ge=4)
    """Of the sample corpus, invented; a quarter of them, and the astronaut, are for validation."""
    lights: int = Field(default=2, ge=1)
    """Directions of light that each of them is drawn in; a drawing takes most of a second, and is kept."""
    cutouts: str | None = None
    """A folder in the form of WIDER FACE with landmarks, as jobs.label_clips writes, whose faces are pasted as well."""
    cutout_share: float = Field(default=0.5, ge=0, le=1)
    """Of the faces, so many come from there, where there are any."""
    width: int = Field(default=256, ge=64)
    height: int = Field(default=256, ge=64)
    most: int = Field(default=6, ge=1)
    """Faces of a scene; a tenth of the scenes have none."""
    smallest: float = Field(default=14.0, ge=6)
    """Height in pixels of the box of the smallest face; sizes are drawn evenly on a logarithmic scale."""
    largest: float = Field(default=0.8, gt=0, le=1)
    """Of the largest, as a share of the picture's height."""
    roll: float = Field(default=15.0, ge=0)
    """Deviation of the turn in the picture's plane, in degrees."""
    turned: float = Field(default=0.3, ge=0, lt=0.9)
    """By how much of its width a face is made narrower at most, as when it is turned away."""
    seed: int = Field(default=0, ge=0)

    @field_validator("cutouts")
    @classmethod
    def _from_anywhere(cls, cutouts: str | None) -> str | None:
        return storage.absolute(cutouts) if cutouts else None


class Scenes:
    """A ``DetectionSet`` of as many scenes as are asked for; there is one for every index."""

    synthetic = True

    def __init__(self, settings: SceneSettings, split: Split, length: int) -> None:
        """Raises AffectError where ``cutouts`` is named and is no such folder."""
        self.name, self.settings, self.split, self.length = f"scenes-{split}", settings, split, length
        groups = people_by_split(SampleSettings(people=settings.people, seed=settings.seed))
        held_out = [number for _, number in groups["test"]]
        shown = [number for group in ("train", "validation") for _, number in groups[group]]
        self.people = shown if split == "train" else held_out
        self.cutouts = WiderFace(settings.cutouts, split, landmarks=True) if settings.cutouts else None
        self._last: tuple[int, NDArray[np.uint8], Faces] | None = None

    def __len__(self) -> int:
        return self.length

    def picture(self, index: int) -> NDArray[np.uint8]:
        return self._scene(index)[0]

    def faces(self, index: int) -> Faces:
        return self._scene(index)[1]

    def _scene(self, index: int) -> tuple[NDArray[np.uint8], Faces]:
        if self._last is None or self._last[0] != index:
            self._last = index, *self._compose(index)
        return self._last[1:]

    def _compose(self, index: int) -> tuple[NDArray[np.uint8], Faces]:
        settings = self.settings
        rng = np.random.default_rng([settings.seed, 20, SPLITS.index(self.split), index])
        height, width = settings.height, settings.width
        picture = background(rng, self.split, height, width)
        count = 0 if rng.random() < 0.1 else int(rng.integers(1, settings.most + 1))
        sizes = np.exp(rng.uniform(np.log(settings.smallest), np.log(settings.largest * height), count))
        placed: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
        hidden: list[float] = []
        for size in np.sort(sizes):  # who is smaller is further away, and behind
            cutout = self._cutout(rng)
            matrix = _place(rng, cutout, float(size), settings, [box for box, _ in placed])
            if matrix is None:
                continue
            cover = _paste(rng, picture, cutout, matrix)
            hidden = [max(share, _covered(cover, box)) for share, (box, _) in zip(hidden, placed, strict=True)]
            placed.append((_box(cutout.outline, matrix), _moved(cutout.landmarks, matrix)))
            hidden.append(0.0)
        boxes = np.array([box for box, _ in placed], np.float32).reshape(-1, 4)
        landmarks = np.array([points for _, points in placed], np.float32).reshape(-1, 5, 2)
        return _photographed(rng, picture), Faces(
            _within(boxes, width, height), landmarks, np.array(hidden, np.float32) > HIDDEN
        )

    def _cutout(self, rng: np.random.Generator) -> Cutout:
        if self.cutouts is not None and rng.random() < self.settings.cutout_share:
            found = _from_picture(self.cutouts, int(rng.integers(len(self.cutouts))), rng)
        else:
            found = None
        cutout = found or drawn(self.settings.seed, int(rng.choice(self.people)), self.settings.lights, rng)
        return mirrored(cutout) if rng.random() < 0.5 else cutout


def _from_picture(pictures: WiderFace, index: int, rng: np.random.Generator) -> Cutout | None:
    faces = pictures.faces(index)
    usable = np.flatnonzero(~np.isnan(faces.landmarks).any((1, 2)) & ~faces.ignored)
    if not len(usable):
        return None
    return cut(_decoded(pictures.root, pictures.split, index), faces, int(rng.choice(usable)))


@functools.lru_cache(maxsize=512)
def _decoded(root: str, split: Split, index: int) -> NDArray[np.uint8]:
    return _opened(root, split).picture(index)


@functools.lru_cache(maxsize=4)
def _opened(root: str, split: Split) -> WiderFace:
    return WiderFace(root, split, landmarks=True)


def _place(
    rng: np.random.Generator, cutout: Cutout, size: float, settings: SceneSettings, others: list[NDArray[np.float32]]
) -> NDArray[np.float64] | None:
    """The affine transform (2, 3) that brings a cutout to a free place; None where none is found."""
    for _ in range(TRIES):
        scale = size / cutout.height
        angle = np.deg2rad(np.clip(rng.normal(0, settings.roll), -60, 60))
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        narrow = np.diag([1 - rng.uniform(0, settings.turned), 1.0]) @ np.array([[1, rng.normal(0, 0.04)], [0, 1]])
        linear = scale * turn @ narrow
        middle = cutout.outline.mean(0)
        reach = (0.5 - MARGIN) * size
        x, y = (
            rng.uniform(min(reach, side / 2), max(side - reach, side / 2)) for side in (settings.width, settings.height)
        )
        matrix = np.column_stack([linear, np.array([x, y]) - linear @ middle])
        box = _box(cutout.outline, matrix)
        if all(_shared(box, other) <= SHARED for other in others):
            return matrix
    return None


def _paste(
    rng: np.random.Generator, picture: NDArray[np.float32], cutout: Cutout, matrix: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Draw a cutout into ``picture``, in a light of its own; where it covers what was there, (height, width)."""
    height, width = picture.shape[:2]
    source, alpha, matrix = _reduced(cutout, matrix)
    gain, tint = rng.uniform(0.45, 1.35), 1 + rng.uniform(-0.12, 0.12, 3)
    slope = rng.uniform(-0.5, 0.5, 2)
    rows, columns = np.mgrid[: source.shape[0], : source.shape[1]]
    fall = 1 + slope[0] * (columns / source.shape[1] - 0.5) + slope[1] * (rows / source.shape[0] - 0.5)
    lit = source.astype(np.float32) * (gain * tint * fall[..., None]).astype(np.float32)
    # Pixels' middles are half a pixel in.
    centred = matrix.copy()
    centred[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    size = (width, height)
    shown = cv2.warpAffine(lit, centred, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover: NDArray[np.float32] = cv2.warpAffine(alpha, centred, size, flags=cv2.INTER_LINEAR)
    picture += cover[..., None] * (shown - picture)
    return cover


def _reduced(
    cutout: Cutout, matrix: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float64]]:
    """The cutout averaged down first where it becomes much smaller, since sampling would skip pixels."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    height, width = cutout.alpha.shape
    if scale > 0.7:
        return np.ascontiguousarray(cutout.picture), np.ascontiguousarray(cutout.alpha), matrix
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small, alpha = (
        cv2.resize(np.ascontiguousarray(one), size, interpolation=cv2.INTER_AREA)
        for one in (cutout.picture, cutout.alpha)
    )
    factor = np.array([width / size[0], height / size[1]])
    return small, alpha, np.column_stack([matrix[:, :2] * factor, matrix[:, 2]])


def _photographed(rng: np.random.Generator, picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The scene as a camera gives it: exposure, focus, noise, JPEG."""
    lit = picture * np.float32(rng.uniform(0.55, 1.2)) + np.float32(rng.uniform(-10, 20))
    if rng.random() < 0.4:
        lit = cv2.GaussianBlur(lit, (0, 0), rng.uniform(0.3, 1.2))
    if rng.random() < 0.15:
        lit = np.repeat(lit.mean(2, keepdims=True), 3, 2)
    noisy = lit + rng.standard_normal(lit.shape).astype(np.float32) * np.float32(rng.uniform(0, 8))
    return through_jpeg(np.clip(noisy, 0, 255).astype(np.uint8), int(rng.integers(40, 96)))


def _moved(points: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    moved: NDArray[np.float32] = (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    return moved


def _box(outline: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    points = _moved(outline, matrix)
    return np.concatenate([points.min(0), np.ptp(points, axis=0)]).astype(np.float32)


def _within(boxes: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    limits = np.array([width, height], np.float32)
    low = np.clip(boxes[:, :2], 0, limits)
    high = np.clip(boxes[:, :2] + boxes[:, 2:], 0, limits)
    return np.concatenate([low, high - low], axis=1)


def _shared(box: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Of the smaller of two boxes, how much is within the other."""
    sides = np.minimum(box[:2] + box[2:], other[:2] + other[2:]) - np.maximum(box[:2], other[:2])
    return float(np.clip(sides, 0, None).prod() / min(box[2:].prod(), other[2:].prod()))


def _covered(cover: NDArray[np.float32], box: NDArray[np.float32]) -> float:
    x0, y0 = np.clip(np.floor(box[:2]), 0, None).astype(int)
    x1, y1 = np.ceil(box[:2] + box[2:]).astype(int)
    part = cover[y0:y1, x0:x1]
    return float(part.mean()) if part.size else 1.0
