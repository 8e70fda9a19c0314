"""What watches a sweep from the driver: keeps its record and has the report written while it runs."""

import json
import logging
import re
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune.experiment import Trial as TuneTrial

from affect import storage
from affect.configuration import flatten
from affect.pacing import between_lines, duration
from affect.reports.sweep_report import write_sweep
from affect.training.history import read_history
from affect.training.settings import Chain, TrainConfig
from affect.tuning.results import Repeat, Status, Sweep, Trial
from affect.tuning.settings import SweepConfig
from affect.tuning.space import assignments
from jobs.recipes import recipe
from jobs.room import held
from jobs.tuning_trial import EPOCHS, ROWS, TrialError, last_of, run_uri, stage_uri, trial_name, trial_uri

logger = logging.getLogger("affect")

SECONDS_BETWEEN_REPORTS = 10.0


class Watch(tune.Callback):
    """Tune keeps a pickled copy to go on with, so the record itself lies in sweep.json and is read in ``setup``."""

    def __init__(self, config: SweepConfig, uri: str, at_a_time: int = 1) -> None:
        self.config, self.uri, self.at_a_time = config, uri, at_a_time

    def setup(self, **_info: Any) -> None:
        self.sweep = read(self.uri)
        self._began: dict[str, float] = {}
        self._setup = self._sweep_began = self._written = self._told = time.monotonic()

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
            record.record({"epoch": result[EPOCHS], self.sweep.metric: value, ROWS: result.get(ROWS, 0)})
        self._clock(record)
        self._tell()
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
        self._pass_time()
        write(self.sweep)

    def _record(self, trial: TuneTrial) -> Trial:
        point = trial.config["point"]
        name = trial_name(point)
        known = next((record for record in self.sweep.trials if record.id == name), None)
        if known is None:
            known = new_trial(self.config, self.uri, name, dict(point["parameters"]))
            self.sweep.trials.append(known)
        return known

    def _end(self, record: Trial, status: Status) -> None:
        record.status = status
        folder = run_uri(run_of(record), record.uri)
        read_history_into(record, folder)
        if record.model is not None:
            record.metrics = json.loads(storage.read_text(storage.join(folder, "DONE")))["metrics"]
        self._clock(record)
        self._began.pop(record.id, None)
        value = self.sweep.best(record)
        reached = record.reason if status == "failed" or value is None else f"{self.sweep.metric} {value:.4g}"
        counts = ", ".join(f"{count} {name}" for name, count in self.sweep.counts().items())
        logger.info("trial %s %s: %s (of %d: %s)", record.id, status, reached, self.sweep.planned, counts)
        # At once: Tune tells of an end only once, and a driver that dies now would have it running for ever.
        self._pass_time()
        write_if_possible(self.sweep)

    def _clock(self, record: Trial) -> None:
        now = time.monotonic()
        seconds = now - self._began.get(record.id, now)
        cpus, gpus = held(last_of(run_of(record)).resources)
        record.seconds += seconds
        record.cpu_hours += seconds * cpus / 3600
        record.gpu_hours += seconds * gpus / 3600
        record.rows = rows_seen(record)
        self._began[record.id] = now

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told < between_lines(now - self._setup, SECONDS_BETWEEN_REPORTS):
            return
        self._told = now
        running = [f"{trial.id} after epoch {trial.epochs}" for trial in self.sweep.trials if trial.status == "running"]
        seconds = left(self.sweep, self.config, self.at_a_time)
        logger.info(
            "%d of %d trials ended; running: %s%s",
            sum(trial.status in ENDED for trial in self.sweep.trials),
            self.sweep.planned,
            ", ".join(running),
            "" if seconds is None else f"; the search takes about {duration(seconds)} more",
        )

    def _write_soon(self) -> None:
        if time.monotonic() - self._written > SECONDS_BETWEEN_REPORTS:
            self._pass_time()
            write_if_possible(self.sweep)

    def _pass_time(self) -> None:
        now = time.monotonic()
        self.sweep.seconds += now - self._sweep_began
        self._sweep_began = self._written = now


ENDED: frozenset[Status] = frozenset({"finished", "stopped early", "failed"})


def left(sweep: Sweep, config: SweepConfig, at_a_time: int) -> float | None:
    """Seconds until the search ends, as trials took so long until now; None before one has ended.

    A budget of hours ends it no later than that and one trial more; the repeats are not counted.
    """
    taken = [trial.seconds for trial in sweep.trials if trial.status in ENDED]
    if not taken:
        return None
    typical = sum(taken) / len(taken)
    running = sum(max(0.0, typical - trial.seconds) for trial in sweep.trials if trial.status not in ENDED)
    whole = (running + (sweep.planned - len(sweep.trials)) * typical) / at_a_time
    if config.hours is None:
        return whole
    return min(whole, max(0.0, config.hours * 3600 - sweep.seconds) + typical)


def rows_seen(trial: Trial) -> int:
    """Training rows of the epochs that were reported."""
    return int(sum(row.get(ROWS, 0) for row in trial.curve))


def new_trial(config: SweepConfig, uri: str, name: str, parameters: dict[str, Any]) -> Trial:
    """A trial of the sweep in the folder ``uri`` that has not begun."""
    run = config.resolve(parameters, lambda stage: stage_uri(uri, stage))
    return Trial(name, parameters, config=run.model_dump(mode="json"), uri=trial_uri(uri, name))


