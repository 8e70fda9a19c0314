"""What watches a sweep from the driver: keeps its record and has the report written while it runs."""

import logging
import re
import time
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune.experiment import Trial as TuneTrial

from affect.pacing import between_lines, duration
from affect.reports.sweep_report import write_sweep
from affect.runs import summary
from affect.tuning.commands import commands, trial_commands
from affect.tuning.record import left, read_sweep
from affect.tuning.results import Status, Sweep, Trial
from affect.tuning.settings import SweepConfig
from affect.tuning.trials import ROWS, last_of, new_trial, read_history_into, rows_seen, run_of, run_uri, trial_name
from jobs.recipes import recipe
from jobs.room import held
from jobs.tuning_trial import EPOCHS, TrialError

logger = logging.getLogger("affect")

SECONDS_BETWEEN_REPORTS = 10.0


class Watch(tune.Callback):
    """Tune keeps a pickled copy to go on with, so the record itself lies in sweep.json and is read in ``setup``."""

    def __init__(self, config: SweepConfig, uri: str, at_a_time: int = 1) -> None:
        self.config, self.uri, self.at_a_time = config, uri, at_a_time

    def setup(self, **_info: Any) -> None:
        self.sweep = read_sweep(self.uri)
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
            record.metrics = summary(folder)["metrics"]
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
            sum(trial.ended for trial in self.sweep.trials),
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


def write(sweep: Sweep) -> None:
    """Write the record and the report in all its forms."""
    each = {trial.id: trial_commands(sweep, trial, recipe) for trial in sweep.trials}
    write_sweep(sweep, commands(sweep, recipe), each)


def write_if_possible(sweep: Sweep) -> None:
    """``write`` while it runs: where the storage does not answer, the next time may reach it."""
    try:
        write(sweep)
    except OSError as error:
        logger.warning("the report could not be written: %s", error)


def _told(trial: TuneTrial) -> tuple[str, str]:
    """Why a trial failed the last time: in one line, and in full."""
    text = Path(trial.error_file).read_text(encoding="utf-8") if trial.error_file else ""
    last = re.split(r"^Failure # \d+ \(occurred at .*\)$", text, flags=re.MULTILINE)[-1].strip()
    _, _, explained = last.rpartition(f"{TrialError.__name__}: ")  # missing when the whole process died
    first, _, rest = explained.partition("\n")
    return first or "no reason given", rest.strip() or last
