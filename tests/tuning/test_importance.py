"""Which parameters mattered, on sweeps whose answer is known."""

import math

import numpy as np
import pytest

from affect.tuning.importance import FEWEST, importance
from affect.tuning.results import Sweep, Trial
from tests.reports.made_reports import made_large_sweep


def sweep_of(values: dict[str, list], reached: list[float], epochs: int = 1) -> Sweep:
    made = Sweep(name="a", uri="a", metric="score", mode="max", planned=len(reached))
    for number, value in enumerate(reached):
        curve = [{"epoch": float(e + 1), "score": value} for e in range(epochs)]
        made.trials.append(Trial(str(number), {key: of[number] for key, of in values.items()}, curve=curve))
    return made


def test_what_decides_comes_first_and_what_does_nothing_has_no_share() -> None:
    found = {one.key: one for one in importance(made_large_sweep(60))}
    assert next(iter(found)) == "optimiser.learning_rate"
    assert found["optimiser.learning_rate"].share > 0.6
    assert found["optimiser.learning_rate"].p < 1e-4
    assert found["network.arcface.scale"].share < 0.1


def test_the_share_by_hand() -> None:
    """12 trials in two parts without an overlap: ranks 1 to 6 and 7 to 12, so H = 8.3077 and the share (H - 1) / 10."""
    found = importance(sweep_of({"a": ["x"] * 6 + ["y"] * 6}, [float(number) for number in range(12)]))
    mean = 6.5
    h = 12 / (12 * 13) * 6 * ((3.5 - mean) ** 2 + (9.5 - mean) ** 2)
    assert found[0].share == pytest.approx((h - 1) / 10)


def test_only_the_order_counts() -> None:
    sweep = made_large_sweep(40)
    before = importance(sweep)
    for trial in sweep.trials:
        for row in trial.curve:
            row["score"] = math.exp(5 * row["score"])
    assert importance(sweep) == before


def test_trials_are_compared_at_the_epoch_that_all_reached() -> None:
    """Late epochs, which only some have, say the contrary."""
    sweep = sweep_of({"a": ["x"] * 8 + ["y"] * 8}, [*np.linspace(0, 1, 8), *np.linspace(2, 3, 8)])
    before = importance(sweep)
    for trial in sweep.trials[:8:2]:
        trial.curve.append({"epoch": 2.0, "score": 99.0})
    assert importance(sweep) == before


@pytest.mark.parametrize("count", [0, FEWEST - 1])
def test_of_few_trials_nothing_is_said(count: int) -> None:
    assert importance(sweep_of({"a": list(range(count))}, [float(number) for number in range(count)])) == []


def test_a_parameter_that_never_changes_has_no_share() -> None:
    found = importance(sweep_of({"a": [1] * 12, "b": list(range(12))}, [float(number) for number in range(12)]))
    assert [(one.key, one.share > 0) for one in found] == [("b", True), ("a", False)]
