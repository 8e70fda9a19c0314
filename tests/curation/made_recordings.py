"""Recordings whose people are bright red and blue squares, and a detector that finds those."""

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.faces.detector import Detections

HEIGHT, WIDTH = 144, 256
SIDE = 56

RED, BLUE, GREEN = (255, 0, 0), (0, 0, 255), (0, 255, 0)
GREY, PALE = (60, 60, 60), (200, 190, 170)


def scene(*people: tuple[tuple[int, int, int], int], ground: tuple[int, int, int] = GREY) -> NDArray[np.uint8]:
    """A picture of ``ground`` with a square for each colour and horizontal place of its left side."""
    picture = np.full((HEIGHT, WIDTH, 3), ground, np.uint8)
    for colour, left in people:
        picture[40 : 40 + SIDE, left : left + SIDE] = colour
    return picture


class Squares:
    """A ``Detector`` of saturated squares, whose colours compression changes a little."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self, picture: NDArray[np.uint8]) -> Detections:
        self.looks += 1
        boxes = []
        for channel in range(3):
            others = picture[:, :, [one for one in range(3) if one != channel]].max(axis=2).astype(int)
            mask = (picture[:, :, channel].astype(int) - others > 120).astype(np.uint8)
            if mask.sum() > 100:
                boxes.append(cv2.boundingRect(mask))
        count = len(boxes)
        return Detections(
            np.array(boxes, np.float32).reshape(-1, 4), np.ones(count, np.float32), np.zeros((count, 5, 2), np.float32)
        )
