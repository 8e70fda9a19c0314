"""What watches a sweep from the driver: keeps its record and has the report written while it runs."""

import json
import logging
import re
import shlex
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from ray import tune
from ray.tune.experiment import Trial as TuneTrial

from affect import storage
from affect.configuration import flatten
from affect.reports.sweep_report import write_sweep
from affect.tuning.results import Status, Sweep, Trial
from affect.tuning.settings import SweepConfig
from affect.tuning.space import assignments
from jobs.recipes import TRAIN_RECIPES
from jobs.tuning_trial import EPOCHS, TrialError, trial_name, trial_uri

logger = logging.getLogger("affect")

SECONDS_BETWEEN_REPORTS = 10.0


class Watch(tune.Callback):
    """Tune keeps a pickled copy to go on with, so the record itself lies in sweep.json and is read in ``setup``."""

    def __init__(self, config: SweepConfig, uri: str) -> None:
        self.config, self.uri = config, uri

    def setup(self, **_info: Any) -> None:
        self.sweep = read(self.uri)
        self._began: dict[str, float] = {}
        self._sweep_began = self._written = time.monotonic()

    def on_trial_start(self, trial: TuneTrial, **_info: Any) -> None:
        record = self._record(trial)
        record.status, record.attempts = "running", record.attempts + 1
        self._began[record.id] = time.monotonic()
        self._write_soon()

    def on_trial_result(self, trial: TuneTrial, result: dict[str, Any], **_info: Any) -> None:
        record, value = self._record(trial), float(result[self.sweep.metric])
        if "model" in result:
            record.model, record.result = result["model"], value
        else:
            record.record({"epoch": result[EPOCHS], self.sweep.metric: value})
        self._clock(record)
        self._write_soon()

    def on_trial_complete(self, trial: TuneTrial, **_info: Any) -> None:
        record = self._record(trial)
        record.reason = record.trace = ""
        self._end(record, "finished" if record.model else "stopped early")

    def on_trial_recover(self, trial: TuneTrial, **_info: Any) -> None:
        record = self._record(trial)
        record.reason, record.trace = _told(trial)
        record.status = "waiting"
        self._clock(record)
        logger.warning("trial %s failed and starts again: %s", record.id, record.reason)
        self._write_soon()

    def on_trial_error(self, trial: TuneTrial, **_info: Any) -> None:
        record = self._record(trial)
        record.reason, record.trace = _told(trial)
        self._end(record, "failed")

    def on_experiment_end(self, **_info: Any) -> None:
        self._write_now()

    def _record(self, trial: TuneTrial) -> Trial:
        point = trial.config["point"]
        name = trial_name(point, trial.trial_id)
        known = next((record for record in self.sweep.trials if record.id == name), None)
        if known is None:
            known = new_trial(self.config, name, dict(point["parameters"]))
            self.sweep.trials.append(known)
        return known

    def _end(self, record: Trial, status: Status) -> None:
        record.status = status
        self._clock(record)
        self._began.pop(record.id, None)
        _read_history(record, trial_uri(self.uri, record.id))
        value = self.sweep.best(record)
        reached = record.reason if status == "failed" or value is None else f"{self.sweep.metric} {value:.4g}"
        counts = ", ".join(f"{count} {name}" for name, count in self.sweep.counts().items())
        logger.info("trial %s %s: %s (of %d: %s)", record.id, status, reached, self.sweep.planned, counts)
        self._write_soon()

    def _clock(self, record: Trial) -> None:
        now = time.monotonic()
        record.seconds += now - self._began.get(record.id, now)
        self._began[record.id] = now

    def _write_soon(self) -> None:
        if time.monotonic() - self._written > SECONDS_BETWEEN_REPORTS:
            try:
                self._write_now()
            except OSError as error:  # the next one may reach the storage
                logger.warning("the report could not be written: %s", error)

    def _write_now(self) -> None:
        now = time.monotonic()
        self.sweep.seconds += now - self._sweep_began
        self._sweep_began = self._written = now
        write(self.sweep, self.config)


def new_trial(config: SweepConfig, name: str, parameters: dict[str, Any]) -> Trial:
    """A trial that has not begun."""
    resolved = config.train.override(assignments(parameters))
    return Trial(name, parameters, config=resolved.model_dump(mode="json"))


def read(uri: str) -> Sweep:
    """The record in a sweep's folder."""
    return Sweep.from_json(storage.read_text(storage.join(uri, "sweep.json")))


def write(sweep: Sweep, config: SweepConfig) -> None:
    """Write the report in all its forms, and winner.json once the sweep has finished with a winner."""
    write_sweep(sweep, commands(sweep, config))
    winner = sweep.winner()
    if sweep.finished and winner is not None:
        told = {
            "model": winner.model,
            "trial": winner.id,
            "metric": sweep.metric,
            "value": winner.result,
            "parameters": winner.parameters,
            "config": winner.config,
        }
        storage.write_text(storage.join(sweep.uri, "winner.json"), json.dumps(told, indent=2) + "\n")


def commands(sweep: Sweep, config: SweepConfig) -> dict[str, str]:
    """What to type to promote, serve and train the winner again."""
    winner = sweep.winner()
    if winner is None:
        return {}
    parent, folder = sweep.uri.rstrip("/").rsplit("/", 1)
    name, store = config.recipe.replace("/", "-"), storage.join(parent, "models")
    base = flatten(TRAIN_RECIPES[config.train.recipe]().model_dump(mode="json"))
    changed = {key: value for key, value in flatten(winner.config).items() if key != "data" and base.get(key) != value}
    again = ["python", "-m", "jobs.train", config.train.recipe, "--out", storage.join(parent, f"{folder}-winner")]
    again += [word for data in winner.config["data"] for word in ("--data", data)]
    again += [word for assignment in assignments(changed) for word in ("--set", assignment)]
    source = sweep.uri if sweep.finished else str(winner.model)
    return {
        "Promote the winner": shlex.join(["python", "-m", "jobs.promote", source, "--name", name, "--store", store]),
        "Deploy it": shlex.join(["python", "-m", "jobs.deploy", "--name", name, "--store", store]),
        "Train it again": shlex.join(again),
    }


def _told(trial: TuneTrial) -> tuple[str, str]:
    """Why a trial failed the last time: in one line, and in full."""
    text = Path(trial.error_file).read_text(encoding="utf-8") if trial.error_file else ""
    last = re.split(r"^Failure # \d+ \(occurred at .*\)$", text, flags=re.MULTILINE)[-1].strip()
    _, _, explained = last.rpartition(f"{TrialError.__name__}: ")  # missing when the whole process died
    first, _, rest = explained.partition("\n")
    return first or "no reason given", rest.strip() or last


def _read_history(record: Trial, uri: str) -> None:
    """All that the training run kept of each epoch, in place of the one metric that Tune was told."""
    history = storage.join(uri, "metrics.parquet")
    if storage.exists(history):
        frame = pd.read_parquet(pa.BufferReader(storage.read_bytes(history)))
        for row in frame.to_dict("records"):
            record.record({str(key): value for key, value in row.items()} | {"epoch": row["epoch"] + 1})
