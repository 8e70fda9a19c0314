"""Who is told what happens in a run while it happens: logs, dashboards, records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from affect.evaluation.examples import Examples
from affect.metrics import FrameMetrics
from affect.training.settings import TrainConfig


@dataclass(frozen=True)
class Followed:
    """A run of ``config`` in the folder ``out``."""

    config: TrainConfig
    out: str
    steps_per_epoch: int
    workers: int
    corpora: tuple[tuple[str, str, bool], ...] = ()
    """(corpus, fingerprint of its rows, whether it is synthetic), as in LabelIndex."""


@dataclass(frozen=True)
class StepFacts:
    """A training step that was taken, as far as it can be told without waiting for the device."""

    number: int
    """Of the whole run, from 1."""
    epoch: int
    """From 0."""
    rows: int
    """Of all workers."""
    seconds: float
    """Since the step before it ended, waiting for data included."""
    waited: float
    """Of these, spent waiting for data."""
    learning_rate: float
    losses: Mapping[str, torch.Tensor]
    """"loss" and each of its parts, detached, where the network is: to read one is to wait for it."""


@dataclass(frozen=True)
class Point:
    """Means over some steps in a row of one epoch, read from the device together."""

    first: int
    last: int
    """Numbers of the steps, both included."""
    epoch: int
    losses: Mapping[str, float]
    learning_rate: float
    """Of the last step."""
    rows: int
    seconds: float
    waited: float

    @property
    def rows_per_s(self) -> float:
        return self.rows / max(self.seconds, 1e-9)

    @property
    def data_wait_share(self) -> float:
        return self.waited / max(self.seconds, 1e-9)


class Follower:
    """Told of what happens by the first worker; each method may be left out."""

    def step(self, facts: StepFacts) -> None:
        """A step was taken. Called at every one, so whoever reads losses chooses which."""

    def point(self, point: Point) -> None:
        """Some steps were taken, follow.steps of them or what an epoch ends with."""

    def measured(self, split: str, epoch: int, metrics: FrameMetrics, examples: Examples | None) -> None:
        """A whole split was measured on all workers, after ``epoch`` epochs."""

    def epoch(self, history: Sequence[Mapping[str, Any]]) -> None:
        """An epoch ended; ``history`` are the rows of metrics.parquet, of which the last is new."""

    def checkpoint(self, seconds: float) -> None:
        """A checkpoint was kept, which took so long. After an epoch metrics.parquet is written by then."""

    def close(self) -> None:
        """The run ends on this worker, well or not."""
