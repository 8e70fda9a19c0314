from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora.faults import Faults
from affect.corpora.ferplus import read_votes
from affect.errors import AffectError
from affect.labels import EXPRESSIONS
from tests.corpora.test_fer2013 import PLUS


@pytest.mark.parametrize(
    ("content", "expected"),
    [("usage,image name,neutral\n", "line 1: the header is"), ("\n\nname,1,2\n", "line 3: the header is")],
)
def test_votes_without_the_seven_columns_are_refused(tmp_path: Path, content: str, expected: str) -> None:
    (tmp_path / "votes.csv").write_text(content)
    with pytest.raises(AffectError, match=expected):
        read_votes(str(tmp_path / "votes.csv"), Faults())


@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_give_seven_votes_or_none(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "votes.csv"
    path.write_bytes(PLUS.encode() + data)
    named, ordered = read_votes(str(path), Faults())
    assert all(len(votes) == len(EXPRESSIONS) for votes in (*named.values(), *ordered))
