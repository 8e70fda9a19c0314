"""The first of two passes over a recording: its scenes, and the faces in them."""

from array import array
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect import AdaptiveDetector, FrameTimecode

from affect.curation.people import Look
from affect.curation.plan import Watched
from affect.curation.settings import CurationSettings
from affect.errors import AffectError
from affect.faces.detector import Detector, reduced
from affect.media.video import frames

CUT_WINDOW = 5
"""Frames before and after that a change is compared with. With scenedetect's 2, a black frame between two scenes, which
is two changes, hid one of them."""

CUT_SIZE = 256
"""Longer side of the pictures that cuts are found in, about what scenedetect itself reduces to."""


class Cuts:
    """The first frames of scenes, as scenedetect's AdaptiveDetector finds them: fast motion is not taken for a cut."""

    def __init__(self, settings: CurationSettings) -> None:
        # No least length: of two near cuts it would drop the second, and two scenes would be one.
        self._detector = AdaptiveDetector(
            adaptive_threshold=settings.cut_ratio,
            min_content_val=settings.cut_difference,
            min_scene_len=0,
            window_width=CUT_WINDOW,
        )
        self._last: tuple[int, NDArray[np.uint8]] | None = None

    def __call__(self, frame: int, picture: NDArray[np.uint8]) -> list[int]:
        """Cuts that are certain with the next upright RGB ``picture``, CUT_WINDOW behind ``frame``."""
        self._last = frame, cv2.cvtColor(reduced(picture, CUT_SIZE)[0], cv2.COLOR_RGB2BGR)
        return self._process(*self._last)

    def rest(self) -> list[int]:
        """Cuts among the last frames, found as if the last picture stood still."""
        if self._last is None:
            return []
        frame, picture = self._last
        return [cut for more in range(1, CUT_WINDOW + 1) for cut in self._process(frame + more, picture)]

    def _process(self, frame: int, picture: NDArray[np.uint8]) -> list[int]:
        # Only compared with each other, so that any rate will do.
        return [cut.frame_num for cut in self._detector.process_frame(FrameTimecode(frame, fps=30.0), picture)]


def watch(
    media: Path, settings: CurationSettings, detector: Detector, start_s: float = 0.0, end_s: float | None = None
) -> Watched:
    """Look through ``media`` from ``start_s`` to ``end_s``, both in seconds after the first frame.

    Raises AffectError for a file that cannot be read so far, whose picture changes its size, or with no frame between.
    """
    times, begin, after = array("d"), None, 0.0
    cuts, found, looks = Cuts(settings), list[int](), list[Look]()
    shape: tuple[int, ...] | None = None
    for frame in frames(media):
        if end_s is not None and frame.time_s >= end_s:
            after = frame.time_s
            break
        times.append(frame.time_s)
        after = frame.time_s + frame.duration_s
        if frame.time_s < start_s:
            continue
        begin = frame.index if begin is None else begin
        shape = frame.picture.shape if shape is None else shape
        if frame.picture.shape != shape:
            raise AffectError(f"{media.name} changes the size of its picture at {frame.time_s:.2f} s; convert it first")
        new = cuts(frame.index, frame.picture)
        found += new
        if not looks or new or frame.time_s - looks[-1].time_s >= 1 / settings.looks_per_s - 1e-6:
            looks.append(Look(frame.index, frame.time_s, detector(frame.picture).boxes))
    if begin is None or shape is None:
        raise AffectError(
            f"{media.name} has no frame between {start_s:g} s and {end_s or after:g} s; mend the trim list"
        )
    found += cuts.rest()
    return Watched(np.append(np.frombuffer(times), after), begin, found, looks, (shape[1], shape[0]))
