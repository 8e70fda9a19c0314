"""Which group a row belongs to, as a file says it."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from affect.errors import AffectError
from affect.evaluation.groups import Groups, read_groups
from affect.evaluation.settings import GroupSettings
from tests.evaluation.made_predictions import made_predictions

TABLE = made_predictions({("01", "left"): 2, ("01", "right"): 2, ("2", "main"): 3})


def groups(tmp_path: Path, text: str, **settings: Any) -> Groups:
    path = tmp_path / "groups.csv"
    path.write_text(text)
    found = read_groups(GroupSettings(file=str(path), **settings))
    assert found is not None
    return found


def named(found: Groups, column: str) -> list[str | None]:
    return [None if place < 0 else found.order[column][place] for place in found.of(TABLE)[column].tolist()]


def test_by_the_keys_that_are_there(tmp_path: Path) -> None:
    """Names stay text: 01 is no number."""
    by_video = groups(tmp_path, "video,gender\n01,female\n2,male\n3,male\n")
    assert named(by_video, "gender") == ["female"] * 4 + ["male"] * 3
    by_person = groups(tmp_path, "person,video,gender\nleft,01,female\nright,01,male\n")
    assert named(by_person, "gender") == ["female"] * 2 + ["male"] * 2 + [None] * 3
    by_frame = groups(tmp_path, "video,frame,pose\n2,0,frontal\n2,2,turned\n")
    assert named(by_frame, "pose") == [None] * 4 + ["frontal", None, "turned"]


def test_an_empty_cell_says_nothing(tmp_path: Path) -> None:
    found = groups(tmp_path, "video,gender,age\n01,,30\n2,male,\n")
    assert named(found, "gender") == [None] * 4 + ["male"] * 3
    assert named(found, "age") == ["30"] * 4 + [None] * 3
    assert found.order["gender"] == ("male",)


def test_numbers_are_cut_at_edges_or_quantiles(tmp_path: Path) -> None:
    ages = {f"{number}": 10 + number for number in range(30)} | {"01": 40}
    text = "video,age\n" + "".join(f"{video},{age}\n" for video, age in ages.items())
    edges = groups(tmp_path, text, edges={"age": [12, 40]})
    assert edges.order["age"] == ("below 12", "12 to below 40", "40 and above")
    assert named(edges, "age") == ["40 and above"] * 4 + ["12 to below 40"] * 3  # an edge belongs to what follows it
    thirds = groups(tmp_path, text)
    sizes = np.bincount([thirds.order["age"].index(name) for name in thirds.columns["age"].to_pylist()])
    assert sizes.tolist() == [10, 10, 11]
    few = groups(tmp_path, "video,age\n01,2\n2,10\n3,\n")
    assert few.order["age"] == ("2", "10")  # as numbers, not as text


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        ("age\n3\n", {}, "has the columns age; a file of groups has at least one of corpus, video"),
        ("video\n01\n", {}, "has the columns video"),
        ("video,age\n01,3\n01,3\n", {}, "more than one row for 01"),
        ("video,person,age\n01,,3\n", {}, "row 1 of .*lacks video or person"),
        ("video,age\n01,3\n", {"edges": {"gae": [3]}}, "names 'gae'"),
        ("video,age\n01,old\n", {"edges": {"age": [3]}}, "no column of numbers"),
        ("video,age\n01,3,4\n", {}, "cannot be read as a table"),
    ],
)
def test_faults_of_a_file(tmp_path: Path, text: str, settings: Any, message: str) -> None:
    with pytest.raises(AffectError, match=message):
        groups(tmp_path, text, **settings)


def test_parquet_says_the_same(tmp_path: Path) -> None:
    frame = pd.DataFrame({"video": ["01", "2"], "frame": [0, 2], "pose": pd.Categorical(["frontal", "turned"])})
    frame.to_parquet(tmp_path / "groups.parquet")
    found = read_groups(GroupSettings(file=str(tmp_path / "groups.parquet")))
    assert found is not None
    assert named(found, "pose") == ["frontal", None, "frontal", None, None, None, "turned"]


def test_no_file_no_groups(tmp_path: Path) -> None:
    assert read_groups(GroupSettings()) is None
    with pytest.raises(AffectError, match="does not exist|cannot be read"):
        read_groups(GroupSettings(file=str(tmp_path / "groups.csv")))
