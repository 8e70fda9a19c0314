"""A set of pictures that a network learns to find its way in within seconds."""

import numpy as np

from affect.detection.annotated import Faces


class Squares:
    """Light squares of two sizes on dark noise stand for faces, their corners for landmarks."""

    name, synthetic = "squares", True

    def __len__(self) -> int:
        return 16

    def _rng(self, index: int) -> tuple[np.random.Generator, np.ndarray]:
        rng = np.random.default_rng(index)
        side = float(rng.choice((16, 32)))
        return rng, np.array([*np.floor(rng.uniform(0, 64 - side, 2)), side, side])

    def picture(self, index: int) -> np.ndarray:
        rng, (x, y, w, h) = self._rng(index)
        picture = rng.integers(0, 60, (64, 64, 3)).astype(np.uint8)
        picture[int(y) : int(y + h), int(x) : int(x + w)] += 150
        return picture

    def faces(self, index: int) -> Faces:
        _, box = self._rng(index)
        corners = np.array([[0, 0], [1, 0], [0.5, 0.5], [0, 1], [1, 1]])
        return Faces.of(box[None], (box[:2] + corners * box[2:])[None])
