"""Tells Ray's metrics how a training run goes."""

from collections.abc import Mapping, Sequence
from typing import Any

from affect.evaluation.examples import Examples
from affect.metrics import FrameMetrics
from affect.training.following import Followed, Follower, Point
from jobs import metrics as declared


class TrainingMetrics(Follower):
    """Counts and losses at every Point, validation at every epoch."""

    def __init__(self, run: Followed) -> None:
        tags = {"recipe": run.config.recipe, "run": run.out}
        self._counters = {
            metric: declared.instrument(metric, **tags)
            for metric in (declared.STEPS, declared.SAMPLES, declared.STEP_SECONDS, declared.WAIT_SECONDS)
        }
        self._loss = declared.instrument(declared.LOSS, **tags)
        self._learning_rate = declared.instrument(declared.LEARNING_RATE, **tags)
        self._epoch = declared.instrument(declared.EPOCH, **tags)
        self._validation = declared.instrument(declared.VALIDATION, **tags)
        self._checkpoints = declared.instrument(declared.CHECKPOINT_SECONDS, **tags)

    def point(self, point: Point) -> None:
        for metric, value in (
            (declared.STEPS, point.last - point.first + 1),
            (declared.SAMPLES, point.rows),
            (declared.STEP_SECONDS, point.seconds),
            (declared.WAIT_SECONDS, point.waited),
        ):
            if value > 0:  # a counter of Ray's refuses nothing
                self._counters[metric].inc(value)
        self._learning_rate.set(point.learning_rate)
        for part, loss in point.losses.items():
            self._loss.set(loss, tags={"part": part})

    def measured(self, split: str, epoch: int, metrics: FrameMetrics, examples: Examples | None) -> None:  # noqa: ARG002
        if split == "validation":
            for name, value in metrics.compute().items():
                self._validation.set(value, tags={"metric": name})

    def epoch(self, history: Sequence[Mapping[str, Any]]) -> None:
        self._epoch.set(len(history))
        self._validation.set(history[-1]["score"], tags={"metric": "score"})

    def checkpoint(self, seconds: float) -> None:
        self._checkpoints.observe(seconds)
