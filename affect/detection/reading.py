"""What a detector's training reads: which pictures make each step, and how a picture becomes one of a step's."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.detection.annotated import DetectionSet, Faces
from affect.detection.cutouts import MIRROR
from affect.detection.scenes import Scenes
from affect.detection.settings import DetectionAugmentation, DetectorConfig
from affect.detection.wider_face import Split, WiderFace
from affect.errors import AffectError

Batch = dict[str, NDArray[np.generic]]
"""``pictures`` (b, S, S, 3) uint8, ``boxes`` (b, n, 4) by edges, ``landmarks`` (b, n, 5, 2) and ``ignored`` (b, n)."""


def sets_of(config: DetectorConfig, *, validation: bool = False) -> list[DetectionSet]:
    """What a run learns from, or what it is measured on. Raises AffectError where a folder is not what it should be."""
    split: Split = "val" if validation else "train"
    sets: list[DetectionSet] = [WiderFace(one.root, split, landmarks=one.landmarks) for one in config.wider]
    if config.scenes is not None:
        length = config.validation_pictures if validation else config.scenes_per_epoch
        sets.append(Scenes(config.scenes, split, length))
    if not sets:
        raise AffectError(f"{config.recipe} has nothing to learn from: give --wider FOLDER, or --set 'scenes={{}}'")
    return sets


@dataclass(frozen=True)
class DetectionPlan:
    """Which pictures make the batch of each step: a function of (seed, epoch, step), whoever reads them.

    An epoch has every picture once, and other scenes each time; what does not fill a batch is left out.
    """

    lengths: tuple[int, ...]
    endless: tuple[bool, ...]
    batch: int
    seed: int

    @classmethod
    def of(cls, config: DetectorConfig, sets: Sequence[DetectionSet]) -> "DetectionPlan":
        endless = tuple(isinstance(one, Scenes) for one in sets)
        return cls(tuple(map(len, sets)), endless, config.batch, config.seed)

    @property
    def steps_per_epoch(self) -> int:
        return max(1, sum(self.lengths) // self.batch)

    def pictures(self, epoch: int, step: int) -> list[tuple[int, int]]:
        """Set and index of each picture of a step."""
        order = np.random.default_rng([self.seed, 31, epoch]).permutation(sum(self.lengths))
        chosen = np.resize(order, self.steps_per_epoch * self.batch)[step * self.batch : (step + 1) * self.batch]
        begins = np.cumsum([0, *self.lengths])
        places = []
        for number in chosen.tolist():
            one = int(np.searchsorted(begins, number, side="right")) - 1
            index = number - int(begins[one])
            places.append((one, index + epoch * self.lengths[one] * self.endless[one]))
        return places


def read_step(
    config: DetectorConfig,
    plan: DetectionPlan,
    sets: Sequence[DetectionSet],
    place: tuple[int, int],
    share: tuple[int, int] = (0, 1),
) -> Batch:
    """A worker's part of the step at ``place`` (epoch, step); its ``share`` is (rank, workers)."""
    (epoch, step), (rank, world) = place, share
    pictures = plan.pictures(epoch, step)
    read = []
    for number in range(len(pictures) * rank // world, len(pictures) * (rank + 1) // world):
        one, index = pictures[number]
        picture, faces = sets[one].picture(index), sets[one].faces(index)
        if not plan.endless[one]:
            rng = np.random.default_rng([config.seed, 32, epoch, step, number])
            picture, faces = augmented(picture, faces, config.augmentation, config.side, rng)
        read.append((picture, faces))
    return collate(read)


def augmented(
    picture: NDArray[np.uint8], faces: Faces, settings: DetectionAugmentation, side: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], Faces]:
    """A random square of ``picture``, ``side`` pixels wide, and the faces whose middle is in it, in its pixels."""
    height, width = picture.shape[:2]
    part = max(1.0, rng.uniform(settings.smallest, 1) * min(height, width))
    corner = np.array([rng.uniform(0, width - part), rng.uniform(0, height - part)])
    scale = side / part
    matrix = np.column_stack([np.eye(2) * scale, -corner * scale])
    square = _resampled(picture, corner, part, side)
    middles = (faces.boxes[:, :2] + faces.boxes[:, 2:] / 2 - corner) / part
    within = ((middles >= 0) & (middles < 1)).all(1)
    boxes = faces.boxes[within] * scale
    boxes[:, :2] += matrix[:, 2]
    landmarks = faces.landmarks[within] * scale + matrix[:, 2]
    if settings.flip and rng.random() < 0.5:
        square = np.ascontiguousarray(square[:, ::-1])
        boxes[:, 0] = side - boxes[:, 0] - boxes[:, 2]
        landmarks[..., 0] = side - landmarks[..., 0]
        landmarks = landmarks[:, MIRROR]
    if settings.light:
        contrast, brightness = 1 + rng.uniform(-settings.light, settings.light, 2)
        lit = (square.astype(np.float32) - 127.5) * contrast + 127.5 * brightness
        square = np.clip(lit, 0, 255).astype(np.uint8)
    tiny = boxes[:, 2:].min(1, initial=np.inf) < settings.least
    return square, Faces(boxes.astype(np.float32), landmarks.astype(np.float32), faces.ignored[within] | tiny)


def _resampled(picture: NDArray[np.uint8], corner: NDArray[np.float64], part: float, side: int) -> NDArray[np.uint8]:
    """The square of ``part`` pixels at ``corner``, enlarged or averaged down to ``side``."""
    scale = side / part
    if scale < 1:  # whole pixels first, which are averaged; what is left is less than one
        size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
        factor = np.array(size) / np.array(picture.shape[1::-1])
        picture, corner = cv2.resize(picture, size, interpolation=cv2.INTER_AREA), corner * factor
        matrix = np.column_stack([np.diag(scale / factor), -corner * scale / factor])
    else:
        matrix = np.column_stack([np.eye(2) * scale, -corner * scale])
    matrix[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5  # pixels' middles are half a pixel in
    square: NDArray[np.uint8] = cv2.warpAffine(
        picture, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return square


def collate(read: Sequence[tuple[NDArray[np.uint8], Faces]]) -> Batch:
    """Pictures of one size and their faces as arrays; NaN stands where a picture has fewer faces than another."""
    most = max((len(faces) for _, faces in read), default=0)
    boxes = np.full((len(read), most, 4), np.nan, np.float32)
    landmarks = np.full((len(read), most, 5, 2), np.nan, np.float32)
    ignored = np.zeros((len(read), most), np.bool_)
    for place, (_, faces) in enumerate(read):
        count = len(faces)
        boxes[place, :count, :2] = faces.boxes[:, :2]
        boxes[place, :count, 2:] = faces.boxes[:, :2] + faces.boxes[:, 2:]
        landmarks[place, :count], ignored[place, :count] = faces.landmarks, faces.ignored
    pictures = np.stack([picture for picture, _ in read])
    return {"pictures": pictures, "boxes": boxes, "landmarks": landmarks, "ignored": ignored}
