"""Which points a sweep tries, when it ends, and how it goes on after its driver."""

from pathlib import Path
from typing import Any

import pytest

from affect.networks.spec import NetworkSpec
from affect.training.settings import TrainConfig
from affect.tuning.results import Sweep, Trial
from affect.tuning.settings import SweepConfig
from affect.tuning.space import Choice, LogUniform
from jobs.tuning_search import Search
from jobs.tuning_trial import EPOCHS


def config(**changes: Any) -> SweepConfig:
    known = {
        "recipe": "search",
        "train": TrainConfig(recipe="small", network=NetworkSpec(encoder="arc-res"), epochs=4),
        "space": {
            "optimiser.learning_rate": LogUniform(low=1e-5, high=1e-4, points=2),
            "batch.size": Choice(values=(32, 64)),
        },
        "trials": 4,
    }
    return SweepConfig(**(known | changes))


def given(search: Search, *ids: str) -> list[tuple[str, dict[str, Any]]]:
    """Names and parameters of the points for trials with these ids."""
    points = [search.suggest(trial)["point"] for trial in ids]
    return [(point["name"], point["parameters"]) for point in points]


def finish(search: Search, trial: str, score: float, rows: int = 100) -> None:
    search.on_trial_result(trial, {EPOCHS: 1, "score": score / 2, "rows": rows})
    search.on_trial_complete(trial, {EPOCHS: 2, "score": score, "rows": rows, "model": "/m"})


@pytest.mark.parametrize("how", ["random", "grid"])
def test_points_come_numbered_in_their_order_until_all_are_given(how: str, tmp_path: Path) -> None:
    settings = config(search=how)
    search = Search(settings, str(tmp_path))
    points = given(search, "a", "b", "c", "d")
    assert points == list(zip(["000", "001", "002", "003"], settings.points(), strict=True))
    assert len({str(parameters) for _, parameters in points}) == 4
    assert search.suggest("e") == Search.FINISHED


@pytest.mark.parametrize("how", ["random", "grid", "tpe"])
def test_it_goes_on_after_its_driver_as_if_nothing_had_been(how: str, tmp_path: Path) -> None:
    whole = Search(config(search=how), str(tmp_path))
    first = given(whole, "a", "b")
    finish(whole, "a", 0.5)
    whole.save(str(tmp_path / "state"))
    rest = given(whole, "c", "d")
    restored = Search(config(search=how), str(tmp_path))
    restored.restore(str(tmp_path / "state"))
    assert given(restored, "x", "y") == rest
    assert [name for name, _ in first + rest] == ["000", "001", "002", "003"]
    assert restored.suggest("z") == Search.FINISHED


def test_trials_that_began_after_the_state_was_saved_are_given_again_as_they_were(tmp_path: Path) -> None:
    settings = config(search="tpe", trials=12)
    search = Search(settings, str(tmp_path))
    search.save(str(tmp_path / "state"))
    began = {"optimiser.learning_rate": 2e-5, "batch.size": 64}
    sweep = Sweep("search", str(tmp_path), "score", "max", 12, trials=[Trial("000", began, status="running")])
    (tmp_path / "sweep.json").write_text(sweep.to_json())
    search.restore(str(tmp_path / "state"))
    (name, parameters), other = given(search, "a", "b")
    assert (name, parameters) == ("000", began)
    assert other[0] == "001"
    assert other[1] != began


def test_a_budget_of_samples_ends_it(tmp_path: Path) -> None:
    search = Search(config(samples=400), str(tmp_path))
    given(search, "a", "b")
    finish(search, "a", 0.5)
    given(search, "c")
    search.on_trial_result("b", {EPOCHS: 1, "score": 0.5, "rows": 199})
    search.save(str(tmp_path / "state"))
    search.on_trial_result("b", {EPOCHS: 2, "score": 0.5, "rows": 1})
    assert search.suggest("d") == Search.FINISHED
    search.restore(str(tmp_path / "state"))
    assert search.suggest("d") != Search.FINISHED


def test_a_budget_of_hours_counts_over_drivers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("jobs.tuning_search.time.monotonic", lambda: now[0])
    search = Search(config(hours=1), str(tmp_path))
    now[0] = 2000.0
    given(search, "a")
    search.save(str(tmp_path / "state"))
    now[0] = 50000.0  # the driver was dead for long
    search.restore(str(tmp_path / "state"))
    now[0] += 1599.0
    given(search, "b")
    now[0] += 1.0
    assert search.suggest("c") == Search.FINISHED
