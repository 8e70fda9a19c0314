"""What every face detector gives."""

from dataclasses import dataclass
from typing import Protocol

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
