import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora.affectnet_values import parse_array, parse_row, place_of_face
from affect.corpora.lists import BadLine
from affect.errors import AffectError
from tests.corpora.test_affectnet import HEADER, POINTS, line, npy

COLUMNS = {name.lower(): at for at, name in enumerate(HEADER.split(","))}


@pytest.mark.parametrize("box", ["-1,0,-5,20", "NULL,2,30,40", "1,2,0,40", "1,2,nan,40", "1,2,inf,40", "1,nan,30,40"])
def test_a_box_that_is_none_is_left_out(box: str) -> None:
    assert place_of_face(line("a.jpg", 1, box=box), COLUMNS)[0] is None


@pytest.mark.parametrize("points", ["", "1;2;3", POINTS + ";1", POINTS.replace("0.25;", "nan;"), ";".join(["0"] * 136)])
def test_landmarks_that_are_none_are_left_out(points: str) -> None:
    assert place_of_face(line("a.jpg", 1, points=points), COLUMNS)[1] is None


@pytest.mark.parametrize("va", ["-2,-2", "-2.0,0.5", "0.5,-2"])
def test_minus_two_is_not_annotated(va: str) -> None:
    assert np.isnan(parse_row(line("a.jpg", 8, va), COLUMNS)[2:]).all()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (line("a.jpg", 11), "the expression is not a number from 0 to 10"),
        (line("a.jpg", 1, "0.5,1.5"), "not from -1 to 1"),
        (line("a.jpg", 1, "nan,0.5"), "not from -1 to 1"),
        (line("a.jpg", 1, "0.5"), "there are not 9 values"),
        (line("../../a.jpg", 1), "leads elsewhere"),
        (line("", 1), "leads elsewhere"),
    ],
)
def test_a_bad_line_says_why(text: str, reason: str) -> None:
    with pytest.raises(BadLine, match=reason):
        parse_row(text, COLUMNS)


def test_nothing_is_unpickled() -> None:
    with pytest.raises(AffectError, match=r"1_exp\.npy is not an array of numbers"):
        parse_array(npy(np.array([{"a": 1}], dtype=object)), "1_exp.npy")


@given(data=st.binary(max_size=200), magic=st.booleans())
def test_arbitrary_arrays_give_numbers_or_an_affect_error(data: bytes, magic: bool) -> None:
    with contextlib.suppress(AffectError):
        assert parse_array((npy(1.0)[:10] if magic else b"") + data, "x").dtype == np.float64


@given(cells=st.lists(st.text(st.characters(exclude_characters=",\n"), max_size=8), min_size=9, max_size=9))
def test_arbitrary_cells_give_labels_in_range_or_a_bad_line(cells: list[str]) -> None:
    text = ",".join(cells)
    with contextlib.suppress(BadLine):
        _, expression, valence, arousal = parse_row(text, COLUMNS)
        assert 0 <= expression <= 10
        assert np.isnan([valence, arousal]).all() or max(abs(valence), abs(arousal)) <= 1
        place_of_face(text, COLUMNS)
