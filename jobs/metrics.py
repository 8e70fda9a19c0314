"""The metrics that this system gives to Ray beside Ray's own: every name, what it counts and by which tags.

Ray collects them on each node, Prometheus asks the nodes, and ``cluster.monitoring`` draws them.
"""

from dataclasses import dataclass
from typing import Any, Literal

from ray.util import metrics as ray_metrics


@dataclass(frozen=True)
class Metric:
    """One metric, and how Prometheus knows it."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    tags: tuple[str, ...]
    boundaries: tuple[float, ...] = ()
    """Upper ends of a histogram's buckets."""

    @property
    def exported(self) -> str:
        """Its name in Prometheus (of a histogram, of its buckets)."""
        return f"ray_{self.name}" + {"counter": "_total", "gauge": "", "histogram": "_bucket"}[self.kind]


_CORPUS = ("corpus", "run")
_RECIPE = ("recipe", "run")

FRAMES = Metric("affect_preprocess_frames", "counter", "Frames decoded and looked at.", _CORPUS)
CLIPS = Metric("affect_preprocess_clips", "counter", "Clips settled, by what became of them.", (*_CORPUS, "outcome"))
CLIPS_LEFT = Metric("affect_preprocess_clips_left", "gauge", "Clips that are yet to be done.", _CORPUS)
SET_ASIDE = Metric("affect_preprocess_set_aside", "gauge", "Clips that this job set aside as faulty.", _CORPUS)
STAGE_SECONDS = Metric(
    "affect_preprocess_stage_seconds", "counter", "Seconds of work of all processes, by stage.", (*_CORPUS, "stage")
)

STEPS = Metric("affect_train_steps", "counter", "Training steps taken.", _RECIPE)
SAMPLES = Metric("affect_train_samples", "counter", "Rows (frames of sequences) learned from, of all workers.", _RECIPE)
STEP_SECONDS = Metric("affect_train_step_seconds", "counter", "Seconds spent on steps, data included.", _RECIPE)
WAIT_SECONDS = Metric("affect_train_data_wait_seconds", "counter", "Of these, seconds spent waiting for data.", _RECIPE)
LOSS = Metric("affect_train_loss", "gauge", "Mean loss of the latest steps, and its parts.", (*_RECIPE, "part"))
LEARNING_RATE = Metric("affect_train_learning_rate", "gauge", "Learning rate.", _RECIPE)
EPOCH = Metric("affect_train_epoch", "gauge", "Epochs finished.", _RECIPE)
VALIDATION = Metric("affect_train_validation", "gauge", "Metrics of the last epoch's validation.", (*_RECIPE, "metric"))
CHECKPOINT_SECONDS = Metric(
    "affect_train_checkpoint_seconds",
    "histogram",
    "Seconds that training stood still for a checkpoint.",
    _RECIPE,
    boundaries=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180, 600),
)

_ROUTE = ("route",)
_MODEL = ("model", "version")

REQUESTS = Metric("affect_serve_requests", "counter", "Requests, by what became of them.", (*_ROUTE, "status", "code"))
REQUEST_SECONDS = Metric(
    "affect_serve_request_seconds",
    "histogram",
    "Seconds from a request to the end of its answer.",
    _ROUTE,
    boundaries=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
PICTURES = Metric("affect_serve_pictures", "counter", "Pictures looked at.", _MODEL)
FACES = Metric("affect_serve_faces", "counter", "Faces found in them.", _MODEL)

METRICS = (
    FRAMES, CLIPS, CLIPS_LEFT, SET_ASIDE, STAGE_SECONDS,
    STEPS, SAMPLES, STEP_SECONDS, WAIT_SECONDS, LOSS, LEARNING_RATE, EPOCH, VALIDATION, CHECKPOINT_SECONDS,
    REQUESTS, REQUEST_SECONDS, PICTURES, FACES,
)  # fmt: skip


def instrument(metric: Metric, /, **tags: str) -> Any:
    """Ray's counter, gauge or histogram of ``metric``, with values for some or all of its tags."""
    if metric.kind == "histogram":
        made = ray_metrics.Histogram(metric.name, metric.help, list(metric.boundaries), metric.tags)
    else:
        kind = {"counter": ray_metrics.Counter, "gauge": ray_metrics.Gauge}[metric.kind]
        made = kind(metric.name, metric.help, metric.tags)
    return made.set_default_tags(tags)
