"""What to type to go on with what a sweep found."""

import shlex
from collections.abc import Mapping
from typing import Any, Protocol

from affect import storage
from affect.configuration import flatten
from affect.training.settings import Chain, TrainConfig
from affect.tuning.results import Sweep, Trial
from affect.tuning.space import assignments
from affect.tuning.trials import last_of, run_of


class RecipeOf(Protocol):
    """The configuration of a training recipe by its name: a run that is typed again begins with it."""

    def __call__(self, name: str, *, small: bool) -> TrainConfig | Chain: ...


def commands(sweep: Sweep, recipe: RecipeOf) -> dict[str, str]:
    """What to type to promote, serve and train the winner again."""
    winner = sweep.winner()
    if winner is None:
        return {}
    name, store = _names(sweep)
    source = sweep.uri if sweep.finished else str(sweep.winning_model())
    deploy = ["python", "-m", "jobs.deploy", "--name", name, "--store", store]
    return {
        "Promote the winner": _promote(sweep, source),
        "Deploy it": shlex.join(deploy),
        "Train it again": _train_again(sweep, winner, "winner", recipe),
    }


def trial_commands(sweep: Sweep, trial: Trial, recipe: RecipeOf) -> dict[str, str]:
    """What to type to train a trial again, and to promote its model where it left one."""
    told = {"Train it again": _train_again(sweep, trial, trial.id, recipe)}
    return told if trial.model is None else told | {"Promote it": _promote(sweep, trial.model)}


def _names(sweep: Sweep) -> tuple[str, str]:
    """The name for a model of the sweep, and the store."""
    return sweep.name.replace("/", "-"), storage.join(sweep.uri.rstrip("/").rsplit("/", 1)[0], "models")


def _promote(sweep: Sweep, source: str) -> str:
    name, store = _names(sweep)
    return shlex.join(["python", "-m", "jobs.promote", source, "--name", name, "--store", store])


def _train_again(sweep: Sweep, trial: Trial, ending: str, recipe: RecipeOf) -> str:
    run = run_of(trial)
    name, small = run.recipe.removesuffix("/small"), run.recipe.endswith("/small")
    parent, folder = sweep.uri.rstrip("/").rsplit("/", 1)
    words = ["python", "-m", "jobs.train", name, *(["--small"] if small else [])]
    words += ["--out", storage.join(parent, f"{folder}-{ending}")]
    data = list(last_of(run).data)
    words += [word for one in data for word in ("--data", one)]
    whole = recipe(name, small=small).model_dump(mode="json")
    words += [word for one in assignments(_changed(trial.config, whole, data)) for word in ("--set", one)]
    return shlex.join(words)


def _changed(config: Mapping[str, Any], whole: Mapping[str, Any], data: list[str]) -> dict[str, Any]:
    """What of a configuration is not as ``whole``, the recipe's, has it, and not given by ``--data``."""
    base = flatten(dict(whole))
    left_out: dict[str, Any] = {}
    if "stages" in config:
        left_out = {f"stages.{stage}": None for stage in whole["stages"] if stage not in config["stages"]}
        config = {key: value for key, value in config.items() if key not in {"paper", "tables"}}  # the last stage's
    given = {key: value for key, value in flatten(dict(config)).items() if base.get(key) != value}
    return left_out | {key: value for key, value in given.items() if key.rsplit(".", 1)[-1] != "data" or value != data}
