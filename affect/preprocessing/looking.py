"""The faces of a picture, or of a video's pictures, cut out: found, or given by the corpus."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.corpora.corpus import Still
from affect.faces.alignment import align, coloured
from affect.faces.detector import Detections, Detector
from affect.faces.following import Following
from affect.faces.landmarks import five_of, nearest
from affect.faces.tracking import ShotChanges, Tracker
from affect.preprocessing.settings import Preprocessing

Points = Callable[[NDArray[np.uint8], NDArray[np.float32]], NDArray[np.float32]]
"""Finds the 68 landmarks (68, 2) of the face with five landmarks (5, 2) in a picture."""


@dataclass(frozen=True)
class Seen:
    """A face: its crop (size, size, 3), and where it was in the picture, in pixels, as far as that is known."""

    crop: NDArray[np.uint8]
    box: NDArray[np.float32]
    """x, y, width and height; of a crop that the corpus gives the whole of it."""
    score: float | None = None
    landmarks5: NDArray[np.float32] | None = None
    landmarks68: NDArray[np.float32] | None = None
    """Of a crop that the corpus gives in pixels of ``crop``."""


class Looker:
    """Cuts out faces as ``settings`` say."""

    def __init__(self, settings: Preprocessing, detector: Detector, points: Points | None = None) -> None:
        self.settings = settings
        self.detector = detector
        self.points = points

    def cut(self, picture: NDArray[np.uint8], found: Detections) -> list[Seen]:
        """Each of the faces ``found`` in ``picture``."""
        return [
            self._seen(picture, box, float(score), landmarks)
            for box, score, landmarks in zip(found.boxes, found.scores, found.landmarks, strict=True)
        ]

    def given(self, still: Still, picture: NDArray[np.uint8], *, cropped: bool) -> Seen | None:
        """The face that the corpus means, with what it gives of it; None where none is found.

        A crop is resized. Given landmarks tell how to cut; else a face is looked for: the one at the given box, or the
        largest.
        """
        if cropped and self.settings.given:
            return self._resized(picture, still.landmarks68)
        if still.landmarks68 is not None and self.settings.given:
            five = five_of(still.landmarks68)
            low, high = still.landmarks68.min(axis=0), still.landmarks68.max(axis=0)
            box = np.concatenate([low, high - low]) if still.box is None else np.asarray(still.box)
            crop = align(picture, five, self.settings.alignment)
            return Seen(crop, box.astype(np.float32), None, five, still.landmarks68)
        found = self.detector(picture)
        if not len(found):
            return None
        if still.box is not None:
            chosen = nearest(found, still.box)
        else:
            chosen = int(np.argmax(found.boxes[:, 2] * found.boxes[:, 3]))
        if chosen is None:
            return None
        return self._seen(picture, found.boxes[chosen], float(found.scores[chosen]), found.landmarks[chosen])

    def _seen(
        self, picture: NDArray[np.uint8], box: NDArray[np.float32], score: float, landmarks: NDArray[np.float32]
    ) -> Seen:
        crop = align(picture, landmarks, self.settings.alignment)
        return Seen(crop, box, score, landmarks, self.points(picture, landmarks) if self.points else None)

    def _resized(self, picture: NDArray[np.uint8], landmarks68: NDArray[np.float32] | None) -> Seen:
        size, (height, width) = self.settings.alignment.size, picture.shape[:2]
        interpolation = cv2.INTER_AREA if min(height, width) > size else cv2.INTER_LINEAR
        crop = coloured(cv2.resize(picture, (size, size), interpolation=interpolation), self.settings.alignment)
        box = np.array([0, 0, width, height], np.float32)
        if landmarks68 is not None:
            landmarks68 = landmarks68 * np.array([size / width, size / height], np.float32)
        return Seen(crop.astype(np.uint8), box, None, None, landmarks68)


def _untimed(stage: str) -> AbstractContextManager[None]:  # noqa: ARG001
    return nullcontext()


class Watch:
    """Looks at the consecutive frames of one video, and follows whom it sees through them."""

    def __init__(self, looker: Looker) -> None:
        self.looker = looker
        self.tracker = Tracker()
        self._shot_changes = ShotChanges()
        settings = looker.settings.detector
        self._find = looker.detector
        if settings.every > 1:
            self._find = Following(looker.detector, settings.every, settings.size)

    def __call__(
        self,
        frame: int,
        time_s: float,
        picture: NDArray[np.uint8],
        timed: Callable[[str], AbstractContextManager[None]] = _untimed,
    ) -> list[tuple[Seen, int]]:
        """The faces of the next frame, upright RGB (height, width, 3), each with its track.

        ``timed`` is told the stages "detect" and "align". Raises AffectError where a face cannot be aligned.
        """
        with timed("detect"):
            found = self._find(picture)
        cut = self._shot_changes(picture)
        with timed("align"):
            seen = self.looker.cut(picture, found)
        return self.follow(frame, time_s, seen, cut=cut)

    def follow(self, frame: int, time_s: float, seen: list[Seen], *, cut: bool) -> list[tuple[Seen, int]]:
        """The faces ``seen`` in the next frame, each with its track; after a ``cut`` nobody goes on."""
        boxes = np.stack([one.box for one in seen]) if seen else np.empty((0, 4), np.float32)
        return list(zip(seen, self.tracker.update(frame, time_s, boxes, cut), strict=True))
