from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect import storage
from affect.corpora.faults import Faults
from affect.corpora.lists import read_lines, read_spans
from affect.errors import AffectError


def spans_of(uri: str, faults: Faults) -> tuple[list[str], np.ndarray]:
    lines = list(read_lines(uri, faults))
    return [line.text for line in lines], np.array([(line.start, line.end) for line in lines], np.int64).reshape(-1, 2)


@given(data=st.binary(max_size=300), block=st.integers(1, 64), split=st.integers(0, 20))
def test_spans_give_the_lines_again_whatever_the_bytes(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, block: int, split: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "list.txt"
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("affect.corpora.lists.BLOCK", block)
        texts, spans = spans_of(str(path), Faults())
    assert read_spans(str(path), spans[split:]) == texts[split:]


def test_marks_line_ends_and_blank_lines_are_not_text(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"\xef\xbb\xbfone\t \r\n \t\r\n\ntwo\n\xff\xfe\nthree")
    faults = Faults()
    assert [(line.number, line.text) for line in read_lines(str(path), faults)] == [
        (1, "one\t"),
        (4, "two"),
        (6, "three"),
    ]
    assert faults.listed() == [(f"{path}, line 5", "the line is not text in UTF-8")]


def test_only_the_part_asked_for_is_read_from_s3(s3: str) -> None:
    uri = storage.join(s3, "list.txt")
    storage.write_bytes(uri, b"".join(b"line %d\n" % number for number in range(1_000)))
    texts, spans = spans_of(uri, Faults())
    assert len(texts) == 1_000
    assert read_spans(uri, spans[500:502]) == ["line 500", "line 501"]


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match=r"gone\.txt does not exist"):
        list(read_lines(str(tmp_path / "gone.txt"), Faults()))
