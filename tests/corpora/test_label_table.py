import contextlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora.faults import Faults
from affect.corpora.label_table import COLUMNS, UNITS, Row, parse_row, read_table
from affect.corpora.lists import BadLine
from affect.errors import AffectError
from affect.labels import EXPRESSIONS


def table(tmp_path: Path, content: str | bytes) -> tuple[dict[str, list[Row]], list[tuple[str, str]]]:
    path = tmp_path / "labels.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    faults = Faults()
    return read_table(str(path), faults), faults.listed()


def test_every_column_is_read_and_empty_cells_are_not_annotated(tmp_path: Path) -> None:
    votes = ",".join(EXPRESSIONS)
    content = (
        f"\ufeffFile, Subject,split,person,frame,valence,arousal,Expression,compound,au12,AU1,{votes}\r\n"
        "./a\\b.mp4,Ann,Test,LEFT,3,-0.5,1,Fear,Happily_Surprised,1.0,0,1,2,3,4,5,6,7.5\r\n"
        "\r\n"
        "c.jpg" + "," * 17 + "\r\n"
    )
    found, faults = table(tmp_path, content)
    units = tuple({"AU12": 1, "AU1": 0}.get(unit, -1) for unit in UNITS)
    labels = {
        "valence": -0.5,
        "arousal": 1.0,
        "expression": EXPRESSIONS.index("fear"),
        "compound": 0,
        "action_units": units,
        "votes": (1, 2, 3, 4, 5, 6, 7.5),
    }
    assert found == {"a/b.mp4": [Row("a/b.mp4", "test", "Ann", "left", 3, None, labels)], "c.jpg": [Row("c.jpg")]}
    assert faults == []


def test_parquet_reads_as_csv_does(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"file": ["a.jpg", "b.jpg"], "valence": [0.25, np.nan], "AU4": [1, None], "expression": ["anger", None]}
    )
    frame.to_parquet(tmp_path / "labels.parquet")
    frame.to_csv(tmp_path / "labels.csv", index=False)
    first, second = (read_table(str(tmp_path / name), Faults()) for name in ("labels.parquet", "labels.csv"))
    assert first == second
    assert first["a.jpg"][0].labels["action_units"][UNITS.index("AU4")] == 1
    assert first["b.jpg"] == [Row("b.jpg")]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("file", "../x.jpg", "leads out of the folder"),
        ("split", "dev", "there is no split 'dev'; known are train"),
        ("expression", "hapiness", "did you mean 'happiness'"),
        ("compound", "sadly happy", "there is no compound"),
        ("person", "me", "there is no person"),
        ("valence", "1.01", "expected is a number from -1 to 1"),
        ("valence", "1_0", "expected is a number from -1 to 1"),
        ("AU4", "0.5", "expected is a whole number"),
        ("AU4", "5", "expected is a number from 0 to 1"),
        ("frame", "-1", "expected is a number from 0"),
        ("frame", "99999999999", "expected is a number from 0"),
        ("time_s", "soon", "expected is a number from 0"),
        ("fear", "3", "votes for some of the seven"),
    ],
)
def test_a_bad_cell_names_line_and_mend(tmp_path: Path, column: str, value: str, reason: str) -> None:
    header, line = (f"file,{column}", f"a.jpg,{value}") if column != "file" else ("file,subject", f"{value},x")
    found, faults = table(tmp_path, f"{header}\n{line}\nb.jpg,\n")
    assert list(found) == ["b.jpg"]
    assert faults[0][0].endswith("labels.csv, line 2")
    assert reason in faults[0][1]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("file,valense\n", "line 1: there is no column 'valense'; did you mean 'valence'"),
        ("file,AU3\n", "did you mean 'AU"),
        ("file,zzz\n", "known are file, split"),
        ("valence\n", "there is no column 'file'"),
        ("file,FILE\n", "a column is there twice"),
        ("\n", "is empty"),
        (b"\xff\xfe", "is not a table"),
    ],
)
def test_a_header_that_is_not_understood_is_refused(tmp_path: Path, content: str | bytes, reason: str) -> None:
    with pytest.raises(AffectError, match=rf"labels\.csv.*{reason}"):
        table(tmp_path, content)


def test_lines_of_another_length_are_faults(tmp_path: Path) -> None:
    found, faults = table(tmp_path, "file,valence\na.jpg,0,1\nb.jpg,0\n")
    assert list(found) == ["b.jpg"]
    assert faults[0][1] == "there are not as many values as columns"


@given(data=st.binary(max_size=200), form=st.sampled_from(["labels.csv", "labels.parquet"]), header=st.booleans())
def test_arbitrary_bytes_give_rows_or_an_affect_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, form: str, header: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / form
    path.write_bytes((b"file,valence\n" if header else b"") + data)
    with contextlib.suppress(AffectError):
        assert all(row.file == file for file, rows in read_table(str(path), Faults()).items() for row in rows)


@given(
    cells=st.dictionaries(st.sampled_from(COLUMNS), st.one_of(st.text(max_size=6), st.sampled_from("01")), min_size=1)
)
def test_arbitrary_cells_give_a_row_or_a_bad_line(cells: dict[str, str]) -> None:
    with contextlib.suppress(BadLine):
        parse_row({name: cell for name, cell in cells.items() if cell})
