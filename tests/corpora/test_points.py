import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora.points import parse_points, read_box, read_landmarks
from affect.errors import AffectError
from tests.corpora.made_files import text_files, write_files


def points_file(points: list[tuple[float, float]], stated: int | None = None) -> str:
    rows = [f"{x} {y}" for x, y in points]
    return "\n".join(["version: 1", f"n_points:  {len(rows) if stated is None else stated}", "{", *rows, "}"]) + "\n"


pixels = st.floats(-100, 5000, width=32)


@given(points=st.lists(st.tuples(pixels, pixels), max_size=70), write=text_files(blank_lines=True))
def test_points_come_back_as_written(points: list[tuple[float, float]], write: Callable[[list[str]], bytes]) -> None:
    data = write(points_file(points).splitlines())
    np.testing.assert_array_equal(parse_points(data, "f"), np.array(points, np.float32).reshape(-1, 2))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{\n1 2\n3\n}", r"a\.pts, line 3: '3' is not a point"),
        ("{\n1 2 3\n}", r"a\.pts, line 2"),
        ("{\n1 nan\n}", r"a\.pts, line 2"),
        ("{\n1 1e9\n}", r"a\.pts, line 2"),
        (points_file([(1, 2)], stated=2), r"a\.pts says that it has 2 points, but has 1"),
    ],
)
def test_faults_name_file_and_line(content: str, fault: str) -> None:
    with pytest.raises(AffectError, match=fault):
        parse_points(content.encode(), "a.pts")


@given(st.binary(max_size=60), st.booleans())
def test_arbitrary_bytes_give_points_or_an_affect_error(data: bytes, header: bool) -> None:
    with contextlib.suppress(AffectError):
        assert parse_points(b"version: 1\n{\n" * header + data, "f").shape[1] == 2


@pytest.mark.parametrize("corners", [[(10, 20), (10, 70), (40, 70), (40, 20)], [(40, 20), (10, 70)]])
def test_a_box_goes_by_its_corners_in_any_order(tmp_path: Path, corners: list[tuple[float, float]]) -> None:
    write_files(tmp_path, {"1.pts": points_file(corners)})
    assert read_box(str(tmp_path / "1.pts")) == (10, 20, 30, 50)


def test_landmarks_are_sixty_eight(tmp_path: Path) -> None:
    write_files(tmp_path, {"l.pts": points_file([(i, 2 * i) for i in range(68)]), "b.pts": points_file([(1, 2)] * 3)})
    assert read_landmarks(str(tmp_path / "l.pts"))[67].tolist() == [67, 134]
    with pytest.raises(AffectError, match=r"b\.pts has 3 points, not 68"):
        read_landmarks(str(tmp_path / "b.pts"))
    with pytest.raises(AffectError, match=r"b\.pts has 3 points, not the corners"):
        read_box(str(tmp_path / "b.pts"))
