"""SSH's loss against numbers by hand: parts, means, what has no part in it."""

import numpy as np
import pytest
import torch
from torch import Tensor

from affect.detection.objective import SSHObjective
from affect.detection.settings import DetectionObjective
from affect.detection.targets import BACKGROUND, FACE, assign, borders, hardest, level_sides
from affect.faces.ssh.anchors import encode, encode_landmarks
from affect.faces.ssh.network import anchors_for

HEIGHT, WIDTH = 64, 96
ANCHORS, SIDES = anchors_for(HEIGHT, WIDTH), level_sides(HEIGHT, WIDTH)
ALLOWED = borders(SIDES, (0, 0, 512))
SETTINGS = DetectionObjective(examples=16, box_weight=0.5, landmarks_weight=2, landmarks_sigma=2)
QUADRATIC = {"boxes": 1 / 3**2, "landmarks": 1 / 2**2}
"""Up to which difference."""


def outputs(pictures: int, seed: int = 0, *, landmarks: bool = True) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    widths = {"scores": 2, "boxes": 4} | ({"landmarks": 10} if landmarks else {})
    drawn = {name: torch.randn(pictures, len(ANCHORS), width, generator=generator) for name, width in widths.items()}
    return {name: value.requires_grad_() for name, value in drawn.items()}


def targets() -> dict[str, Tensor]:
    """Two faces, one of them without landmarks; one face that is ignored; none."""
    nan = torch.nan
    boxes = torch.tensor([[[8.0, 8, 24, 24], [40, 16, 74, 48]], [[30.0, 4, 60, 40], [nan] * 4], [[nan] * 4] * 2])
    landmarks = torch.full((3, 2, 5, 2), nan)
    landmarks[0, 0] = torch.tensor([[12.0, 12], [20, 12], [16, 16], [13, 20], [19, 20]])
    landmarks[1, 0] = 40.0
    return {
        "boxes": boxes,
        "landmarks": landmarks,
        "ignored": torch.tensor([[False, False], [True, False], [False, False]]),
    }


def by_hand(told: dict[str, Tensor]) -> dict[str, float]:
    """Anchor by anchor."""
    known = targets()
    sums = {name: np.zeros((3, 2)) for name in ("scores", "boxes", "landmarks")}
    for picture in range(3):
        there = ~known["boxes"][picture, :, 0].isnan()
        boxes, points = known["boxes"][picture, there], known["landmarks"][picture, there]
        labels, faces = assign(ANCHORS, ALLOWED, (HEIGHT, WIDTH), boxes, known["ignored"][picture, there])
        logits = told["scores"][picture].detach().double().numpy()
        chosen = hardest(labels, torch.from_numpy(logits[:, 1] - logits[:, 0]), SIDES, 16, 0.25)
        level = np.repeat([0, 1, 2], SIDES)
        for place in torch.nonzero(chosen)[:, 0].tolist():
            right = logits[place, int(labels[place] == FACE)]
            sums["scores"][level[place]] += np.log(np.exp(logits[place]).sum()) - right, 1
            if labels[place] == BACKGROUND:
                continue
            face = faces[place]
            wanted = {"boxes": encode(boxes[face][None], ANCHORS[place][None])}
            if not points[face].isnan().any():
                wanted["landmarks"] = encode_landmarks(points[face][None], ANCHORS[place][None])
            for name, code in wanted.items():
                if name in told:
                    off = (told[name][picture, place].detach() - code[0]).abs().double().numpy()
                    far = QUADRATIC[name]
                    sums[name][level[place]] += np.where(off < far, off**2 / far / 2, off - far / 2).sum(), 1
    return {name: float((total[:, 0] / np.maximum(total[:, 1], 1)).sum()) for name, total in sums.items()}


@pytest.mark.parametrize("landmarks", [True, False])
def test_parts_by_hand(landmarks: bool) -> None:
    told = outputs(3, landmarks=landmarks)
    loss, parts = SSHObjective(SETTINGS, HEIGHT, WIDTH)(told, targets())
    expected = by_hand(told)
    if not landmarks:
        del expected["landmarks"]
    assert all(value > 0.1 for value in expected.values())
    assert {name: float(value) for name, value in parts.items()} == pytest.approx(expected, rel=1e-5)
    total = expected["scores"] + 0.5 * expected["boxes"] + 2 * expected.get("landmarks", 0)
    assert loss.item() == pytest.approx(total, rel=1e-5)


def test_only_what_is_chosen_is_moved() -> None:
    told = outputs(3)
    SSHObjective(SETTINGS, HEIGHT, WIDTH)(told, targets())[0].backward()
    moved = {name: value.grad.abs().sum(2) > 0 for name, value in told.items()}  # type: ignore[union-attr]
    assert moved["scores"].sum(1).max() <= 16 * 3
    assert moved["boxes"][0].any()
    assert (moved["boxes"][0] >= moved["landmarks"][0]).all()
    assert moved["landmarks"][0].sum() < moved["boxes"][0].sum()  # one face has none
    assert not moved["boxes"][1:].any()  # an ignored face, and no face
    assert moved["scores"][2].any()


def test_perfect_answers_cost_nothing() -> None:
    told, known = outputs(3), targets()
    labels, faces = assign(ANCHORS, ALLOWED, (HEIGHT, WIDTH), known["boxes"][0], known["ignored"][0])
    with torch.no_grad():
        told["scores"].copy_(torch.tensor([30.0, -30]).expand_as(told["scores"]))
        told["scores"][0, labels == FACE] = torch.tensor([-30.0, 30])
        told["boxes"][0] = encode(known["boxes"][0][faces], ANCHORS)
        told["landmarks"][0] = encode_landmarks(known["landmarks"][0][faces], ANCHORS).nan_to_num()
    assert SSHObjective(SETTINGS, HEIGHT, WIDTH)(told, targets())[0].item() == pytest.approx(0, abs=1e-6)
