"""What SSH learns by: softmax of the hardest anchors, smooth L1 of boxes and landmarks (ICCV 2017, equation 1)."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from affect.detection.settings import DetectionObjective
from affect.detection.targets import FACE, Assigned, assign, borders, hardest, level_sides
from affect.faces.ssh.anchors import encode, encode_landmarks
from affect.faces.ssh.network import anchors_for
from affect.objectives.world import global_sum

BOX_SIGMA = 3.0
"""The authors'; see ``DetectionObjective.landmarks_sigma``."""


class SSHObjective:
    """The loss of the whole batch of all workers, for pictures (B, 3, height, width) of one size."""

    def __init__(self, settings: DetectionObjective, height: int, width: int) -> None:
        self.settings, self.size = settings, (height, width)
        self.sides = level_sides(height, width)
        self.anchors = anchors_for(height, width)
        self.allowed = borders(self.sides, settings.allowed_border)

    def __call__(self, outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss and its parts, of what SSH gives and what there is.

        ``targets``: ``boxes`` (B, n, 4) by edges, NaN beyond the picture's faces, ``landmarks`` (B, n, 5, 2), NaN where
        not marked, and ``ignored`` (B, n). Each part is the sum over the modules of the mean over those anchors of all
        workers' pictures that it concerns. All workers must call it, with any number of pictures.
        """
        anchors = self.anchors.to(outputs["scores"].device)
        sums = outputs["scores"].new_zeros((3, 2, len(self.sides)), dtype=torch.float64)
        for picture in range(len(outputs["scores"])):
            seen = {name: output[picture].double() for name, output in outputs.items()}
            there = ~targets["boxes"][picture, :, 0].isnan()
            known = {name: target[picture, there] for name, target in targets.items()}
            sums = sums + self._sums(seen, known, anchors)
        totals, counts = global_sum(sums).unbind(1)
        scores, boxes, landmarks = (totals / counts.clamp(min=1)).sum(1).unbind()
        weighted = self.settings.box_weight * boxes + self.settings.landmarks_weight * landmarks
        parts = {"scores": scores.detach(), "boxes": boxes.detach()}
        if "landmarks" in outputs:
            parts["landmarks"] = landmarks.detach()
        # Where no picture has a face some layers give nothing to the loss, and replicas wait for all their gradients.
        return scores + weighted + 0 * sum(output.sum() for output in outputs.values()), parts

    def _sums(self, seen: dict[str, Tensor], known: dict[str, Tensor], anchors: Tensor) -> Tensor:
        """Losses of one picture and how many anchors they are of: (part, loss or count, module)."""
        certainty = (seen["scores"][:, 1] - seen["scores"][:, 0]).detach()
        assigned = self._assigned(known)
        labels, meant = (tensor.to(certainty.device) for tensor in assigned)
        settings = self.settings
        chosen = hardest(labels, certainty, self.sides, settings.examples, settings.faces)
        faces = chosen & (labels == FACE)
        of_scores = torch.zeros_like(certainty)
        of_scores[chosen] = F.cross_entropy(seen["scores"][chosen], labels[chosen], reduction="none")
        of_boxes, of_landmarks = torch.zeros_like(certainty), torch.zeros_like(certainty)
        marked = torch.zeros_like(chosen)
        if faces.any():
            boxes = encode(known["boxes"][meant[faces]], anchors[faces])
            of_boxes[faces] = _smooth_l1(seen["boxes"][faces], boxes, BOX_SIGMA)
            if "landmarks" in seen:
                points = encode_landmarks(known["landmarks"][meant[faces]], anchors[faces])
                marked[faces] = ~points.isnan().any(1)
                of_landmarks[marked] = _smooth_l1(
                    seen["landmarks"][marked], points[marked[faces]], settings.landmarks_sigma
                )
        rows = [(of_scores, chosen), (of_boxes, faces), (of_landmarks, marked)]
        return torch.stack([torch.stack([self._by_level(loss), self._by_level(mask.double())]) for loss, mask in rows])

    def _assigned(self, known: dict[str, Tensor]) -> Assigned:
        settings = self.settings
        rules: dict[str, Any] = {name: getattr(settings, name) for name in ("positive", "negative", "forced")}
        boxes, ignored = known["boxes"].cpu(), known["ignored"].cpu()
        return assign(self.anchors, self.allowed, self.size, boxes, ignored, **rules)

    def _by_level(self, values: Tensor) -> Tensor:
        return torch.stack([part.sum() for part in torch.split(values, list(self.sides))])


def _smooth_l1(found: Tensor, meant: Tensor, sigma: float) -> Tensor:
    return F.smooth_l1_loss(found, meant.to(found), beta=sigma**-2, reduction="none").sum(1)
