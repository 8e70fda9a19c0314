"""A sweep over batches of 32 and 64, with the results that a test needs."""

from pathlib import Path
from typing import Any

from affect.networks.spec import NetworkSpec
from affect.training.settings import Resources, TrainConfig
from affect.tuning.results import Sweep
from affect.tuning.settings import SweepConfig
from affect.tuning.space import Choice
from affect.tuning.trials import new_trial

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
