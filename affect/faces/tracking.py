"""Which detections of successive frames are one person's."""

from array import array
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

MAX_GAP_S = 0.5
"""A face that is missed for longer starts a new track."""

MIN_OVERLAP = 0.2
"""Intersection over union at which a box certainly goes on with a track."""

MAX_SHIFT = 0.5
"""Distance of centres, in box sizes, up to which boxes that hardly overlap may still be one face in fast motion."""

MAX_GROWTH = 1.8

CUT_DIFFERENCE = 20.0
"""Mean difference of thumbnails, of 255: motion stayed below 13 in the clips looked at, cuts gave 25 and more."""

CUT_COLOURS = 0.75
"""Shared part of the two colour histograms: motion kept above 0.89, cuts gave 0.7 and less."""


@dataclass
class Track:
    """One face followed: where and how large it was, by frame. Sizes and places are in pixels of the upright frame."""

    number: int
    frames: "array[int]" = field(default_factory=lambda: array("i"))
    area: float = 0.0  # sum over frames
    centre: float = 0.0  # sum over frames of the horizontal place

    @property
    def mean_area(self) -> float:
        return self.area / len(self.frames)

    @property
    def mean_centre(self) -> float:
        return self.centre / len(self.frames)


class Tracker:
    """Follows faces frame by frame; ``tracks`` holds all that were seen, ``tracks[k].number == k``."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._live: list[tuple[int, NDArray[np.float32], float]] = []  # track, last box, when

    def update(self, frame: int, time_s: float, boxes: NDArray[np.float32], cut: bool = False) -> list[int]:
        """The track of each box (n, 4) of the next frame. After a ``cut`` nobody goes on."""
        live = [] if cut else [entry for entry in self._live if time_s - entry[2] <= MAX_GAP_S]
        numbers = [-1] * len(boxes)
        if live and len(boxes):
            cost = _costs(np.stack([box for _, box, _ in live]), boxes)
            for row, column in zip(*linear_sum_assignment(cost), strict=True):
                if cost[row, column] < 1:
                    numbers[column] = live[row][0]
        for index, box in enumerate(boxes):
            if numbers[index] < 0:
                numbers[index] = len(self.tracks)
                self.tracks.append(Track(numbers[index]))
            track = self.tracks[numbers[index]]
            track.frames.append(frame)
            track.area += float(box[2] * box[3])
            track.centre += float(box[0] + box[2] / 2)
        seen = [(number, box, time_s) for number, box in zip(numbers, boxes, strict=True)]
        self._live = seen + [entry for entry in live if entry[0] not in numbers]
        return numbers


class ShotChanges:
    """Tells at which frames the picture changes all at once."""

    def __init__(self) -> None:
        self._last: tuple[NDArray[np.int16], NDArray[np.float32]] | None = None

    def __call__(self, picture: NDArray[np.uint8]) -> bool:
        """Whether ``picture``, the next upright RGB frame, begins another shot."""
        small = cv2.resize(picture, (32, 18), interpolation=cv2.INTER_AREA)
        hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
        colours = cv2.calcHist([hsv], [0, 1, 2], None, [8, 4, 4], [0, 180, 0, 256, 0, 256]) / (32 * 18)
        last, self._last = self._last, (small.astype(np.int16), colours)
        if last is None:
            return False
        changed = np.abs(self._last[0] - last[0]).mean() > CUT_DIFFERENCE
        return bool(changed and np.minimum(colours, last[1]).sum() < CUT_COLOURS)


def _costs(tracks: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    """(tracks, boxes): 0 for the same box, 1 and more for boxes that cannot be one face."""
    before, after = tracks[:, None].astype(np.float64), boxes[None].astype(np.float64)
    low = np.maximum(before[..., :2], after[..., :2])
    high = np.minimum(before[..., :2] + before[..., 2:], after[..., :2] + after[..., 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=-1)
    areas = np.prod(before[..., 2:], axis=-1), np.prod(after[..., 2:], axis=-1)
    overlap = shared / (areas[0] + areas[1] - shared)
    middle = before[..., :2] + before[..., 2:] / 2 - after[..., :2] - after[..., 2:] / 2
    size = np.sqrt(np.sqrt(areas[0] * areas[1]))
    shift = np.hypot(middle[..., 0], middle[..., 1]) / size
    growth = np.sqrt(np.maximum(areas[0], areas[1]) / np.minimum(areas[0], areas[1]))
    alike = (overlap >= MIN_OVERLAP) | ((shift <= MAX_SHIFT) & (growth <= MAX_GROWTH))
    return np.where(alike, 0.5 * (1 - overlap) + 0.25 * np.minimum(shift, 1), 10.0)
