"""The job that divides a corpus."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from affect.annotation.splits import read_splits
from affect.errors import AffectError
from jobs import partition as job
from tests.annotation.made_corpus import MadeCorpus


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    options: dict[str, Any] = {}
    monkeypatch.setattr(job, "open_corpus", lambda name, root: MadeCorpus(root, name, **options))
    return options


def divide(out: Path, *arguments: str) -> dict[str, Any]:
    command = ["made", "--root", "/data", "--out", str(out), *arguments]
    result = CliRunner().invoke(job.app, command, catch_exceptions=False)
    assert result.exit_code == 0
    return json.loads((out / "DONE").read_text())


def read(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_splits_shares_and_what_was_set_aside(tmp_path: Path) -> None:
    summary = divide(tmp_path, "--preset", "85-15")
    assert summary["people"] == 7
    assert (summary["shared_people"], summary["set_aside"]) == (0, 1)
    assert summary["videos"] == {"train": 14, "validation": 2}
    splits = read_splits(str(tmp_path / "splits.csv"))
    assert len(splits) == 16
    by_person: dict[str, set[str]] = {}
    for row in read(tmp_path / "splits.csv"):
        by_person.setdefault(row["subject"] or row["video"], set()).add(row["split"])
    assert all(len(places) == 1 for places in by_person.values())
    shares = {(row["task"], row["label"], row["split"]): row for row in read(tmp_path / "shares.csv")}
    assert shares["videos", "videos", "validation"]["count"] == "2"
    assert float(shares["valence_arousal", "V+A+", "train"]["share"]) > 0.8
    assert read(tmp_path / "set_aside.csv") == [
        {"video": "broken", "reason": "broken.txt, line 7: mend it"},
        {"video": "lost", "reason": "no video"},
    ]


def test_folds(tmp_path: Path) -> None:
    assert divide(tmp_path, "--folds", "5")["videos"].keys() == set("01234")
    assert set(read_splits(str(tmp_path / "splits.csv"), fold=2).values()) == {"train", "test"}


def test_shares_of_ones_own(tmp_path: Path) -> None:
    assert divide(tmp_path, "--set", "shares=[50, 25, 25]")["videos"] == {"train": 8, "validation": 4, "test": 4}


def test_only_the_training_split_is_divided_and_the_validation_split_becomes_the_test_split(tmp_path: Path) -> None:
    divide(tmp_path, "--preset", "85-15", "--set", "within=train")
    splits = read_splits(str(tmp_path / "splits.csv"))
    assert [video for video, split in splits.items() if split == "test"] == ["v06", "v07"]
    assert set(splits.values()) == {"train", "validation", "test"}


@pytest.mark.parametrize(
    ("own", "within", "warned"),
    [
        (("train", "validation"), [], True),
        (("train", "validation"), ["--set", "within=train"], False),
        (("train",), [], False),
    ],
)
def test_a_division_that_mixes_the_own_splits_is_warned_of(
    tmp_path: Path,
    made: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    own: tuple[str, ...],
    within: list[str],
    warned: bool,
) -> None:
    made["splits"] = own
    divide(tmp_path, "--preset", "85-15", *within)
    assert ("made is given out in train and validation, which this mixes" in caplog.text) == warned


def test_a_released_test_split_stays(tmp_path: Path, made: dict[str, Any]) -> None:
    made["splits"] = ("train", "train", "validation", "test")
    divide(tmp_path, "--preset", "85-15", "--set", "within=train")
    splits = read_splits(str(tmp_path / "splits.csv"))
    assert {splits["v04"], splits["v05"]} == {"validation"}
    assert {splits["v06"], splits["v07"]} == {"test"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset", "85-16"], "did you mean '85-15'"),
        (["--set", "shares=[1]"], "give two or three"),
        (["--set", "within=dev"], "nothing in split 'dev' to divide; it has train, validation"),
    ],
)
def test_what_cannot_be_done_is_told(tmp_path: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(AffectError, match=message):
        divide(tmp_path, *arguments)
