"""SSH as a detector: pictures of any size, looked at in one size or in several."""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.ops import nms

from affect.faces.detector import Detections, reduced
from affect.faces.landmarks import five_of
from affect.faces.landmarks68 import Landmarks68
from affect.faces.ssh.anchors import decode, decode_landmarks
from affect.faces.ssh.files import load_ssh
from affect.faces.ssh.network import SSH, anchors_for
from affect.preprocessing.settings import DetectorSettings

CANDIDATES = 3000
"""Of each size so many of the best places at most are looked at further (the authors' 1,000 of each module)."""


class SSHDetector:
    """A ``Detector``. Landmarks that the network does not find are those of the 68 that are found from the box."""

    def __init__(self, settings: DetectorSettings, network: SSH | None = None) -> None:
        """``network`` is used where it is given, on its device and in eval mode, else the file ``settings`` names.

        Raises AffectError, with the way to get some, where there are no weights.
        """
        self.settings = settings
        if network is None:
            network = load_ssh(settings.weights)
            network.to("cuda" if torch.cuda.is_available() else "cpu")
        self._network = network
        self._device = next(network.parameters()).device
        self._points = None if network.spec.landmarks else Landmarks68()

    def __call__(self, picture: NDArray[np.uint8]) -> Detections:
        height, width = picture.shape[:2]
        small, _ = reduced(picture, self.settings.size)
        found = [self._look(_resized(small, factor), width, height) for factor in self.settings.pyramid]
        boxes, scores, landmarks = (torch.cat(parts) for parts in zip(*found, strict=True))
        limits = boxes.new_tensor([width, height])
        boxes = torch.cat([boxes[:, :2].clamp(min=0).minimum(limits), boxes[:, 2:].clamp(min=0).minimum(limits)], 1)
        whole = torch.nonzero((boxes[:, 2:] - boxes[:, :2] >= 1).all(1))[:, 0]
        kept = whole[nms(boxes[whole], scores[whole], self.settings.overlap)]
        edges, points = boxes[kept].numpy(), landmarks[kept].numpy()
        told = np.concatenate([edges[:, :2], edges[:, 2:] - edges[:, :2]], axis=1)
        if self._points is not None:
            points = np.array([five_of(self._points(picture, box)) for box in told], np.float32).reshape(-1, 5, 2)
        return Detections(told, scores[kept].numpy(), points)

    @torch.inference_mode()
    def _look(self, picture: NDArray[np.uint8], width: int, height: int) -> tuple[Tensor, Tensor, Tensor]:
        """Edges, scores and landmarks of what may be faces, in pixels of the picture ``width`` by ``height``."""
        pixels = torch.from_numpy(np.ascontiguousarray(picture)).to(self._device).permute(2, 0, 1)[None]
        outputs = {name: output[0].float() for name, output in self._network(pixels).items()}
        scores = outputs["scores"].softmax(1)[:, 1]
        likely = torch.nonzero(scores >= self.settings.score)[:, 0]
        likely = likely[scores[likely].argsort(descending=True, stable=True)[:CANDIDATES]]
        anchors = anchors_for(*picture.shape[:2]).to(self._device)[likely]
        factor = anchors.new_tensor([width / picture.shape[1], height / picture.shape[0]])
        boxes = decode(outputs["boxes"][likely], anchors) * factor.repeat(2)
        points = boxes.new_full((len(likely), 5, 2), torch.nan)
        if "landmarks" in outputs:
            points = decode_landmarks(outputs["landmarks"][likely], anchors) * factor
        return boxes.cpu(), scores[likely].cpu(), points.cpu()


def _resized(picture: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    if size == (width, height):
        return picture
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    resized: NDArray[np.uint8] = cv2.resize(picture, size, interpolation=way)
    return resized
