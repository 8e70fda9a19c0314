"""The list of trims names recordings by their paths, and what is wrong with it is told by line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.curation.recordings import list_recordings
from affect.curation.trims import read_trims
from affect.errors import AffectError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a.mp4", "b/c.mov", "b/c.MKV", "b__c.avi", "d e,f.webm", "note.txt", "b/._c.mp4"):
        path = tmp_path / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "raw"


def test_recordings_have_names_of_their_own(root: Path, tmp_path: Path) -> None:
    names = {one.path: one.name for one in list_recordings(str(root))}
    assert names == {
        "a.mp4": "a", "b/c.MKV": "b__c.MKV", "b/c.mov": "b__c.mov", "b__c.avi": "b__c.avi", "d e,f.webm": "d e,f",
    }  # fmt: skip
    (tmp_path / "none").mkdir()
    with pytest.raises(AffectError, match="holds no video"):
        list_recordings(str(tmp_path / "none"))


def test_trims(root: Path) -> None:
    listed = root / "trim.csv"
    listed.write_bytes(b'\xef\xbb\xbfvideo,start_s,end_s\r\na.mp4, 1.5 ,20\r\nb/c.mov,,7\r\n"d e,f",3,\r\n')
    expected = {"a": (1.5, 20.0), "b__c.mov": (0.0, 7.0), "d e,f": (3.0, None)}
    assert read_trims(str(listed), list_recordings(str(root))) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("video,start,end\n", "must begin with the line video,start_s,end_s"),
        ("", "must begin with the line"),
        ("video,start_s,end_s\na,1\n", "line 2 does not have three values"),
        ("video,start_s,end_s\na,1,2,3\n", "line 2 does not have three values"),
        ("video,start_s,end_s\na,1,2\na.mp4,3,4\n", "line 3: a.mp4 is there already"),
        ("video,start_s,end_s\na.mp3,1,2\n", "'a.mp3' is no recording; did you mean 'a.mp4'"),
        ("video,start_s,end_s\nb/c,1,2\n", "'b/c' is more than one recording"),
        ("video,start_s,end_s\na,2,2\n", "begins at 2 s and ends at 2 s"),
        ("video,start_s,end_s\na,1:20,2\n", "'1:20' is not a time in seconds"),
        ("video,start_s,end_s\na,-1,2\n", "'-1' is not a time"),
        ("video,start_s,end_s\na,1,inf\n", "'inf' is not a time"),
    ],
)
def test_faults(root: Path, text: str, message: str) -> None:
    (root / "trim.csv").write_text(text)
    with pytest.raises(AffectError, match=message):
        read_trims(str(root / "trim.csv"), list_recordings(str(root)))


@given(data=st.one_of(st.binary(max_size=80), st.text(alphabet='a.mp4,"\n\r1 -e', max_size=60).map(str.encode)))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "a.mp4").touch()
    (folder / "trim.csv").write_bytes(b"video,start_s,end_s\n" + data)
    try:
        trims = read_trims(str(folder / "trim.csv"), list_recordings(str(folder)))
    except AffectError:
        return
    assert set(trims) <= {"a"}
