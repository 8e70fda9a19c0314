"""The report of a run, written anew as it goes on."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from affect.reports.run_folder import write_run_report
from affect.reports.run_report import State
from affect.training.following import Followed, Follower, Point

SHARE = 0.02
"""Of the time, at most, goes into writing the page."""
LONGEST_S = 60.0
"""Within an epoch, the page is this old at most, unless that would take more than SHARE."""


class Page(Follower):
    """Writes report.html when an epoch's checkpoint is kept, and in long epochs between; an open page loads itself."""

    def __init__(self, followed: Followed) -> None:
        self.followed = followed
        self._took = 0.0
        self._written: float | None = None
        self._ended = False
        self._epochs = 0

    def point(self, point: Point) -> None:  # noqa: ARG002
        if self._written is None or time.monotonic() - self._written > max(LONGEST_S, self._took / SHARE):
            self._write()

    def epoch(self, history: Sequence[Mapping[str, Any]]) -> None:
        self._ended = True
        self._epochs = len(history)

    def checkpoint(self, seconds: float) -> None:  # noqa: ARG002
        if self._ended and (self._written is None or time.monotonic() - self._written > self._took / SHARE):
            self._write()
        self._ended = False

    def close(self) -> None:
        # At the end the job writes the whole page; a run that is to go on says "running" again when it does.
        if self._epochs < self.followed.config.epochs:
            self._write("stopped")

    def _write(self, state: State = "running") -> None:
        began = time.monotonic()
        write_run_report(self.followed.config, self.followed.out, self.followed.corpora, state)
        self._written = time.monotonic()
        self._took = self._written - began
