"""Faces followed between detections, so that not every frame of a video pays for one.

Points on and around each landmark are followed by pyramidal Lucas-Kanade flow in the reduced grey picture, forward and
back (Kalal et al. 2010, "Forward-Backward Error"). A landmark moves by the median of its points; the box by the
similarity transform that all points agree on. Whenever that is unsure, the detector looks.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.faces.alignment import similarity
from affect.faces.detector import Detections, Detector, reduced
from affect.faces.tracking import ShotChanges

REACH = 0.25
"""Distance of a landmark's outer points from it, in distances between the eyes."""

GRID = np.array([[x, y] for y in (-1, 0, 1) for x in (-1, 0, 1)], np.float32) * REACH

RETURN = 0.03
"""A point that comes back further from where it began, in distances between the eyes, is lost."""

RETURN_PIXELS = 0.5

ENOUGH = 0.5
"""Part of each landmark's points that must not be lost."""

BENT = 0.12
"""Mean distance, in distances between the eyes, that landmarks may move other than by one similarity transform."""

MOVED = 0.5
"""Motion within one frame, in distances between the eyes, that is too fast to be followed."""

ALIKE = 0.7
"""Least correlation of the face's pixels with those of the frame before."""

PATCH = 24

FLOW: dict[str, Any] = {
    "winSize": (15, 15),
    "maxLevel": 3,
    "criteria": (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.01),
}


class Following:
    """A ``Detector`` for the consecutive frames of one video that looks at each ``every``-th and follows in between.

    It also looks where a shot begins and where following is unsure. A face that enters is found at the next look,
    ``every`` - 1 frames later at most. Followed faces keep the score of their detection.
    """

    def __init__(self, detector: Detector, every: int, size: int = 640) -> None:
        if every < 1:
            raise AffectError(f"faces are looked for in each frame or each n-th; {every} is neither")
        self.detector, self.every, self.size = detector, every, size
        self.looks = 0
        """Pictures that the detector has looked at so far."""
        self.reset()

    def reset(self) -> None:
        """Forget the frames seen: another video begins."""
        self._grey: NDArray[np.uint8] | None = None
        self._found = Detections.none()
        self._age = 0
        self._changes = ShotChanges()

    def __call__(self, picture: NDArray[np.uint8]) -> Detections:
        if self.every == 1:
            self.looks += 1
            return self.detector(picture)
        small, factor = reduced(picture, self.size)
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        before, cut = self._grey, self._changes(small)
        self._age += 1
        followed = None
        if before is not None and before.shape == grey.shape and not cut and self._age < self.every:
            followed = follow(before, grey, self._found, factor)
        if followed is None:
            followed, self._age = self.detector(picture), 0
            self.looks += 1
        self._grey, self._found = grey, followed
        return followed


def follow(
    before: NDArray[np.uint8], after: NDArray[np.uint8], found: Detections, factor: NDArray[np.float32]
) -> Detections | None:
    """Where the faces of one grey picture (height, width) are in the next; None when that is unsure for any of them.

    ``found`` is in pixels that are ``factor`` (x, y) smaller than those of the pictures.
    """
    if not len(found):
        return found
    landmarks, boxes = found.landmarks / factor, found.boxes / np.tile(factor, 2)
    # About the distance between the eyes, which a profile hides.
    scale = 0.4 * np.sqrt(boxes[:, 2:].prod(axis=1))
    moves = _moves(before, after, landmarks, scale)
    if moves is None:
        return None
    moved = landmarks + moves
    limits = np.array([after.shape[1], after.shape[0]], np.float32)
    if (moved < 0).any() or (moved > limits).any():
        return None
    followed = np.empty_like(boxes)
    for number, box in enumerate(boxes):
        matrix = similarity(landmarks[number], moved[number])
        bend = landmarks[number] @ matrix[:, :2].T + matrix[:, 2] - moved[number]
        if np.hypot(*bend.T).mean() > BENT * scale[number]:
            return None
        centre = matrix[:, :2] @ (box[:2] + box[2:] / 2) + matrix[:, 2]
        size = box[2:] * np.hypot(matrix[0, 0], matrix[1, 0])
        low, high = np.clip(centre - size / 2, 0, limits), np.clip(centre + size / 2, 0, limits)
        followed[number] = *low, *(high - low)
        if (high - low < 1).any() or _likeness(before, box, after, followed[number]) < ALIKE:
            return None
    return Detections(
        (followed * np.tile(factor, 2)).astype(np.float32), found.scores, (moved * factor).astype(np.float32)
    )


def _moves(
    before: NDArray[np.uint8], after: NDArray[np.uint8], landmarks: NDArray[np.float32], scale: NDArray[np.float32]
) -> NDArray[np.float32] | None:
    """How far each landmark (n, 5, 2) went: the median of the points around it that were not lost."""
    start = (landmarks[:, :, None] + GRID * scale[:, None, None, None]).reshape(-1, 1, 2).astype(np.float32)
    end, seen, _ = cv2.calcOpticalFlowPyrLK(before, after, start, None, **FLOW)
    back, seen_back, _ = cv2.calcOpticalFlowPyrLK(after, before, end, None, **FLOW)
    per_face = (*landmarks.shape[:2], len(GRID))
    amiss = np.hypot(*(back - start).reshape(-1, 2).T).reshape(per_face)
    kept = (seen & seen_back).astype(bool).reshape(per_face)
    kept &= amiss <= np.maximum(RETURN_PIXELS, RETURN * scale)[:, None, None]
    if (kept.mean(axis=2) < ENOUGH).any():
        return None
    steps = np.where(kept[..., None], (end - start).reshape(*per_face, 2), np.nan)
    moves: NDArray[np.float32] = np.nanmedian(steps, axis=2)
    if (np.hypot(moves[..., 0], moves[..., 1]) > MOVED * scale[:, None]).any():
        return None
    return moves


def _likeness(
    before: NDArray[np.uint8], box: NDArray[np.float32], after: NDArray[np.uint8], later: NDArray[np.float32]
) -> float:
    """Correlation of what two boxes show, 1 for the same up to brightness and contrast."""
    one, other = (_patch(picture, place) for picture, place in ((before, box), (after, later)))
    return float(cv2.matchTemplate(one, other, cv2.TM_CCOEFF_NORMED)[0, 0])


def _patch(picture: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.uint8]:
    x, y, width, height = np.rint(box).astype(int)
    part = picture[y : y + max(1, height), x : x + max(1, width)]
    patch: NDArray[np.uint8] = cv2.resize(part, (PATCH, PATCH), interpolation=cv2.INTER_AREA)
    return patch
