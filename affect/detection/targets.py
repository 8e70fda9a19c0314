"""Which anchors are to find which faces, and which of them a step learns from (SSH, ICCV 2017, section 3.4)."""

from typing import NamedTuple

import torch
from torch import Tensor
from torchvision.ops import box_iou

from affect.faces.ssh.anchors import LEVELS

LEFT_OUT, BACKGROUND, FACE = -1, 0, 1


class Assigned(NamedTuple):
    """Of A anchors: LEFT_OUT, BACKGROUND or FACE, and the face that is meant where it is FACE."""

    labels: Tensor
    faces: Tensor


def borders(sides: tuple[int, ...], allowed: tuple[int, ...]) -> Tensor:
    """By how many pixels each anchor may leave the picture, of the anchors of each level and what each is allowed."""
    return torch.tensor(allowed, dtype=torch.float32).repeat_interleave(torch.tensor(sides))


def assign(
    anchors: Tensor,
    allowed: Tensor,
    size: tuple[int, int],
    boxes: Tensor,
    ignored: Tensor,
    *,
    positive: float = 0.5,
    negative: float = 0.3,
    forced: bool = False,
) -> Assigned:
    """Assign ``anchors`` (A, 4) of a picture of ``size`` (height, width) to ``boxes`` (n, 4), both by edges.

    An anchor whose best intersection over union with a face is at least ``positive`` is to find it; below
    ``negative`` it is background; what lies between takes no part, nor do anchors that leave the picture by more than
    ``allowed`` (A,), nor background anchors of which more than half, or more than ``negative`` by intersection over
    union, is one of the faces that are ``ignored`` (n,). ``forced`` also gives every face the anchor that is best for
    it, however little they share.
    """
    height, width = size
    inside = (anchors[:, :2] >= -allowed[:, None]).all(1)
    inside &= (anchors[:, 2] <= width + allowed) & (anchors[:, 3] <= height + allowed)
    labels = torch.full((len(anchors),), BACKGROUND)
    meant = torch.zeros(len(anchors), dtype=torch.long)
    numbers = torch.nonzero(~ignored)[:, 0]
    if len(numbers):
        overlaps = box_iou(anchors, boxes[numbers])
        best, which = overlaps.max(1)
        labels[best >= negative] = LEFT_OUT
        labels[best >= positive] = FACE
        if forced:
            # Of anchors that leave the picture none is trained: it would give its face to nobody.
            most, anchor = torch.where(inside[:, None], overlaps, -1.0).max(0)
            labels[anchor[most > 0]] = FACE
            which[anchor[most > 0]] = torch.arange(len(numbers))[most > 0]
        meant = numbers[which]
    labels[(labels == BACKGROUND) & _on_ignored(anchors, boxes[ignored], negative)] = LEFT_OUT
    labels[~inside] = LEFT_OUT
    return Assigned(labels, meant)


def hardest(labels: Tensor, certainty: Tensor, sides: tuple[int, ...], examples: int, faces: float) -> Tensor:
    """Which anchors (A,) a step learns from: online hard example mining, level by level of one picture.

    ``certainty`` (A,) is how surely the network takes each for a face. Of each level at most ``faces`` * ``examples``
    anchors that are FACE, those least taken for one, and of BACKGROUND those most taken for one, ``examples`` in all.
    """
    chosen = torch.zeros(len(labels), dtype=torch.bool, device=labels.device)
    begin = 0
    for count in sides:
        level = slice(begin, begin + count)
        found = torch.nonzero(labels[level] == FACE)[:, 0]
        found = _largest(found, -certainty[level], int(faces * examples))
        empty = torch.nonzero(labels[level] == BACKGROUND)[:, 0]
        empty = _largest(empty, certainty[level], examples - len(found))
        chosen[begin + torch.cat([found, empty])] = True
        begin += count
    return chosen


def level_sides(height: int, width: int) -> tuple[int, ...]:
    """How many anchors each level has for a picture of this size, in the order of ``anchors_for``."""
    return tuple(len(one.scales) * -(-height // one.stride) * -(-width // one.stride) for one in LEVELS)


def _largest(numbers: Tensor, values: Tensor, most: int) -> Tensor:
    return numbers if len(numbers) <= most else numbers[values[numbers].topk(most).indices]


def _on_ignored(anchors: Tensor, boxes: Tensor, negative: float) -> Tensor:
    if not len(boxes):
        return torch.zeros(len(anchors), dtype=torch.bool)
    low = torch.maximum(anchors[:, None, :2], boxes[None, :, :2])
    high = torch.minimum(anchors[:, None, 2:], boxes[None, :, 2:])
    within = (high - low).clamp(min=0).prod(2) / (anchors[:, 2:] - anchors[:, :2]).prod(1)[:, None]
    overlaps: Tensor = box_iou(anchors, boxes)
    return ((within > 0.5) | (overlaps > negative)).any(1)
