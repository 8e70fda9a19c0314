"""What runs for one trial of a sweep."""

import contextlib
import logging
import math
import threading
import traceback
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from ray import tune
from ray.train import TrainingFailedError, UserCallback
from ray.util.queue import Empty, Queue

from affect import storage
from affect.errors import AffectError
from affect.runs import RunFolder
from affect.training.settings import TrainConfig
from affect.tuning.space import assignments
from jobs.train import fit, leave_report

EPOCHS = "epochs_done"
"""What ASHA counts: a report after the first epoch says 1."""


class TrialError(Exception):
    """Ends a trial: the reason in the first line, what is known of it below."""


class Reporter(UserCallback):
    """Puts the sweep's metric of each epoch but the last into a queue; runs in the training run's controller.

    Tune ends a trial at its last report, so it hears of the last epoch with the finished model.
    """

    def __init__(self, reports: Queue, metric: str, epochs: int) -> None:
        self.reports, self.metric, self.epochs = reports, metric, epochs

    def after_report(self, run_context: Any, metrics: list[dict[str, Any]], checkpoint: Any) -> None:  # noqa: ARG002
        """Called with each worker's report."""
        done, value = metrics[0]["epoch"] + 1, metrics[0].get(self.metric, math.nan)
        if done < self.epochs and math.isfinite(value):
            self.reports.put({EPOCHS: done, self.metric: value})


def run_trial(drawn: Mapping[str, Any], sweep_uri: str, train: Mapping[str, Any], metric: str) -> None:
    """Train with the drawn parameters in a folder of its own; a trial that starts again goes on in it."""
    logging.getLogger("affect").setLevel(logging.INFO)
    try:
        config = TrainConfig.parse(train).override(assignments(drawn["point"]["parameters"]))
        name = trial_name(drawn["point"], tune.get_context().get_trial_id())
        with RunFolder(trial_uri(sweep_uri, name), config) as run:
            if not run.finished:
                answer = _fit_and_report(config, run.uri, metric)
                leave_report(config, run.uri, answer)
                run.done(answer)
            answer = run.summary()
        value = _reached(answer["metrics"]["validation"], metric)
    except Exception as error:  # noqa: BLE001 - whatever it was, the sweep goes on and shows it
        raise TrialError(explain(error)) from None
    tune.report({EPOCHS: config.epochs, metric: value, "model": answer["model"]})


def _fit_and_report(config: TrainConfig, out: str, metric: str) -> dict[str, Any]:
    # Not with Ray's TuneReportCallback: what it still has in its queue when fit returns is lost, or blocks Tune.
    reports = Queue(actor_options={"num_cpus": 0})
    run: Future[dict[str, Any]] = Future()

    def work() -> None:
        try:
            run.set_result(fit(config, out, callbacks=[Reporter(reports, metric, config.epochs)]))
        except BaseException as error:  # noqa: BLE001 - raised by run.result()
            run.set_exception(error)

    # A daemon: when Tune stops the trial it must not wait for the training.
    threading.Thread(target=work, daemon=True).start()
    while not run.done() or not reports.empty():
        with contextlib.suppress(Empty):
            tune.report(reports.get(timeout=0.5))
    return run.result()


def _reached(metrics: Mapping[str, float], metric: str) -> float:
    value = metrics.get(metric)
    if value is None:
        raise AffectError(f"the sweep's metric {metric!r} is not reported; there are: {', '.join(sorted(metrics))}")
    if not math.isfinite(value):
        raise AffectError(f"{metric} ended as {value}: the training diverged")
    return value


def trial_name(point: Mapping[str, Any], tune_id: str) -> str:
    """A trial drawn beforehand has its number as name, another the one that Tune gave it."""
    return str(point["name"] or tune_id)


def trial_uri(sweep_uri: str, name: str) -> str:
    return storage.join(sweep_uri, "trials", name)


def explain(error: Exception) -> str:
    """The reason in the first line, everything below it."""
    failures = getattr(error, "worker_failures", None) or {0: getattr(error, "controller_failure", error)}
    cause = next(iter(failures.values()))
    said = " ".join(line.strip() for line in str(cause).splitlines() if line.strip())
    reason = said if isinstance(cause, AffectError) else f"{type(cause).__name__}: {said}"
    whole = str(error) if isinstance(error, TrainingFailedError) else "".join(traceback.format_exception(error))
    return f"{reason}\n{whole}"
