"""What runs for one trial of a sweep."""

import contextlib
import logging
import math
import threading
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from ray import tune
from ray.train import TrainingFailedError, UserCallback
from ray.util.queue import Empty, Queue

from affect.errors import AffectError
from affect.training.history import read_history
from affect.training.indexes import Indexes
from affect.training.settings import Chain, TrainConfig
from affect.tuning.settings import SweepConfig
from affect.tuning.trials import ROWS, last_of, reached, run_uri, stage_uri, trial_name, trial_uri
from jobs.train import train_chain, train_once

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
            self.reports.put({EPOCHS: done, self.metric: value, ROWS: metrics[0].get(ROWS, 0)})


def run_trial(
    drawn: Mapping[str, Any], sweep_uri: str, settings: Mapping[str, Any], known: Sequence[Indexes] = ()
) -> None:
    """Train with the drawn parameters in a folder of its own; a trial that starts again goes on in it."""
    logging.getLogger("affect").setLevel(logging.INFO)
    try:
        config = SweepConfig.parse(settings)
        uri = trial_uri(sweep_uri, trial_name(drawn["point"]))
        run = config.resolve(drawn["point"]["parameters"], lambda stage: stage_uri(sweep_uri, stage))
        answer = _train_and_report(run, uri, config.metric, known)
        value = reached(answer["metrics"]["validation"], config.metric)
        history = read_history(run_uri(run, uri))
    except Exception as error:  # noqa: BLE001 - whatever it was, the sweep goes on and shows it
        raise TrialError(explain(error)) from None
    rows = int(history[ROWS].iloc[-1])
    tune.report({EPOCHS: last_of(run).epochs, config.metric: value, ROWS: rows, "model": answer["model"]})


def train_in_full(
    run: TrainConfig | Chain, uri: str, known: Sequence[Indexes] = (), callbacks: Sequence[UserCallback] = ()
) -> dict[str, Any]:
    """The answer of ``run``, trained in the folder ``uri``; a finished one is not trained again."""
    train = train_chain if isinstance(run, Chain) else train_once
    return train(run, uri, callbacks, known=known)  # type: ignore[arg-type]


def _train_and_report(run: TrainConfig | Chain, uri: str, metric: str, known: Sequence[Indexes]) -> dict[str, Any]:
    # Not with Ray's TuneReportCallback: what it still has in its queue when fit returns is lost, or blocks Tune.
    reports = Queue(actor_options={"num_cpus": 0})
    answer: Future[dict[str, Any]] = Future()

    def work() -> None:
        try:
            answer.set_result(train_in_full(run, uri, known, [Reporter(reports, metric, last_of(run).epochs)]))
        except BaseException as error:  # noqa: BLE001 - raised by answer.result()
            answer.set_exception(error)

    # A daemon: when Tune stops the trial it must not wait for the training.
    threading.Thread(target=work, daemon=True).start()
    while not answer.done() or not reports.empty():
        with contextlib.suppress(Empty):
            tune.report(reports.get(timeout=0.5))
    reports.shutdown()
    return answer.result()


def explain(error: BaseException) -> str:
    """The reason in the first line, everything below it."""
    failures = getattr(error, "worker_failures", None) or {0: getattr(error, "controller_failure", error)}
    cause = next(iter(failures.values()))
    said = " ".join(line.strip() for line in str(cause).splitlines() if line.strip())
    reason = said if isinstance(cause, AffectError) else f"{type(cause).__name__}: {said}"
    whole = str(error) if isinstance(error, TrainingFailedError) else "".join(traceback.format_exception(error))
    return f"{reason}\n{whole}"
