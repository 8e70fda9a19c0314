"""What every face detector gives."""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Detections:
    """The faces of one picture, best score first, in pixels of the picture given.

    ``boxes`` (n, 4) are x, y, width and height within the picture; ``landmarks`` (n, 5, 2) are x, y of the eyes, the
    nose and the corners of the mouth, the one further left in the picture first.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    landmarks: NDArray[np.float32]

    @classmethod
    def none(cls) -> "Detections":
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty((0, 5, 2), np.float32))

    def __len__(self) -> int:
        return len(self.scores)


class Detector(Protocol):
    """Finds the faces of an upright RGB picture (height, width, 3)."""

    def __call__(self, picture: NDArray[np.uint8]) -> Detections: ...


def reduced(picture: NDArray[np.uint8], size: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The picture with its longer side no longer than ``size``, and the factor (x, y) from there back."""
    height, width = picture.shape[:2]
    scale = min(1.0, size / max(height, width))
    if scale < 1:
        target = max(1, round(width * scale)), max(1, round(height * scale))
        picture = cv2.resize(picture, target, interpolation=cv2.INTER_AREA)
    return picture, np.array([width / picture.shape[1], height / picture.shape[0]], np.float32)
