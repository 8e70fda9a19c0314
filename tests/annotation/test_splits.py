"""Files of splits and folds."""

from pathlib import Path

import pytest

from affect.annotation.plans import Unit
from affect.annotation.splits import read_splits, write_splits
from affect.errors import AffectError


def test_splits_are_read_as_written(tmp_path: Path) -> None:
    uri = str(tmp_path / "splits.csv")
    write_splits(uri, [Unit("a, b", ("x", "y")), Unit("c")], ["test", "train"])
    assert (tmp_path / "splits.csv").read_text() == 'video,subject,split\n"a, b",x;y,test\nc,,train\n'
    assert read_splits(uri) == {"a, b": "test", "c": "train"}


def test_a_fold_is_tested_on_and_the_others_are_learnt_from(tmp_path: Path) -> None:
    uri = str(tmp_path / "folds.csv")
    write_splits(uri, [Unit("a"), Unit("b"), Unit("c")], ["0", "1", "2"], "fold")
    assert read_splits(uri, fold=1) == {"a": "train", "b": "test", "c": "train"}
    with pytest.raises(AffectError, match="has no fold 7; it has 0, 1, 2"):
        read_splits(uri, fold=7)
    with pytest.raises(AffectError, match="say which one"):
        read_splits(uri)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "does not begin with"),
        (b"video,split\na,train\n", "does not begin with"),
        (b"video,subject,split\na,,train\nb,,dev\n", "line 3: 'b,,dev'"),
        (b"video,subject,split\na,,train\na,,test\n", "line 3: 'a,,test'"),
        (b"video,subject,split\na,train\n", "line 2: "),
        (b"\xff\xfe", "not a CSV file"),
    ],
)
def test_a_fault_in_a_file_of_splits_names_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "splits.csv").write_bytes(content)
    with pytest.raises(AffectError, match=f"splits.csv.*{message}"):
        read_splits(str(tmp_path / "splits.csv"))
