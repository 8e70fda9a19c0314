"""Lines of a training run."""

import logging
import time

import pytest

from affect.following.progress import Progress
from tests.following.made_runs import facts, row


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


def run(progress: Progress, clock: Clock, epochs: int, steps: int, step_s: float, passes_s: float = 0.0) -> None:
    for number in range(1, epochs * steps + 1):
        clock.now += step_s
        progress.step(facts(number, steps, seconds=step_s))
        if number % steps == 0:
            clock.now += passes_s
            progress.epoch([row(0)])


def test_a_line(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock(monkeypatch)
    progress = Progress(steps_per_epoch=20, epochs=10)
    with caplog.at_level(logging.INFO, "affect.training"):
        run(progress, clock, epochs=1, steps=3, step_s=2.0)
    # 0.4 s of each step are spent waiting.
    assert [record.message for record in caplog.records] == [
        "epoch 1/10 step 3/20: loss 3.000, 5 rows/s, 20% of the time waiting for data, about 00:06:34 left"
    ]


def test_the_time_left_counts_what_follows_each_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    progress = Progress(steps_per_epoch=10, epochs=5)
    run(progress, clock, epochs=2, steps=10, step_s=1.0, passes_s=30.0)
    progress.checkpoint(3.0)
    clock.now += 1
    last = facts(21, 10, seconds=1.0)
    progress.step(last)
    # 29 steps, and three times the passes with half of a checkpoint each.
    assert progress.left(last) == pytest.approx(29 + 3 * 31.5)


def test_the_first_step_is_not_typical(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    progress = Progress(steps_per_epoch=100, epochs=1)
    for number, seconds in ((1, 60.0), (2, 1.0), (3, 1.0)):
        clock.now += seconds
        progress.step(facts(number, 100, seconds=seconds))
    assert progress.left(facts(3, 100)) == pytest.approx(97)


def test_lines_grow_rare(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock(monkeypatch)
    counts = {}
    with caplog.at_level(logging.INFO, "affect.training"):
        for minutes in (4, 24 * 60):
            caplog.clear()
            run(Progress(10**6, 1), clock, epochs=1, steps=minutes * 12, step_s=5.0)
            counts[minutes] = len(caplog.records)
    assert 40 <= counts[4] <= 48
    assert counts[24 * 60] < 600
