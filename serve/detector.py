"""The part that finds faces."""

import asyncio
import functools
import threading

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.faces import load_detector
from affect.faces.detector import Detections
from affect.models.predictor import crops
from affect.preprocessing.settings import AlignmentSettings, DetectorSettings

_KINDS = 4
"""Detectors that are kept; models mostly share one."""


class FaceDetector:
    """Finds faces, one picture at a time, by the detector that a model's description asks for."""

    def __init__(self, first: DetectorSettings, threads: int) -> None:
        cv2.setNumThreads(threads)
        self.detector = functools.lru_cache(_KINDS)(load_detector)
        self.detector(first)
        self.turn = threading.Lock()  # OpenCV's networks bear one thread

    async def __call__(self, picture: NDArray[np.uint8], settings: DetectorSettings) -> Detections:
        return await asyncio.to_thread(self._detect, picture, settings)

    async def cut(
        self, picture: NDArray[np.uint8], settings: DetectorSettings, alignment: AlignmentSettings
    ) -> tuple[Detections, NDArray[np.uint8]]:
        """The faces found, and what a model is to see of them (n, S, S, 3): so the picture goes no further."""
        return await asyncio.to_thread(self._cut, picture, settings, alignment)

    async def alive(self) -> None:
        """Answers."""

    def _detect(self, picture: NDArray[np.uint8], settings: DetectorSettings) -> Detections:
        with self.turn:
            return self.detector(settings)(picture)

    def _cut(
        self, picture: NDArray[np.uint8], settings: DetectorSettings, alignment: AlignmentSettings
    ) -> tuple[Detections, NDArray[np.uint8]]:
        found = self._detect(picture, settings)
        return found, crops(picture, found, alignment)
