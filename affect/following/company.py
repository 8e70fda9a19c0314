"""Followers together: losses are read once for all of them, and none of them can end the run."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from affect.evaluation.examples import Examples
from affect.metrics import FrameMetrics
from affect.training.following import Follower, Point, StepFacts

logger = logging.getLogger("affect.training")

PATIENCE = 3
"""So many failures in a row to take in one kind of news, and a follower is told no more."""


class Company(Follower):
    """Tells each of ``members``, and gives them a Point each ``every`` steps and at the end of an epoch.

    What fails in a member is logged: a run of days does not end because a dashboard is out of reach.
    """

    def __init__(self, members: Sequence[Follower], every: int) -> None:
        self.members = list(members)
        self.every = every
        self._failures: Counter[tuple[int, str]] = Counter()
        self._facts: list[StepFacts] = []
        self._sums: dict[str, torch.Tensor] = {}

    def step(self, facts: StepFacts) -> None:
        self._facts.append(facts)
        # Added up where they are, so that the device is waited for once a point.
        for name, loss in facts.losses.items():
            self._sums[name] = self._sums[name] + loss if name in self._sums else loss
        self._tell("step", facts)
        if len(self._facts) >= self.every:
            self._point()

    def measured(self, split: str, epoch: int, metrics: FrameMetrics, examples: Examples | None) -> None:
        self._point()
        self._tell("measured", split, epoch, metrics, examples)

    def epoch(self, history: Sequence[Mapping[str, Any]]) -> None:
        self._tell("epoch", history)

    def checkpoint(self, seconds: float) -> None:
        self._tell("checkpoint", seconds)

    def close(self) -> None:
        self._tell("close")

    def _point(self) -> None:
        if not self._facts:
            return
        sums = torch.stack(list(self._sums.values())).tolist()
        facts = self._facts
        point = Point(
            first=facts[0].number,
            last=facts[-1].number,
            epoch=facts[-1].epoch,
            losses={name: total / len(facts) for name, total in zip(self._sums, sums, strict=True)},
            learning_rate=facts[-1].learning_rate,
            rows=sum(one.rows for one in facts),
            seconds=sum(one.seconds for one in facts),
            waited=sum(one.waited for one in facts),
        )
        self._facts, self._sums = [], {}
        self._tell("point", point)

    def _tell(self, what: str, *about: Any) -> None:
        for member in list(self.members):
            place = id(member), what
            try:
                getattr(member, what)(*about)
                self._failures[place] = 0
            except Exception as error:  # noqa: BLE001 - whatever it is, training is worth more
                self._failures[place] += 1
                last = self._failures[place] >= PATIENCE
                if last:
                    self.members.remove(member)
                end = "the run goes on without it" if last else "the run goes on"
                logger.warning("%s: %s: %s; %s", type(member).__name__, type(error).__name__, error, end)
