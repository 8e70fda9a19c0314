"""The best configurations with other seeds: how they run side by side, and what becomes of failures."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from affect.training.settings import TrainConfig
from affect.tuning.record import winner_told
from affect.tuning.results import Sweep
from affect.tuning.trials import choose, repeat_uri, run_of
from jobs.tuning_repeats import run_repeats
from tests.tuning.made_trials import config, sweep


def pretended(settings: dict[str, Any], uri: str, chain: bool, known: list[Any]) -> dict[str, Any]:
    """In place of a training: the score is the seed's, seed 3 of a batch of 32 fails twice, and always of 64."""
    folder = Path(uri)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "calls").open("a") as calls:
        calls.write(json.dumps({"began": time.time(), "known": known}) + "\n")
    time.sleep(0.3)
    seed, tries = settings["seed"], len((folder / "calls").read_text().splitlines())
    with (folder / "calls").open("a") as calls:
        calls.write(json.dumps({"ended": time.time()}) + "\n")
    if seed == 3 and (settings["batch"]["size"] == 64 or tries < 4):
        return {"failed": f"lost {uri}\nits trace"}
    return {"metrics": {"validation": {"score": seed / 10}, "test": {"score": 0.1}}, "model": f"{uri}/model"}


@pytest.mark.ray
@pytest.mark.usefixtures("ray_cluster")
def test_repeats_run_side_by_side_and_failures_are_tried_again_then_told(tmp_path: Path) -> None:
    made = sweep(tmp_path, config(), 0.9, 0.8, 0.1)
    choose(made, config())
    done = made.trials[0].repeats[0]
    done.status, done.result, done.model = "finished", 0.5, "/kept"
    written: list[list[str]] = []

    def write(record: Sweep) -> None:
        written.append([repeat.status for trial in record.trials for repeat in trial.repeats])

    run_repeats(made, 2, ["rows"], 2, write, pretended)  # type: ignore[list-item]
    first, second, third = made.trials
    assert [(repeat.status, repeat.attempts) for repeat in first.repeats] == [
        ("finished", 0),
        ("failed", 3),
        ("finished", 1),
    ]
    assert (first.repeats[1].reason, first.repeats[1].trace) == (
        f"lost {repeat_uri(first, first.repeats[1])}",
        "its trace",
    )
    assert [repeat.result for repeat in second.repeats] == [0.1, 0.3, 0.4]
    assert second.repeats[1].attempts == 3
    assert second.repeats[1].reason == ""
    assert third.repeats == []
    assert not Path(repeat_uri(first, done)).exists()
    assert second.cpu_hours == pytest.approx(sum(repeat.seconds for repeat in second.repeats) / 3600)
    assert max(states.count("running") for states in written) == 2
    calls = [json.loads(line) for file in tmp_path.rglob("calls") for line in file.read_text().splitlines()]
    assert all(call["known"] == ["rows"] for call in calls if "known" in call)

    made.phase = "finished"
    assert made.winner() is second  # of the other a seed failed
    told = winner_told(made)
    assert (told["trial"], told["value"], told["seed"], told["model"]) == ("001", 0.4, 4, second.repeats[2].model)
    assert told["mean"] == pytest.approx(0.8 / 3)
    assert [one["value"] for one in told["seeds"]] == [0.1, 0.3, 0.4]
    assert told["search_value"] == 0.8
    assert told["metrics"]["test"] == {"score": 0.1}
    assert TrainConfig.parse(told["config"]) == run_of(second)
