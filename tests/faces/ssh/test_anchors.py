"""Anchors as the authors' generate_anchors lists them, and codes that are each other's inverse."""

from typing import Any

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given

from affect.faces.ssh.anchors import LEVELS, anchors_of, decode, decode_landmarks, encode, encode_landmarks

# By generate_anchors of the authors, whose last edge is the last pixel: one more here.
AUTHORS = {
    8: [[0, 0, 15, 15], [-8, -8, 23, 23]],
    16: [[-24, -24, 39, 39], [-56, -56, 71, 71]],
    32: [[-120, -120, 135, 135], [-248, -248, 263, 263]],
}


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: f"stride {level.stride}")
def test_anchors(level: object) -> None:
    anchors = anchors_of(level, 2, 3)  # type: ignore[arg-type]
    first = torch.tensor(AUTHORS[level.stride], dtype=torch.float32) + torch.tensor([0, 0, 1, 1])  # type: ignore[attr-defined]
    assert anchors[:2].tolist() == first.tolist()
    shift = torch.tensor([2.0, 1.0, 2.0, 1.0]) * level.stride  # type: ignore[attr-defined]
    assert anchors[10:].tolist() == (first + shift).tolist()  # the last place, second row, third column


edge = st.floats(-50, 700, width=32)
side = st.floats(1, 600, width=32)
# The smallest anchor's side: a face beyond 1000/16 times as large would be cut.
faces = st.tuples(edge, edge, side, side, edge, edge, st.sampled_from([16.0, 64.0, 512.0]), st.tuples(*[edge] * 10))


def edges(corner: torch.Tensor, sides: torch.Tensor) -> torch.Tensor:
    return torch.cat([corner, corner + sides], 1)


@given(st.lists(faces, min_size=1, max_size=5))
def test_decoding_is_the_inverse_of_encoding(given_faces: list[tuple[Any, ...]]) -> None:
    numbers = torch.tensor([one[:7] for one in given_faces], dtype=torch.float64)
    boxes, anchors = edges(numbers[:, :2], numbers[:, 2:4]), edges(numbers[:, 4:6], numbers[:, 6:].expand(-1, 2))
    torch.testing.assert_close(decode(encode(boxes, anchors), anchors), boxes)
    points = torch.tensor([one[7] for one in given_faces], dtype=torch.float64).view(-1, 5, 2)
    codes = encode_landmarks(points, anchors)
    assert codes.shape == (len(given_faces), 10)
    torch.testing.assert_close(decode_landmarks(codes, anchors), points)


def test_codes_by_hand() -> None:
    """A face of 20 by 40 about (18, 24), for the anchor of 16 about (8, 8)."""
    anchor, face = torch.tensor([[0.0, 0, 16, 16]]), torch.tensor([[8.0, 4, 28, 44]])
    expected = torch.tensor([[10 / 16, 1.0, 0.22314355, 0.91629073]])  # ln 1.25, ln 2.5
    torch.testing.assert_close(encode(face, anchor), expected)
    points = torch.arange(10.0).view(1, 5, 2)
    assert encode_landmarks(points, anchor)[0, :4].tolist() == [-0.5, -7 / 16, -6 / 16, -5 / 16]


def test_a_wild_code_stays_finite() -> None:
    assert decode(torch.tensor([[0.0, 0, 900, 900]]), torch.tensor([[0.0, 0, 16, 16]])).isfinite().all()
