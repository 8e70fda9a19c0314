"""Anchors assigned to faces, by hand, and the hardest of them."""

from typing import Any

import pytest
import torch

from affect.detection.targets import BACKGROUND, FACE, LEFT_OUT, Assigned, assign, borders, hardest, level_sides
from affect.faces.ssh.network import anchors_for

HEIGHT, WIDTH = 96, 128
ANCHORS = anchors_for(HEIGHT, WIDTH)
SIDES = level_sides(HEIGHT, WIDTH)


def place(x: float, y: float, side: float) -> int:
    """The anchor with this middle and side."""
    wanted = torch.tensor([x - side / 2, y - side / 2, x + side / 2, y + side / 2])
    return int((wanted == ANCHORS).all(1).nonzero()[0, 0])


def assigned(boxes: list[list[float]], ignored: list[bool] | None = None, **rules: Any) -> Assigned:
    edges = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
    mask = torch.tensor(ignored or [False] * len(boxes), dtype=torch.bool)
    return assign(ANCHORS, borders(SIDES, (0, 0, 512)), (HEIGHT, WIDTH), edges, mask, **rules)


def test_levels() -> None:
    assert SIDES == (12 * 16 * 2, 6 * 8 * 2, 3 * 4 * 2)
    assert sum(SIDES) == len(ANCHORS)


def test_a_face_of_an_anchors_size() -> None:
    labels, faces = assigned([[100, 80, 110, 90], [32, 32, 48, 48]])
    exact, beside, diagonal, larger = place(40, 40, 16), place(48, 40, 16), place(48, 48, 16), place(40, 40, 32)
    assert (labels[exact], faces[exact]) == (FACE, 1)
    assert labels[beside] == LEFT_OUT  # half of it: 1/3
    assert labels[diagonal] == BACKGROUND  # a quarter: 1/7
    assert labels[larger] == BACKGROUND  # a quarter of its area
    assert labels[place(40, 40, 64)] == BACKGROUND


def test_a_face_between_the_sizes_is_given_its_best_anchor_when_forced() -> None:
    narrow = [[30, 28.0, 50, 52]]  # 20 by 24: 256/480 of the anchor of 16, 480/1024 of that of 32
    assert assigned(narrow)[0][place(40, 40, 16)] == FACE
    narrow = [[28.0, 26, 52, 54]]  # 24 by 28: 256/672, and 672/1024
    labels, _ = assigned(narrow, positive=0.7)
    assert (labels == FACE).sum() == 0
    labels, faces = assigned([[0, 0, 1, 1], *narrow], positive=0.7, forced=True)
    assert labels[place(40, 40, 32)] == FACE
    assert faces[place(40, 40, 32)] == 1


def test_anchors_that_leave_the_picture_take_no_part_but_for_the_last_module() -> None:
    labels, _ = assigned([[0, 0, 16, 16], [60, 30, 140, 110]])
    assert labels[place(8, 8, 16)] == FACE
    assert labels[place(8, 8, 32)] == LEFT_OUT  # begins at -8
    assert labels[place(104, 72, 64)] == LEFT_OUT  # ends at 136 of 128
    assert labels[SIDES[0] + SIDES[1] :].tolist() == [BACKGROUND] * SIDES[2]


def test_faces_that_are_ignored() -> None:
    """No anchor finds them, and those that are mostly of them are not background either."""
    labels, _ = assigned([[20, 20, 84, 84]], [True])
    assert (labels == FACE).sum() == 0
    assert labels[place(56, 56, 64)] == LEFT_OUT
    assert labels[place(40, 40, 16)] == LEFT_OUT  # within it, though it shares 1/16 only
    assert labels[place(16, 40, 16)] == BACKGROUND  # a quarter within it
    both, faces = assigned([[20, 20, 84, 84], [32, 32, 48, 48]], [True, False])
    assert (both[place(40, 40, 16)], faces[place(40, 40, 16)]) == (FACE, 1)  # a face before it


@pytest.mark.parametrize(
    ("examples", "share", "expected"),
    [(4, 0.25, [1, 3, 4, 6]), (4, 0.5, [1, 2, 4, 6]), (99, 0.25, [1, 2, 3, 4, 5, 6, 7])],
)
def test_the_hardest_of_a_level(examples: int, share: float, expected: list[int]) -> None:
    labels = torch.tensor([LEFT_OUT, FACE, FACE, BACKGROUND, BACKGROUND, BACKGROUND, BACKGROUND, BACKGROUND])
    certainty = torch.tensor([9.0, -2, 5, 1, 3, -4, 2, -3])
    assert torch.nonzero(hardest(labels, certainty, (8,), examples, share))[:, 0].tolist() == expected


def test_each_level_has_its_own_examples() -> None:
    labels = torch.full((6,), BACKGROUND)
    certainty = torch.tensor([9.0, 8, 7, 1, 3, 2])
    assert torch.nonzero(hardest(labels, certainty, (3, 3), 1, 0.25))[:, 0].tolist() == [0, 4]
