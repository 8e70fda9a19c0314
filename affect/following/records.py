"""Files that say how a run goes: losses within its epochs, and what it saw of the validation split."""

import io
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from affect import storage
from affect.evaluation.examples import Examples
from affect.evaluation.seen import Seen
from affect.metrics import FrameMetrics
from affect.training.following import Followed, Follower, Point

STEPS = "steps.parquet"
VALIDATION = "validation.json"

LARGEST = 2000
"""Rows of steps.parquet: when there are more, neighbours become one."""
SECONDS_BETWEEN = 15.0
"""Within an epoch, steps.parquet is written no more often."""


class Records(Follower):
    """Keeps steps.parquet, a row a Point or several, and validation.json of the run's folder.

    A run that goes on from a checkpoint drops the rows of the steps that it takes again.
    """

    def __init__(self, followed: Followed) -> None:
        self.out = followed.out
        self.synthetic = any(synthetic for _, _, synthetic in followed.corpora)
        self.rows: list[dict[Any, Any]] = []
        self._written = time.monotonic()

    def point(self, point: Point) -> None:
        if not self.rows:
            before = read_steps(self.out)
            self.rows = [dict(row) for row in before.to_dict("records") if row["step"] < point.first]
        self.rows.append(_row(point))
        if len(self.rows) > LARGEST:
            self.rows = _halved(self.rows)
        if time.monotonic() - self._written > SECONDS_BETWEEN:
            self._write()

    def measured(self, split: str, epoch: int, metrics: FrameMetrics, examples: Examples | None) -> None:
        if split == "validation":
            seen = Seen.of(split, epoch, metrics, examples, synthetic=self.synthetic)
            seen.write(storage.join(self.out, VALIDATION))

    def epoch(self, history: Sequence[Mapping[str, Any]]) -> None:  # noqa: ARG002
        self._write()

    def close(self) -> None:
        self._write()

    def _write(self) -> None:
        if self.rows:
            buffer = io.BytesIO()
            pd.DataFrame(self.rows).to_parquet(buffer, index=False)
            storage.write_bytes(storage.join(self.out, STEPS), buffer.getvalue())
        self._written = time.monotonic()


def read_steps(out: str) -> pd.DataFrame:
    """The rows of steps.parquet; empty where there is none.

    step (the last of the row, of the whole run from 1), steps (how many the row is the mean of), epoch (from 0),
    learning_rate, rows, seconds, waited, loss and its parts.
    """
    uri = storage.join(out, STEPS)
    return pd.read_parquet(io.BytesIO(storage.read_bytes(uri))) if storage.exists(uri) else pd.DataFrame()


_SUMS = ("steps", "rows", "seconds", "waited")


def _row(point: Point) -> dict[Any, Any]:
    return {
        "step": point.last,
        "steps": point.last - point.first + 1,
        "epoch": point.epoch,
        "learning_rate": point.learning_rate,
        "rows": point.rows,
        "seconds": point.seconds,
        "waited": point.waited,
        **point.losses,
    }


def _halved(rows: list[dict[Any, Any]]) -> list[dict[Any, Any]]:
    """Every two neighbours as one: sums, losses as means over steps, the rest as of the later."""
    joined = []
    for first, second in zip(rows[::2], rows[1::2], strict=False):
        row = dict(second)
        for name in row:
            if name in _SUMS:
                row[name] += first[name]
            elif name not in {"step", "epoch", "learning_rate"}:
                row[name] = (first[name] * first["steps"] + second[name] * second["steps"]) / (
                    first["steps"] + second["steps"]
                )
        joined.append(row)
    return joined + rows[len(joined) * 2 :]
