"""The part that decodes pictures and finds faces."""

import asyncio
import functools
import threading
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.faces import load_detector
from affect.faces.detector import Detections
from affect.models.predictor import crops
from affect.preprocessing.settings import AlignmentSettings, DetectorSettings
from serve.body import decode_body
from serve.problems import ProblemError
from serve.settings import Limits

_KINDS = 4
"""Detectors that are kept; models mostly share one."""


@dataclass(frozen=True)
class Cut:
    """The faces of a picture, what a model is to see of them (n, S, S, 3), and the picture's size."""

    found: Detections
    crops: NDArray[np.uint8]
    width: int
    height: int


class FaceDetector:
    """Finds faces, one picture at a time, by the detector that a model's description asks for."""

    def __init__(self, first: DetectorSettings, threads: int, limits: Limits) -> None:
        cv2.setNumThreads(threads)
        self.detector = functools.lru_cache(_KINDS)(load_detector)
        self.detector(first)
        self.limits = limits
        self.turn = threading.Lock()  # OpenCV's networks bear one thread, and memory not many pictures

    async def __call__(self, picture: NDArray[np.uint8], settings: DetectorSettings) -> Detections:
        return await asyncio.to_thread(self._detect, picture, settings)

    async def cut(self, body: bytes, settings: DetectorSettings, alignment: AlignmentSettings) -> Cut | ProblemError:
        """The faces of an encoded picture, which is decoded here alone, and goes no further.

        A fault of the body is returned: raised, it would stand in the log as one of the server.
        """
        return await asyncio.to_thread(self._cut, body, settings, alignment)

    async def alive(self) -> None:
        """Answers."""

    def _detect(self, picture: NDArray[np.uint8], settings: DetectorSettings) -> Detections:
        with self.turn:
            return self.detector(settings)(picture)

    def _cut(self, body: bytes, settings: DetectorSettings, alignment: AlignmentSettings) -> Cut | ProblemError:
        with self.turn:
            try:
                picture = decode_body(body, self.limits)
            except ProblemError as fault:
                return fault
            found = self.detector(settings)(picture)
            height, width = picture.shape[:2]
            return Cut(found, crops(picture, found, alignment), width, height)
