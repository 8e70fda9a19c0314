"""The ArcFace loss: an angular margin on the target's cosine (BMVC 2019, eq 4)."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from affect.networks.spec import ArcFace, NetworkSpec
from affect.objectives.cross_entropy import CrossEntropy
from affect.objectives.soft_labels import SoftLabels


class ArcFaceLoss(CrossEntropy):
    """Cross entropy of s * psi(theta) for the labelled class and s * cos(theta) for the others.

    The expression head's outputs are cosines.
    """

    def __init__(self, arcface: ArcFace, soft: SoftLabels | None = None) -> None:
        super().__init__(soft)
        self.scale = arcface.scale
        self.margin = arcface.margin

    def logits(self, outputs: Tensor, labels: Tensor) -> Tensor:
        target = functional.one_hot(labels.clamp(min=0), outputs.shape[1]).bool()
        return self.scale * torch.where(target, with_margin(outputs, self.margin), outputs)

    def logarithms(self, outputs: Tensor) -> Tensor:
        # The margin is on the class in question, so that each has a softmax of its own.
        own = torch.eye(outputs.shape[1], dtype=torch.bool, device=outputs.device)
        logits = torch.where(own, with_margin(outputs, self.margin)[:, :, None], outputs[:, None, :])
        return (self.scale * logits).log_softmax(dim=2).diagonal(dim1=1, dim2=2)


def with_margin(cosine: Tensor, margin: float) -> Tensor:
    """psi(theta): cos(theta + m) up to theta = pi - m, and its reflection -2 - cos(theta + m) beyond.

    Continuous, smooth and decreasing in theta for every m in [0, pi). The usual fallback, cos(theta) - m sin(m) beyond
    pi - m, jumps up there for m > 2.33, while the paper searches m up to 3.
    """
    # The floor keeps the root's gradient finite at cosines of -1 and 1.
    sine = (1 - cosine.square()).clamp(min=1e-9).sqrt()
    moved = cosine * math.cos(margin) - sine * math.sin(margin)
    return torch.where(cosine >= -math.cos(margin), moved, -2 - moved)


def expression_scale(spec: NetworkSpec) -> float:
    """What the expression head's outputs are times to be logits: s where they are cosines, else 1."""
    return 1.0 if spec.arcface is None else spec.arcface.scale
