"""What TPE, the tree-structured Parzen estimator, proposes to try next (Bergstra and others, 2011), by Optuna."""

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from affect.errors import AffectError
from affect.tuning.results import Trial
from affect.tuning.space import Distribution, LogUniform, Scalar, SweepSpace, Uniform


def check_optuna() -> None:
    """Raise AffectError where Optuna is not installed."""
    _optuna()


def propose(
    space: SweepSpace, trials: Sequence[Trial], metric: str, mode: Literal["max", "min"], seed: int
) -> dict[str, Scalar]:
    """The next point of ``space`` after ``trials``: a function of what they came to and of the seed alone.

    A trial that was stopped early counts as pruned after its last epoch, one that runs keeps others away from where it
    is, one that failed is left out. Before ten have ended points are drawn at random.
    """
    optuna = _optuna()
    distributions = {key: _distribution(optuna, values) for key, values in space.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        # With constant_liar those that run count as poor, so that trials side by side do not crowd one place.
        sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    study = optuna.create_study(sampler=sampler, direction="maximize" if mode == "max" else "minimize")
    state = optuna.trial.TrialState
    for trial in trials:
        values = trial.values(metric)
        how: dict[str, Any] = {"state": state.RUNNING}
        if trial.status == "failed":
            continue
        if trial.result is not None:
            how = {"state": state.COMPLETE, "value": trial.result}
        elif trial.status == "stopped early" and values:
            how = {"state": state.PRUNED}
        study.add_trial(
            optuna.create_trial(
                params=_known(trial, space), distributions=distributions, intermediate_values=values, **how
            )
        )
    asked = study.ask(fixed_distributions=distributions)
    return {key: asked.params[key] for key in space}


def seed_of(seed: int, number: int) -> int:
    """A seed of its own for each number."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def _known(trial: Trial, space: SweepSpace) -> dict[str, Any]:
    return {key: trial.parameters[key] for key in space}


def _distribution(optuna: Any, distribution: Distribution) -> Any:
    match distribution:
        case Uniform(low=low, high=high):
            return optuna.distributions.FloatDistribution(low, high)
        case LogUniform(low=low, high=high):
            return optuna.distributions.FloatDistribution(low, high, log=True)
        case _:
            return optuna.distributions.CategoricalDistribution(distribution.values)


def _optuna() -> Any:
    try:
        import optuna  # noqa: PLC0415 - only who asks for it needs it
    except ImportError as error:
        raise AffectError("search=tpe needs Optuna: pip install optuna, or leave search=random") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
