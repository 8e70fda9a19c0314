import numpy as np
import optuna
import pytest

from affect.tuning.importance import FEWEST_TRIALS, importances
from affect.tuning.results import Sweep, Trial

SPACE = {
    "rate": {"kind": "loguniform", "low": 1e-5, "high": 1e-1},
    "depth": {"kind": "choice", "values": [1, 2, 4, 8]},
    "drop": {"kind": "uniform", "low": 0.0, "high": 0.5},
}


def swept(count: int, mode: str = "max") -> Sweep:
    """The rate decides, depth adds a little, drop nothing."""
    generator = np.random.default_rng(3)
    sweep = Sweep("a", "/a", "score", mode, count, config={"space": SPACE})
    for number in range(count):
        parameters = {
            "rate": float(10 ** generator.uniform(-5, -1)),
            "depth": int(generator.choice([1, 2, 4, 8])),
            "drop": float(generator.uniform(0, 0.5)),
        }
        score = -((np.log10(parameters["rate"]) + 3) ** 2) + 0.1 * parameters["depth"]
        result = float(score if mode == "max" else -score)
        sweep.trials.append(Trial(str(number), parameters, status="finished", result=result))
    return sweep


@pytest.mark.parametrize("mode", ["max", "min"])
def test_importances_are_optunas(mode: str) -> None:
    sweep = swept(100, mode)
    distributions = {
        "rate": optuna.distributions.FloatDistribution(1e-5, 1e-1, log=True),
        "depth": optuna.distributions.CategoricalDistribution([1, 2, 4, 8]),
        "drop": optuna.distributions.FloatDistribution(0.0, 0.5),
    }
    study = optuna.create_study(direction="maximize" if mode == "max" else "minimize")
    for trial in sweep.trials:
        study.add_trial(
            optuna.trial.create_trial(params=trial.parameters, distributions=distributions, value=trial.result)
        )
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=0.25)
    expected = optuna.importance.get_param_importances(study, evaluator=evaluator)
    assert {one.key: one.value for one in importances(sweep)} == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_only_what_decides_is_beyond_chance() -> None:
    found = {one.key: one for one in importances(swept(100))}
    assert found["rate"].beyond_chance
    assert not found["drop"].beyond_chance


def test_there_is_none_of_too_few_trials() -> None:
    assert importances(swept(FEWEST_TRIALS - 1)) == []
    assert len(importances(swept(FEWEST_TRIALS))) == len(SPACE)


def test_trials_that_did_not_end_are_not_judged() -> None:
    sweep = swept(FEWEST_TRIALS)
    sweep.trials[0].status = "failed"
    assert importances(sweep) == []
