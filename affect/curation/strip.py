"""A few pictures of a clip side by side with the boxes of its people: enough to see whether the cut was right."""

from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

PICTURES = 8
HEIGHT = 144
COLOURS = {"main": (80, 220, 80), "left": (255, 170, 0), "right": (0, 170, 255)}


class Strip:
    """Gathers every so many frames of a clip of ``count``; ``tracks`` are rows of TRACKS."""

    def __init__(self, count: int, tracks: pa.Table) -> None:
        self._wanted = set(np.linspace(0, count - 1, PICTURES).round().astype(int).tolist())
        self._boxes: dict[int, list[dict[str, Any]]] = {}
        for row in tracks.to_pylist():
            if row["frame"] in self._wanted:
                self._boxes.setdefault(row["frame"], []).append(row)
        self._pictures: list[NDArray[np.uint8]] = []

    def add(self, frame: int, picture: NDArray[np.uint8]) -> None:
        """The clip's next frame, RGB."""
        if frame not in self._wanted:
            return
        scale = HEIGHT / picture.shape[0]
        size = max(1, round(picture.shape[1] * scale)), HEIGHT
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        for row in self._boxes.get(frame, ()):
            x, y, width, height = (round(value * scale) for value in row["box"])
            cv2.rectangle(small, (x, y), (x + width, y + height), COLOURS[row["person"]], 2)
        self._pictures.append(small)

    def picture(self) -> NDArray[np.uint8]:
        """All of them in a row, RGB."""
        return np.concatenate(self._pictures, axis=1)
