"""Lines on how far a run is."""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from affect.pacing import between_lines, duration
from affect.training.following import Follower, StepFacts

logger = logging.getLogger("affect.training")

STARVED = 0.1
"""The share of time spent waiting for data from which a line tells it."""


class Progress(Follower):
    """Logs ``epoch 1/10 step 3/20: loss 1.234, 250 rows/s, about 00:02:10 left``, the longer the run the more rarely.

    The time left is that of the steps and, once one was seen, of what follows the steps of each epoch: cluster centres,
    validation and checkpoints. The first step, which waits for reading to begin, is not taken for typical.
    """

    def __init__(self, steps_per_epoch: int, epochs: int) -> None:
        self.steps_per_epoch, self.epochs = steps_per_epoch, epochs
        self._began = self._line = time.monotonic()
        self._ended = 0.0
        self._rows, self._seconds, self._waited = 0, 0.0, 0.0
        self._begun = False
        self._typical_s, self._typical = 0.0, 0
        self._between_s, self._between = 0.0, 0

    def step(self, facts: StepFacts) -> None:
        now = self._ended = time.monotonic()
        self._rows += facts.rows
        self._seconds += facts.seconds
        self._waited += facts.waited
        if self._begun:
            self._typical_s += facts.seconds
            self._typical += 1
        self._begun = True
        if not self._typical or now - self._line < between_lines(now - self._began):
            return
        share = self._waited / max(self._seconds, 1e-9)
        logger.info(
            "epoch %d/%d step %d/%d: loss %.3f, %.0f rows/s, %sabout %s left",
            facts.epoch + 1,
            self.epochs,
            facts.number - facts.epoch * self.steps_per_epoch,
            self.steps_per_epoch,
            float(facts.losses["loss"]),
            self._rows / max(self._seconds, 1e-9),
            f"{share:.0%} of the time waiting for data, " if share >= STARVED else "",
            duration(self.left(facts)),
        )
        self._line, self._rows, self._seconds, self._waited = now, 0, 0.0, 0.0

    def left(self, facts: StepFacts) -> float:
        """Seconds until the last epoch is measured, after the step of ``facts``."""
        step_s = self._typical_s / max(1, self._typical)
        between_s = self._between_s / self._between if self._between else 0.0
        return (self.epochs * self.steps_per_epoch - facts.number) * step_s + (self.epochs - facts.epoch) * between_s

    def epoch(self, history: Sequence[Mapping[str, Any]]) -> None:  # noqa: ARG002
        if self._ended:
            self._between_s += time.monotonic() - self._ended
            self._between += 1
            self._ended = 0.0

    def checkpoint(self, seconds: float) -> None:
        # One within an epoch lengthens the step after it.
        if not self._ended and self._between:
            self._between_s += seconds
