"""Tells Ray's metrics how a training run goes."""

import time
from collections.abc import Mapping
from typing import Any

from affect.training.following import Follower, StepFacts
from affect.training.settings import TrainConfig
from jobs import metrics

NOT_VALIDATION = {"epoch", "learning_rate", "rows", "seconds", "data_wait_share"}
"""Of an epoch's row, beside what begins with ``train_``."""


class TrainingMetrics(Follower):
    """Counts at every step; reads losses and hands all on every few seconds, so that a device is seldom waited for."""

    def __init__(self, config: TrainConfig, out: str) -> None:
        tags = {"recipe": config.recipe, "run": out}
        self._counters = {
            metric: metrics.instrument(metric, **tags)
            for metric in (metrics.STEPS, metrics.SAMPLES, metrics.STEP_SECONDS, metrics.WAIT_SECONDS)
        }
        self._loss = metrics.instrument(metrics.LOSS, **tags)
        self._learning_rate = metrics.instrument(metrics.LEARNING_RATE, **tags)
        self._epoch = metrics.instrument(metrics.EPOCH, **tags)
        self._validation = metrics.instrument(metrics.VALIDATION, **tags)
        self._checkpoints = metrics.instrument(metrics.CHECKPOINT_SECONDS, **tags)
        self._counted: dict[metrics.Metric, float] = dict.fromkeys(self._counters, 0.0)
        self._latest: StepFacts | None = None
        self._told = 0.0

    def step(self, facts: StepFacts) -> None:
        for metric, value in (
            (metrics.STEPS, 1),
            (metrics.SAMPLES, facts.rows),
            (metrics.STEP_SECONDS, facts.seconds),
            (metrics.WAIT_SECONDS, facts.waited),
        ):
            self._counted[metric] += value
        self._latest = facts
        if time.monotonic() - self._told >= metrics.REPORT_SECONDS:
            self._tell()

    def epoch(self, row: Mapping[str, Any]) -> None:
        self._tell()
        self._epoch.set(row["epoch"] + 1)
        for name, value in row.items():
            if name not in NOT_VALIDATION and not name.startswith("train_"):
                self._validation.set(float(value), tags={"metric": name})

    def checkpoint(self, seconds: float) -> None:
        self._checkpoints.observe(seconds)

    def close(self) -> None:
        self._tell_counts()

    def _tell(self) -> None:
        self._told = time.monotonic()
        self._tell_counts()
        if self._latest is not None:
            self._learning_rate.set(self._latest.learning_rate)
            for part, loss in self._latest.losses.items():
                self._loss.set(float(loss), tags={"part": part})
            self._latest = None

    def _tell_counts(self) -> None:
        for metric, value in self._counted.items():
            if value > 0:  # a counter of Ray's refuses nothing
                self._counters[metric].inc(value)
                self._counted[metric] = 0.0
