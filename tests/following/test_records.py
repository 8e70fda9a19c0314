"""steps.parquet and validation.json."""

from pathlib import Path

import pytest

from affect.evaluation.seen import Seen
from affect.following import records
from affect.following.company import Company
from affect.following.records import Records, read_steps
from tests.following.made_runs import facts, followed, measured, tell


def test_rows_are_points(tmp_path: Path) -> None:
    tell([Company([Records(followed(str(tmp_path)))], every=2)])
    steps = read_steps(str(tmp_path))
    assert steps["step"].tolist() == [2, 4, 6, 8]
    assert steps["epoch"].tolist() == [0, 0, 1, 1]
    assert steps["loss"].tolist() == [1.5, 3.5, 5.5, 7.5]
    seen = Seen.read(str(tmp_path / "validation.json"))
    assert seen is not None
    assert (seen.epoch, seen.synthetic, seen.split) == (2, True, "validation")
    assert seen.confusion == measured().confusion.tolist()


def test_a_run_that_goes_on_takes_its_steps_once(tmp_path: Path) -> None:
    """Killed after step 7, gone on from a checkpoint after step 5."""
    company = Company([Records(followed(str(tmp_path)))], every=1)
    tell([company], last=7)
    company.close()
    tell([Company([Records(followed(str(tmp_path)))], every=1)], first=6, last=8, loss=0.0)
    steps = read_steps(str(tmp_path))
    assert steps["step"].tolist() == list(range(1, 9))
    assert steps["loss"].tolist() == [1, 2, 3, 4, 5, 0, 0, 0]


def test_the_file_is_bounded_and_keeps_the_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LARGEST", 16)
    company = Company([Records(followed(str(tmp_path)))], every=1)
    for number in range(1, 101):
        company.step(facts(number, 1000))
    company.close()
    steps = read_steps(str(tmp_path))
    assert len(steps) <= 16
    assert steps["steps"].sum() == 100
    assert steps["rows"].sum() == 1000
    assert (steps["loss"] * steps["steps"]).sum() == pytest.approx(sum(range(1, 101)))
    assert steps["step"].is_monotonic_increasing
    assert steps["step"].iloc[-1] == 100


def test_there_is_nothing_before_the_first_point(tmp_path: Path) -> None:
    Records(followed(str(tmp_path))).close()
    assert read_steps(str(tmp_path)).empty
    assert Seen.read(str(tmp_path / "validation.json")) is None
