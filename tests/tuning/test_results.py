import json
import math
from collections.abc import Sequence
from typing import Any

import pytest

from affect.tuning.prices import Prices
from affect.tuning.results import Repeat, Spread, Status, Sweep, Trial


def trial(name: str, status: Status, scores: Sequence[float] = (), result: float | None = None, **more: Any) -> Trial:
    curve = [{"epoch": float(epoch), "score": score} for epoch, score in enumerate(scores, 1)]
    model = f"/sweep/trials/{name}/model" if result is not None else None
    return Trial(name, {"rate": 0.1}, status=status, curve=curve, result=result, model=model, **more)


@pytest.fixture
def sweep() -> Sweep:
    trials = [
        trial("broken", "failed", [0.1], reason="it broke"),
        trial("cut", "stopped early", [0.2, 0.95]),
        trial("good", "finished", [0.3, 0.9, 0.8], 0.8),
        trial("fair", "finished", [0.3, 0.4, 0.5], 0.5),
        trial("new", "waiting"),
    ]
    return Sweep("search", "/sweep", "score", "max", 5, trials=trials)


def test_the_winner_is_the_best_model_not_the_best_epoch(sweep: Sweep) -> None:
    assert sweep.winner().id == "good"
    assert [trial.id for trial in sweep.ranked()] == ["good", "fair", "cut", "new", "broken"]


def test_the_lowest_wins_where_low_is_good(sweep: Sweep) -> None:
    sweep.mode = "min"
    assert sweep.winner().id == "fair"


def test_there_is_no_winner_without_a_model(sweep: Sweep) -> None:
    sweep.trials = [trial("cut", "stopped early", [0.9]), trial("broken", "failed")]
    assert sweep.winner() is None


def test_counts_and_best(sweep: Sweep) -> None:
    assert sweep.counts() == {"finished": 2, "stopped early": 1, "failed": 1, "waiting": 1}
    best = {trial.id: sweep.best(trial) for trial in sweep.trials}
    assert best == {"broken": 0.1, "cut": 0.95, "good": 0.8, "fair": 0.5, "new": None}


def test_an_epoch_that_is_repeated_replaces_the_earlier_one() -> None:
    record = Trial("a", {})
    for epoch, score in [(1, 0.1), (2, 0.2), (3, 0.3), (2, 0.25)]:
        record.record({"epoch": epoch, "score": score})
    assert record.values("score") == {1: 0.1, 2: 0.25, 3: 0.3}
    assert record.epochs == 3


def test_only_finite_numbers_are_kept() -> None:
    record = Trial("a", {})
    record.record({"epoch": 1, "score": math.nan, "loss": math.inf, "name": "x", "flag": True, "rate": 0.1})
    assert record.curve == [{"epoch": 1.0, "rate": 0.1}]
    assert record.values("score") == {}


def test_json_gives_everything_back(sweep: Sweep) -> None:
    text = sweep.to_json()
    assert Sweep.from_json(text) == sweep
    assert [entry["id"] for entry in json.loads(text)["trials"]] == ["broken", "cut", "good", "fair", "new"]


def test_the_table_has_a_row_a_trial(sweep: Sweep) -> None:
    table = sweep.table()
    assert table["trial"].tolist() == ["good", "fair", "cut", "new", "broken"]
    assert table["rank"].tolist() == [1, 2, 3, 4, 5]
    assert table["winner"].tolist() == [True, False, False, False, False]
    assert table["score"].tolist()[:3] == [0.8, 0.5, 0.95]
    assert math.isnan(table["score"].tolist()[3])
    assert table["reason"].tolist()[-1] == "it broke"
    assert table["rate"].tolist() == [0.1] * 5


def repeated(*results: float | None) -> list[Repeat]:
    """A repeat for each result, failed where there is none."""
    return [
        Repeat(seed, status="failed" if value is None else "finished", result=value,
               model=None if value is None else f"/seed{seed}")
        for seed, value in enumerate(results, start=1)
    ]  # fmt: skip


def test_the_best_mean_over_fresh_seeds_wins_with_the_model_of_its_best_seed(sweep: Sweep) -> None:
    good, fair = sweep.trials[2:4]
    good.repeats, fair.repeats = repeated(0.9, 0.3, 0.3), repeated(0.6, 0.7, 0.65)
    spread = sweep.spread(fair)
    assert (spread.mean, spread.deviation, spread.count) == (pytest.approx(0.65), pytest.approx(0.05), 3)
    assert sweep.winner() is fair
    assert sweep.winning_model() == "/seed2"
    assert [trial.id for trial in sweep.ranked()][:2] == ["fair", "good"]
    sweep.mode = "min"
    assert sweep.winner() is good
    assert sweep.winning_model() == "/seed2"


def test_until_all_seeds_have_ended_the_search_has_the_word(sweep: Sweep) -> None:
    good, fair = sweep.trials[2:4]
    good.repeats, fair.repeats = repeated(0.1, 0.1), repeated(0.9, 0.9)
    good.repeats[1] = Repeat(2, status="running")
    assert sweep.winner() is good
    assert sweep.winning_model() == "/sweep/trials/good/model"
    good.repeats[1] = Repeat(2, status="failed")
    assert sweep.winner() is fair


def test_a_configuration_with_a_seed_that_failed_comes_after_those_without(sweep: Sweep) -> None:
    good, fair = sweep.trials[2:4]
    good.repeats, fair.repeats = repeated(0.9, None), repeated(0.4, 0.5)
    assert [trial.id for trial in sweep.ranked()] == ["fair", "good", "cut", "new", "broken"]
    assert sweep.spread(good) == Spread(0.9, None, 1)
    fair.repeats = repeated(None, None)
    assert sweep.winner() is good
    assert sweep.spread(fair) is None


def test_hours_cost_what_the_prices_say(sweep: Sweep) -> None:
    trial = sweep.trials[2]
    trial.cpu_hours, trial.gpu_hours = 4.0, 0.5
    assert sweep.cost(trial) is None
    assert "cost" not in sweep.table()
    sweep.prices = Prices(cpu_hour=0.25, gpu_hour=3.0)
    assert sweep.cost(trial) == pytest.approx(2.5)
    assert sweep.table()["cost"].tolist()[0] == pytest.approx(2.5)
    assert Sweep.from_json(sweep.to_json()) == sweep
