"""A picture and the faces that are marked in it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Faces:
    """The n faces of a picture, in its pixels.

    ``boxes`` (n, 4) are x, y, width and height; ``landmarks`` (n, 5, 2) are in the order of ``Detections``, NaN where
    they are not marked; ``ignored`` (n,) are faces that need not be found and may be.
    """

    boxes: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    ignored: NDArray[np.bool_]

    @classmethod
    def of(cls, boxes: NDArray[np.floating], landmarks: NDArray[np.floating] | None = None) -> "Faces":
        """Faces none of which is ignored, without landmarks unless they are given."""
        count = len(boxes)
        points = np.full((count, 5, 2), np.nan) if landmarks is None else landmarks
        return cls(
            np.asarray(boxes, np.float32).reshape(count, 4),
            np.asarray(points, np.float32).reshape(count, 5, 2),
            np.zeros(count, np.bool_),
        )

    def __len__(self) -> int:
        return len(self.boxes)


class DetectionSet(Protocol):
    """Pictures in a fixed order. Small and picklable: it holds locations or seeds, not pictures."""

    name: str
    synthetic: bool

    def __len__(self) -> int: ...

    def picture(self, index: int) -> NDArray[np.uint8]:
        """The picture at ``index``, upright RGB (height, width, 3). AffectError naming one that cannot be read."""
        ...

    def faces(self, index: int) -> Faces:
        """The faces marked in it."""
        ...
