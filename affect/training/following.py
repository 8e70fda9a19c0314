"""Who is told what happens in a run while it happens: logs, dashboards, records."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch


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


class Follower:
    """Told of every step, epoch and checkpoint by the first worker; each method may be left out."""

    def step(self, facts: StepFacts) -> None:
        """A step was taken. Called at every one, so whoever reads losses chooses which."""

    def epoch(self, row: Mapping[str, Any]) -> None:
        """An epoch was measured; ``row`` is that of metrics.parquet."""

    def checkpoint(self, seconds: float) -> None:
        """A checkpoint was kept, which took so long."""

    def close(self) -> None:
        """The run ends on this worker, well or not."""
