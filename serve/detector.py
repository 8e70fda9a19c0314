"""The part that finds faces."""

import functools
import threading

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.faces import load_detector
from affect.faces.detector import Detections
from affect.preprocessing.settings import DetectorSettings

_KINDS = 4
"""Detectors that are kept; models mostly share one."""


class FaceDetector:
    """Finds faces, one picture at a time, by the detector that a model's description asks for."""

    def __init__(self, first: DetectorSettings, threads: int) -> None:
        cv2.setNumThreads(threads)
        self.detector = functools.lru_cache(_KINDS)(load_detector)
        self.detector(first)
        self.turn = threading.Lock()  # Serve calls from several threads, OpenCV's networks bear one

    def __call__(self, picture: NDArray[np.uint8], settings: DetectorSettings) -> Detections:
        with self.turn:
            return self.detector(settings)(picture)

    def alive(self) -> None:
        """Answers."""
