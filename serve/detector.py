"""The part that finds faces."""

import threading

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.faces import load_detector
from affect.faces.detector import Detections
from affect.preprocessing.settings import DetectorSettings


class FaceDetector:
    """Finds faces, one picture at a time."""

    def __init__(self, settings: DetectorSettings, threads: int) -> None:
        cv2.setNumThreads(threads)
        self.detector = load_detector(settings)
        self.turn = threading.Lock()  # Serve calls from several threads, OpenCV's networks bear one

    def __call__(self, picture: NDArray[np.uint8]) -> Detections:
        with self.turn:
            return self.detector(picture)