def run_of(trial: Trial) -> TrainConfig | Chain:
    """The trial's configuration, read back."""
    return Chain.parse(trial.config) if "stages" in trial.config else TrainConfig.parse(trial.config)


def read(uri: str) -> Sweep:
    """The record in a sweep's folder."""
    return Sweep.from_json(storage.read_text(storage.join(uri, "sweep.json")))


def write(sweep: Sweep) -> None:
    """Write the report in all its forms, and winner.json once the sweep has finished with a winner."""
    write_sweep(sweep, commands(sweep), {trial.id: trial_commands(sweep, trial) for trial in sweep.trials})
    if sweep.finished and sweep.winner() is not None:
        storage.write_text(storage.join(sweep.uri, "winner.json"), json.dumps(winner_told(sweep), indent=2) + "\n")


def write_if_possible(sweep: Sweep) -> None:
    """``write`` while it runs: where the storage does not answer, the next time may reach it."""
    try:
        write(sweep)
    except OSError as error:
        logger.warning("the report could not be written: %s", error)


def winner_told(sweep: Sweep) -> dict[str, Any]:
    """What winner.json says: which model it names and what that came to, and how sure that is.

    ``value`` is the sweep's metric of the named model on the validation split. With repeats it is the best of the
    seeds, and ``mean`` says what to expect of another.
    """
    winner, spread = sweep.winner(), None
    assert winner is not None
    if winner.repeats:
        spread = sweep.spread(winner)
    model = sweep.winning_model()
    named: Trial | Repeat = next((repeat for repeat in winner.repeats if repeat.model == model), winner)
    told: dict[str, Any] = {
        "model": model,
        "trial": winner.id,
        "metric": sweep.metric,
        "value": named.result,
        "metrics": named.metrics,
        "parameters": winner.parameters,
        "config": winner.config,
    }
    if spread is not None:
        told["search_value"] = winner.result
        told |= {"mean": spread.mean, "deviation": spread.deviation}
        told["seeds"] = [
            {
                "seed": repeat.seed,
                "status": repeat.status,
                "value": repeat.result,
                "metrics": repeat.metrics,
                "model": repeat.model,
                "reason": repeat.reason,
            }
            for repeat in winner.repeats
        ]
        told["seed"] = next((repeat.seed for repeat in winner.repeats if repeat.model == model), None)
    return told


def commands(sweep: Sweep) -> dict[str, str]:
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
        "Train it again": _train_again(sweep, winner, "winner"),
    }


def trial_commands(sweep: Sweep, trial: Trial) -> dict[str, str]:
    """What to type to train a trial again, and to promote its model where it left one."""
    told = {"Train it again": _train_again(sweep, trial, trial.id)}
    return told if trial.model is None else told | {"Promote it": _promote(sweep, trial.model)}


def _names(sweep: Sweep) -> tuple[str, str]:
    """The name for a model of the sweep, and the store."""
    return sweep.name.replace("/", "-"), storage.join(sweep.uri.rstrip("/").rsplit("/", 1)[0], "models")


def _promote(sweep: Sweep, source: str) -> str:
    name, store = _names(sweep)
    return shlex.join(["python", "-m", "jobs.promote", source, "--name", name, "--store", store])


def _train_again(sweep: Sweep, trial: Trial, ending: str) -> str:
    run = run_of(trial)
    name, small = run.recipe.removesuffix("/small"), run.recipe.endswith("/small")
    parent, folder = sweep.uri.rstrip("/").rsplit("/", 1)
    words = ["python", "-m", "jobs.train", name, *(["--small"] if small else [])]
    words += ["--out", storage.join(parent, f"{folder}-{ending}")]
    data = list(last_of(run).data)
    words += [word for one in data for word in ("--data", one)]
    words += [
        word for one in assignments(_changed(trial.config, name, small=small, data=data)) for word in ("--set", one)
    ]
    return shlex.join(words)


def _changed(config: Mapping[str, Any], name: str, *, small: bool, data: list[str]) -> dict[str, Any]:
    """What of a configuration is not as the recipe has it, and not given by ``--data``."""
    whole = recipe(name, small=small).model_dump(mode="json")
    base = flatten(whole)
    left_out: dict[str, Any] = {}
    if "stages" in config:
        left_out = {f"stages.{stage}": None for stage in whole["stages"] if stage not in config["stages"]}
        config = {key: value for key, value in config.items() if key not in {"paper", "tables"}}  # the last stage's
    given = {key: value for key, value in flatten(dict(config)).items() if base.get(key) != value}
    return left_out | {key: value for key, value in given.items() if key.rsplit(".", 1)[-1] != "data" or value != data}


def _told(trial: TuneTrial) -> tuple[str, str]:
    """Why a trial failed the last time: in one line, and in full."""
    text = Path(trial.error_file).read_text(encoding="utf-8") if trial.error_file else ""
    last = re.split(r"^Failure # \d+ \(occurred at .*\)$", text, flags=re.MULTILINE)[-1].strip()
    _, _, explained = last.rpartition(f"{TrialError.__name__}: ")  # missing when the whole process died
    first, _, rest = explained.partition("\n")
    return first or "no reason given", rest.strip() or last


def read_history_into(record: Trial | Repeat, uri: str) -> None:
    """All that the training run in the folder ``uri`` kept of each epoch, in place of what was told of it before."""
    for row in read_history(uri).to_dict("records"):
        record.record({str(key): value for key, value in row.items()} | {"epoch": row["epoch"] + 1})
