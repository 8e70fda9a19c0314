"""What an owner decided, in files beside traces."""

from pathlib import Path

import numpy as np
import pytest

from affect.annotation.decisions import Decisions, read_decisions, write_decisions
from affect.errors import AffectError


def test_what_is_written_is_read(tmp_path: Path) -> None:
    decisions = {
        "a, b": Decisions({"valence": ("Zoë", "Ann"), "arousal": ("Ann",)}, ((0.5, 1.25), (3.0, 4.0))),
        "c": Decisions(invalid=((0.0, 0.0),)),
    }
    write_decisions(str(tmp_path), decisions)
    assert read_decisions(str(tmp_path)) == decisions
    assert read_decisions(str(tmp_path / "elsewhere")) == {}


def test_both_ends_of_an_invalid_stretch_are_in_it() -> None:
    valid = Decisions(invalid=((1.0, 2.0), (4.0, 9.0))).valid(np.arange(6.0))
    assert valid.tolist() == [True, False, False, True, False, False]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("chosen.csv", "video,annotator\n", "line 1"),
        ("chosen.csv", "video,dimension,annotator\na,valence,Ann\na,joy,Ann\n", "line 3.*'joy'"),
        ("invalid.csv", "video,from_s,to_s\na,0,x\n", "line 2"),
        ("invalid.csv", "video,from_s,to_s\na,0\n", "line 2"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, name: str, text: str, reason: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(AffectError, match=reason):
        read_decisions(str(tmp_path))
