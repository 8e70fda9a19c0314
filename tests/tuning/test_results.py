import json
import math
from collections.abc import Sequence
from typing import Any

import pytest

from affect.tuning.results import Status, Sweep, Trial


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
