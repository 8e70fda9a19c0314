"""A run recorded in MLflow: its settings, metrics, model and report. An extra: docs/following.md."""

import importlib.util
import json
import logging
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from affect import storage
from affect.configuration import flatten
from affect.errors import AffectError
from affect.evaluation.examples import Examples
from affect.metrics import FrameMetrics
from affect.models.files import DESCRIPTION, WEIGHTS
from affect.runs import CONFIG, REPORT
from affect.training.following import Followed, Follower, Point
from affect.training.settings import TrainConfig

if TYPE_CHECKING:
    from mlflow import MlflowClient

RUN = "mlflow.json"
"""Which run of MLflow the folder's run is recorded as."""

ARTIFACTS = (CONFIG, "metrics.csv", REPORT, f"model/{DESCRIPTION}", f"model/{WEIGHTS}")

SECONDS_BETWEEN = 10.0
"""Points are sent together, no more often."""

SQLITE = "sqlite:///"

LONGEST_PARAMETER = 6000
MOST_PARAMETERS = 100
MOST_METRICS = 1000
"""Of one request."""


def begin_mlflow_run(config: TrainConfig, out: str) -> None:
    """Find the MLflow run of the folder ``out`` or begin one; before training, so that what is wrong is told early.

    Raises AffectError where MLflow is not installed or its server does not answer.
    """
    if config.follow.mlflow is None:
        return
    uri = _absolute(config.follow.mlflow)
    _check_installed()
    from mlflow.entities import Param  # noqa: PLC0415 - an extra
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    try:
        client = _client(uri)
        if storage.exists(storage.join(out, RUN)):
            client.update_run(_recorded(out)[1], status="RUNNING")
            return
        name = config.follow.experiment
        experiment = client.get_experiment_by_name(name)
        number = (
            experiment.experiment_id
            if experiment is not None
            else client.create_experiment(name, _artifacts_beside(uri))
        )
        title = out.rstrip("/").rsplit("/", 1)[-1]
        tags = {"recipe": config.recipe, "paper": config.paper, "folder": out, "mlflow.source.name": "jobs.train"}
        run_id = client.create_run(number, run_name=title, tags=tags).info.run_id
        flat = flatten(config.model_dump(mode="json"))
        parameters = [Param(name, str(value)[:LONGEST_PARAMETER]) for name, value in flat.items()]
        for first in range(0, len(parameters), MOST_PARAMETERS):
            client.log_batch(run_id, params=parameters[first : first + MOST_PARAMETERS])
    except (MlflowException, OSError) as error:
        raise AffectError(
            f"MLflow at follow.mlflow={config.follow.mlflow} does not take the run: {error}; "
            "mend the address or the server, or leave follow.mlflow out"
        ) from error
    storage.write_text(storage.join(out, RUN), json.dumps({"uri": uri, "run_id": run_id}) + "\n")


def end_mlflow_run(config: TrainConfig, out: str, *, well: bool = True) -> None:
    """Hand the files of the folder over to its MLflow run and mark it as ended. A failure is logged, not raised."""
    if config.follow.mlflow is None or not storage.exists(storage.join(out, RUN)):
        return
    try:
        client, run_id = _recorded(out)
        for name in ARTIFACTS:
            uri = storage.join(out, name)
            if storage.exists(uri):
                with storage.local_copy(uri) as path:
                    client.log_artifact(run_id, str(path), name.rpartition("/")[0] or None)
        client.set_terminated(run_id, "FINISHED" if well else "FAILED")
    except Exception as error:  # noqa: BLE001 - the run itself is whole
        logging.getLogger("affect").warning("MLflow: %s: %s; the run's folder is whole", type(error).__name__, error)


class MLflow(Follower):
    """Sends losses by step and what is measured by the last step of each epoch.

    A run that goes on from a checkpoint goes on in the same MLflow run; what is there already is not sent again.
    """

    def __init__(self, followed: Followed) -> None:
        self.followed = followed
        self.client, self.run_id = _recorded(followed.out)
        self._waiting: list[tuple[str, float, int]] = []
        self._sent = time.monotonic()
        self._known: dict[str, int] = {}  # the last step that MLflow has of each metric

    def point(self, point: Point) -> None:
        values = {f"train/{name}": value for name, value in point.losses.items()} | {
            "train/learning_rate": point.learning_rate,
            "speed/rows_per_second": point.rows_per_s,
            "speed/data_wait_share": point.data_wait_share,
        }
        self._add(values.items(), point.last)
        if time.monotonic() - self._sent > SECONDS_BETWEEN:
            self._send()

    def measured(self, split: str, epoch: int, metrics: FrameMetrics, examples: Examples | None) -> None:  # noqa: ARG002
        values = {f"{split}/{name}": value for name, value in metrics.compute().items()}
        self._add(values.items(), epoch * self.followed.steps_per_epoch)

    def epoch(self, history: Sequence[Mapping[str, Any]]) -> None:
        row = {f"epoch/{name}": row for name, row in history[-1].items() if name in {"score", "seconds"}}
        self._add(row.items(), len(history) * self.followed.steps_per_epoch)
        self._send()

    def close(self) -> None:
        self._send()

    def _add(self, values: Iterable[tuple[str, float]], step: int) -> None:
        self._waiting += [(name, float(value), step) for name, value in values]

    def _send(self) -> None:
        from mlflow.entities import Metric  # noqa: PLC0415 - an extra

        now = int(time.time() * 1000)
        for name in {name for name, _, _ in self._waiting} - self._known.keys():
            history = self.client.get_metric_history(self.run_id, name)
            self._known[name] = max((metric.step for metric in history), default=-1)
        new = [(name, value, step) for name, value, step in self._waiting if step > self._known[name]]
        for first in range(0, len(new), MOST_METRICS):
            metrics = [Metric(name, value, now, step) for name, value, step in new[first : first + MOST_METRICS]]
            self.client.log_batch(self.run_id, metrics=metrics)
        for name, _, step in new:
            self._known[name] = max(self._known[name], step)
        self._waiting, self._sent = [], time.monotonic()


def _recorded(out: str) -> tuple["MlflowClient", str]:
    """The MLflow run that the folder ``out`` is recorded as."""
    record = json.loads(storage.read_text(storage.join(out, RUN)))
    return _client(record["uri"]), record["run_id"]


def _check_installed() -> None:
    if importlib.util.find_spec("mlflow") is None:
        raise AffectError("follow.mlflow needs MLflow: pip install -e '.[mlflow]', or leave follow.mlflow out")


def _client(uri: str) -> "MlflowClient":
    # Not minutes: a run does not wait for a server that is gone.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    from mlflow import MlflowClient  # noqa: PLC0415 - an extra

    return MlflowClient(tracking_uri=uri)


def _absolute(uri: str) -> str:
    """A database named by a path means the same file to every process."""
    path = uri.removeprefix(SQLITE)
    return SQLITE + storage.absolute(path) if uri.startswith(SQLITE) else uri


def _artifacts_beside(uri: str) -> str | None:
    """Where a database's runs keep their files; of a server, where it says."""
    return storage.join(uri.removeprefix(SQLITE).rpartition("/")[0], "mlruns") if uri.startswith(SQLITE) else None
