from collections import Counter

import numpy as np
import pytest

from affect.tuning.proposing import propose, seed_of
from affect.tuning.results import Trial
from affect.tuning.space import Choice, LogUniform, SweepSpace, Uniform

SPACE: SweepSpace = {
    "a": Uniform(low=-1, high=1),
    "b": LogUniform(low=1e-5, high=1e-1),
    "c": Choice(values=(32, "x", None)),
}


def value(point: dict) -> float:
    """Best at a = 0.5, b = 1e-3, c = 32."""
    return -((point["a"] - 0.5) ** 2) - (np.log10(point["b"]) + 3) ** 2 / 4 - (point["c"] != 32)


def search(count: int, seed: int, mode: str = "max") -> list[Trial]:
    trials: list[Trial] = []
    sign = 1 if mode == "max" else -1
    for number in range(count):
        point = propose(SPACE, trials, "score", mode, seed_of(seed, number))
        trials.append(Trial(str(number), point, status="finished", result=sign * value(point)))
    return trials


@pytest.mark.parametrize("mode", ["max", "min"])
def test_it_learns_where_values_are_good(mode: str) -> None:
    trials = search(60, seed=0, mode=mode)
    early, late = ([value(trial.parameters) for trial in part] for part in (trials[:10], trials[-20:]))
    assert np.mean(late) > np.mean(early) + 0.5
    assert Counter(trial.parameters["c"] for trial in trials[-20:])[32] > 10


def test_it_is_a_function_of_what_was_tried_and_of_the_seed() -> None:
    trials = search(14, seed=1)
    assert propose(SPACE, trials, "score", "max", 5) == propose(SPACE, trials, "score", "max", 5)
    assert propose(SPACE, trials, "score", "max", 5) != propose(SPACE, trials, "score", "max", 6)
    assert trials[:5] == search(5, seed=1)


def test_points_lie_in_the_space() -> None:
    for trial in search(20, seed=2):
        assert -1 <= trial.parameters["a"] <= 1
        assert 1e-5 <= trial.parameters["b"] <= 1e-1
        assert trial.parameters["c"] in {32, "x", None}


def test_trials_that_run_failed_or_were_stopped_are_taken_as_such() -> None:
    """Those stopped early with poor values keep it away as finished ones do; one without a value does no harm."""
    poor = [
        Trial(str(number), {"a": -0.9 + number / 100, "b": 1e-4, "c": 32}, status="stopped early",
              curve=[{"epoch": 1.0, "score": -5.0}])
        for number in range(10)
    ]  # fmt: skip
    good = [
        Trial(f"g{number}", {"a": 0.5 + number / 100, "b": 1e-4, "c": 32}, status="finished", result=1.0)
        for number in range(10)
    ]
    others = [
        Trial("r", {"a": 0.0, "b": 1e-3, "c": "x"}, status="running"),
        Trial("f", {"a": 0.0, "b": 1e-3, "c": "x"}, status="failed", result=9.0),
        Trial("s", {"a": 0.0, "b": 1e-3, "c": "x"}, status="stopped early"),
    ]
    drawn = [propose(SPACE, [*poor, *good, *others], "score", "max", seed)["a"] for seed in range(20)]
    assert np.mean(np.array(drawn) > 0) > 0.8
