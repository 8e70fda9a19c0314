import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora.lines import frame_number, integer, lines_of, number
from affect.errors import AffectError
from tests.corpora.made_files import text_files


@given(lines=st.lists(st.text("abc,.1", min_size=1), min_size=1), write=text_files())
def test_lines_come_back_as_written(lines: list[str], write: Callable[[list[str]], bytes]) -> None:
    assert lines_of(write(lines), "f") == lines


@pytest.mark.parametrize("data", ["a\nb".encode("utf-16"), b"\xff\xfe", b"a\n\x80"])
def test_what_is_not_text_names_the_file(data: bytes) -> None:
    with pytest.raises(AffectError, match=r"some/file\.txt is not a text file"):
        lines_of(data, "some/file.txt")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_read(value: float) -> None:
    assert number(repr(value)) == value
    assert number(f"{value:+e}") == float(f"{value:+e}")


@pytest.mark.parametrize("cell", ["", "nan", "inf", "-Infinity", "1_0", "1e999", "0x1", "1,5", "1 2", "\u0661", "--1"])
def test_what_is_no_finite_decimal_number_is_none(cell: str) -> None:
    assert number(cell) is None
    assert integer(cell) is None


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_none(cell: str) -> None:
    value = number(cell)
    assert value is None or math.isfinite(value)
    assert integer(cell) is None or integer(cell) == number(cell)


@pytest.mark.parametrize(
    ("cell", "frame"), [("007", 7), ("0", 0), ("999999", 999_999), ("1000000", None), ("-1", None)]
)
def test_frames_count_from_nought_to_a_million(cell: str, frame: int | None) -> None:
    assert frame_number(cell) == frame
