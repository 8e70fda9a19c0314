import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora import open_corpus
from affect.corpora.bp4d import Bp4d, parse_codes
from affect.corpora.corpus import Clip
from affect.errors import AffectError
from affect.labels import ACTION_UNITS
from tests.corpora.made_files import grey_picture, sent, text_files, write_files

CODES = "\ufeff0,1,2,11,12\r\n2440,1,0,1,9\r\n2442,0,9,0,1\r\n\r\n"


def test_codes_are_matched_to_pictures_as_numbers(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "AUCoding/AU_OCC/F001_T1.csv": CODES,
        "AUCoding/AU_OCC/._F001_T1.csv": "",
        "AUCoding/AU_INT/AU06/F001_T1_AU06.csv": "2440,3\n",
        "F001/T1/2440.jpg": grey_picture(7, "JPEG"),
        "F001/T1/02441.jpg": "",
        "F001/T1/002442.JPG": "",
    }
    corpus = sent(Bp4d(str(write_files(tmp_path, files))))
    (clip,) = corpus.clips()
    assert clip == Clip("bp4d", "train", "F001_T1", str(tmp_path / "F001/T1"), "frames", ("main",), ("F001",))
    units = corpus.labels(clip)["main"].action_units
    stills = list(corpus.stills(clip))
    assert [(still.name, still.frame) for still in stills] == [
        ("2440.jpg", 0),
        ("02441.jpg", 1),
        ("002442.JPG", 2),
    ]
    columns = [ACTION_UNITS.index(unit) for unit in (1, 2, 12)]
    assert [units[still.frame, columns].tolist() for still in stills] == [[1, 0, -1], [-1, -1, -1], [0, -1, 1]]
    assert (np.delete(units, columns, axis=1) == -1).all()
    assert (len(units), len(stills[0].load())) == (3, 8)
    assert corpus.faults() == [("action units", "11 are coded but not among the 17 that rows have")]


@pytest.mark.parametrize(
    ("name", "splits"), [("bp4d", ["train", "validation", "validation"]), ("bp4d-plus", ["train", "train", "train"])]
)
def test_splits_are_those_of_fera_2015_for_bp4d_only(tmp_path: Path, name: str, splits: list[str]) -> None:
    for video in ("F001_T1", "F002_T8", "M018_T1"):
        write_files(tmp_path, {f"AU_OCC/{video}.csv": CODES, f"2D/{video.replace('_', '/')}/1.jpg": ""})
    clips = list(open_corpus(name, str(tmp_path)).clips())
    assert [clip.split for clip in clips] == splits
    assert {clip.corpus for clip in clips} == {name}


def test_what_has_no_counterpart_is_told(tmp_path: Path) -> None:
    files = {
        "AUCoding/F001_T1.csv": CODES,
        "AUCoding/F002_T1.csv": "broken\n",
        "F001/T1/1.jpg": "",
        "M001/T2/1.jpg": "",
    }
    corpus = Bp4d(str(write_files(tmp_path, files)))
    assert [clip.video for clip in corpus.clips()] == ["F001_T1"]
    assert [(name, reason) for name, reason in corpus.faults() if name != "action units"] == [
        ("F002_T1", "no pictures"),
        ("M001_T2", "no codes"),
    ]


def test_codes_before_the_first_picture_are_left_out(tmp_path: Path) -> None:
    files = {"AU_OCC/F001_T1.csv": CODES, "F001/T1/2441.jpg": "", "F001/T1/2443.jpg": ""}
    corpus = Bp4d(str(write_files(tmp_path, files)))
    (clip,) = corpus.clips()
    assert [still.frame for still in corpus.stills(clip)] == [0, 2]
    assert corpus.labels(clip)["main"].action_units[:, ACTION_UNITS.index(12)].tolist() == [-1, 1]


def test_codes_are_read_only_when_asked_for(tmp_path: Path) -> None:
    corpus = Bp4d(str(write_files(tmp_path, {"AU_OCC/F001_T1.csv": "0,1\n5,3\n", "F001/T1/5.jpg": ""})))
    with pytest.raises(AffectError, match=r"F001_T1\.csv, line 2"):
        corpus.labels(next(corpus.clips()))


@given(
    units=st.lists(st.integers(1, 60), unique=True, max_size=8),
    rows=st.dictionaries(st.integers(0, 60), st.lists(st.sampled_from([0, 1, 9]), min_size=9, max_size=9), max_size=9),
    write=text_files(blank_lines=True),
    name=st.sampled_from(["{}", "AU{}", "au{:02d}"]),
)
def test_codes_come_back_as_written(
    units: list[int], rows: dict[int, list[int]], write: Callable[[list[str]], bytes], name: str
) -> None:
    units = [12, *(unit for unit in units if unit != 12)]
    lines = [",".join([str(frame), *map(str, row[: len(units)])]) for frame, row in rows.items()]
    codes = parse_codes(write([",".join(["0", *map(name.format, units)]), *lines]), "f")
    assert len(codes) == max(rows, default=-1) + 1
    for frame, row in enumerate(codes):
        for column, unit in enumerate(ACTION_UNITS):
            cell = rows[frame][units.index(unit)] if frame in rows and unit in units else 9
            assert row[column] == (-1 if cell == 9 else cell)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", 1),
        ("0,11,16\n1,0,0\n", 1),
        ("0,1,1\n", 1),
        ("0,1,x\n", 1),
        ("0,1\n1,0\n2,2\n", 3),
        ("0,1\n1,0,0\n", 2),
        ("0,1\nx,0\n", 2),
        ("0,1\n1,0\n01,0\n", 3),
        ("0,1\n9999999,0\n", 2),
    ],
)
def test_a_fault_names_file_and_line(content: str, line: int) -> None:
    with pytest.raises(AffectError, match=rf"F001_T1\.csv, line {line}: "):
        parse_codes(content.encode(), "F001_T1.csv")


@given(st.binary(max_size=60), st.booleans())
def test_arbitrary_bytes_give_codes_or_an_affect_error(data: bytes, header: bool) -> None:
    with contextlib.suppress(AffectError):
        assert set(np.unique(parse_codes(b"0,1,2\n" * header + data, "f"))) <= {-1, 0, 1}
