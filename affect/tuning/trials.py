"""The training runs of a sweep: their configurations, their folders, and what they came to."""

import itertools
import math
from collections.abc import Mapping
from typing import Any

from affect import storage
from affect.errors import AffectError
from affect.training.history import read_history
from affect.training.settings import Chain, TrainConfig
from affect.tuning.results import Repeat, Sweep, Trial
from affect.tuning.settings import SweepConfig

ROWS = "rows"
"""Training rows of the epoch that a report is of."""


def new_trial(config: SweepConfig, uri: str, name: str, parameters: dict[str, Any]) -> Trial:
    """A trial of the sweep in the folder ``uri`` that has not begun."""
    run = config.resolve(parameters, lambda stage: stage_uri(uri, stage))
    return Trial(name, parameters, config=run.model_dump(mode="json"), uri=trial_uri(uri, name))


def run_of(trial: Trial) -> TrainConfig | Chain:
    """The trial's configuration, read back."""
    return Chain.parse(trial.config) if "stages" in trial.config else TrainConfig.parse(trial.config)


def last_of(run: TrainConfig | Chain) -> TrainConfig:
    """The run itself; of a chain the last stage."""
    return run if isinstance(run, TrainConfig) else list(run.stages.values())[-1]


def trial_name(point: Mapping[str, Any]) -> str:
    """The number of the trial."""
    return str(point["name"])


def trial_uri(sweep_uri: str, name: str) -> str:
    return storage.join(sweep_uri, "trials", name)


def stage_uri(sweep_uri: str, stage: str) -> str:
    """Where a stage lies that all trials begin with."""
    return storage.join(sweep_uri, "stages", stage)


def repeat_uri(trial: Trial, repeat: Repeat) -> str:
    return storage.join(trial.uri, "repeats", f"seed-{repeat.seed}")


def run_uri(run: TrainConfig | Chain, uri: str) -> str:
    """The folder of ``last_of`` a run in the folder ``uri``."""
    return uri if isinstance(run, TrainConfig) else storage.join(uri, list(run.stages)[-1])


def reached(metrics: Mapping[str, float], metric: str) -> float:
    """The sweep's metric of a model; AffectError where it is not there or no number."""
    value = metrics.get(metric)
    if value is None:
        raise AffectError(f"the sweep's metric {metric!r} is not reported; there are: {', '.join(sorted(metrics))}")
    if not math.isfinite(value):
        raise AffectError(f"{metric} ended as {value}: the training diverged")
    return value


def read_history_into(record: Trial | Repeat, uri: str) -> None:
    """All that the training run in the folder ``uri`` kept of each epoch, in place of what was told of it before."""
    for row in read_history(uri).to_dict("records"):
        record.record({str(key): value for key, value in row.items()} | {"epoch": row["epoch"] + 1})


def rows_seen(trial: Trial) -> int:
    """Training rows of the epochs that were reported."""
    return int(sum(row.get(ROWS, 0) for row in trial.curve))


def choose(sweep: Sweep, config: SweepConfig) -> None:
    """Name the ``best`` trials that left a model, and the seeds that each is to be trained again with.

    The seeds are none that a trial had: a trial's result was chosen for being high, and its seed with it.
    """
    used = {last_of(run_of(trial)).seed for trial in sweep.trials}
    fresh = list(itertools.islice((seed for seed in itertools.count(1) if seed not in used), config.seeds))
    candidates = [trial for trial in sweep.ranked() if trial.model is not None and trial.result is not None]
    for trial in candidates[: config.best]:
        known = {repeat.seed: repeat for repeat in trial.repeats}
        trial.repeats = [known.get(seed, Repeat(seed)) for seed in fresh]


def with_seed(run: TrainConfig | Chain, seed: int) -> TrainConfig | Chain:
    """``run`` exactly but for the seed; of a chain that of every stage which it trains."""
    if isinstance(run, TrainConfig):
        return run.model_copy(update={"seed": seed})
    stages = {
        name: one if name in run.given else one.model_copy(update={"seed": seed}) for name, one in run.stages.items()
    }
    return run.model_copy(update={"stages": stages})
