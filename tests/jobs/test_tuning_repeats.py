"""The best configurations with other seeds: which, how they run side by side, and what becomes of failures."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from affect.networks.spec import NetworkSpec
from affect.training.settings import Chain, Resources, TrainConfig
from affect.tuning.results import Sweep
from affect.tuning.settings import SweepConfig
from affect.tuning.space import Choice
from jobs.tuning_repeats import choose, repeat_uri, run_repeats, with_seed
from jobs.tuning_watch import new_trial, run_of, winner_told

TRAIN = TrainConfig(
    recipe="sample/mt-arcres", network=NetworkSpec(encoder="arc-res"), epochs=4, seed=2, resources=Resources(gpu=False)
)


def config(**changes: Any) -> SweepConfig:
    known = {"recipe": "s", "train": TRAIN, "space": {"batch.size": Choice(values=(32, 64))}, "best": 2, "seeds": 3}
    return SweepConfig(**(known | changes))


def sweep(folder: Path, settings: SweepConfig, *results: float | None) -> Sweep:
    made = Sweep("s", str(folder), "score", "max", len(results), phase="repeating")
    for number, result in enumerate(results):
        trial = new_trial(settings, str(folder), f"{number:03d}", {"batch.size": 32 if number % 2 else 64})
        trial.status, trial.result = "stopped early" if result is None else "finished", result
        trial.model = None if result is None else f"{trial.uri}/model"
        made.trials.append(trial)
    return made


def test_the_best_get_seeds_that_no_trial_had(tmp_path: Path) -> None:
    made = sweep(tmp_path, config(), 0.3, 0.9, None, 0.5)
    choose(made, config())
    assert {trial.id: [repeat.seed for repeat in trial.repeats] for trial in made.trials} == {
        "000": [],
        "001": [1, 3, 4],  # 2 was the search's
        "002": [],
        "003": [1, 3, 4],
    }
    made.trials[1].repeats[0].status = "finished"
    choose(made, config())
    assert [repeat.status for repeat in made.trials[1].repeats] == ["finished", "waiting", "waiting"]


@pytest.mark.parametrize(
    "run", [TRAIN, Chain(recipe="c", stages={"a": TRAIN, "b": TRAIN, "c": TRAIN}, given={"a": "m"})]
)
def test_a_repeat_is_its_trial_exactly_but_for_the_seed(run: TrainConfig | Chain) -> None:
    other = with_seed(run, 7)
    if isinstance(run, TrainConfig):
        assert other.seed == 7
    else:
        assert [one.seed for one in other.stages.values()] == [2, 7, 7]  # a is given: it is not trained
    assert with_seed(other, 2) == run


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


def test_a_winner_without_repeats_is_told_as_the_search_had_it(tmp_path: Path) -> None:
    made = sweep(tmp_path, config(), 0.9, 0.8)
    told = winner_told(made)
    assert (told["trial"], told["value"], told["model"]) == ("000", 0.9, made.trials[0].model)
    assert "mean" not in told
