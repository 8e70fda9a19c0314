"""What came out of a sweep, and its forms as a table and as JSON."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd
from pydantic import TypeAdapter

Status = Literal["waiting", "running", "finished", "stopped early", "failed"]


@dataclass
class Trial:
    """One training run of a sweep."""

    id: str
    parameters: dict[str, Any]
    config: dict[str, Any] = field(default_factory=dict)
    """The resolved configuration of its training run."""
    status: Status = "waiting"
    curve: list[dict[str, float]] = field(default_factory=list)
    """The numbers reported in each epoch, in order of epochs."""
    result: float | None = None
    """The sweep's metric of the model that the trial left; None while it has left none."""
    seconds: float = 0.0
    """Time spent, over all attempts."""
    attempts: int = 0
    reason: str = ""
    """Why it failed, in one line."""
    trace: str = ""
    model: str | None = None
    """URI of the folder of the trial's model."""

    def record(self, report: Mapping[str, Any]) -> None:
        """Add an epoch's report. An epoch that is repeated after a restart replaces the earlier one."""
        row = {key: float(value) for key, value in report.items() if _finite(value)}
        if "epoch" in row:
            self.curve = sorted([old for old in self.curve if old["epoch"] != row["epoch"]] + [row], key=_epoch)

    def values(self, metric: str) -> dict[int, float]:
        """The metric by epoch, where it was reported."""
        return {int(row["epoch"]): row[metric] for row in self.curve if metric in row}

    @property
    def epochs(self) -> int:
        """The last epoch that was reported; 0 when none was."""
        return int(self.curve[-1]["epoch"]) if self.curve else 0


@dataclass
class Sweep:
    """A sweep and all its trials."""

    name: str
    uri: str
    metric: str
    mode: Literal["max", "min"]
    planned: int
    """Trials that it will have in the end."""
    config: dict[str, Any] = field(default_factory=dict)
    """The resolved SweepConfig."""
    data: list[dict[str, Any]] = field(default_factory=list)
    """Corpus, fingerprint and whether it is synthetic, of what was trained on."""
    finished: bool = False
    seconds: float = 0.0
    trials: list[Trial] = field(default_factory=list)

    def best(self, trial: Trial) -> float | None:
        """What the trial is judged by: the metric of its model, or of its best epoch while it has none."""
        if trial.result is not None:
            return trial.result
        values = list(trial.values(self.metric).values())
        return (max if self.mode == "max" else min)(values) if values else None

    def ranked(self) -> list[Trial]:
        """Trials that finished, best first; then those that did not, by their best epoch; failed ones last."""
        sign = -1 if self.mode == "max" else 1

        def place(trial: Trial) -> tuple[int, float]:
            best = self.best(trial)
            group = {"finished": 0, "failed": 2}.get(trial.status, 1)
            return group, math.inf if best is None else sign * best

        return sorted(self.trials, key=place)

    def winner(self) -> Trial | None:
        """The best of the trials that left a model."""
        candidates = [trial for trial in self.ranked() if trial.model is not None and trial.result is not None]
        return candidates[0] if candidates else None

    def counts(self) -> dict[Status, int]:
        """How many trials have each status; statuses that none has are left out."""
        order: tuple[Status, ...] = ("finished", "stopped early", "failed", "running", "waiting")
        found = {status: sum(trial.status == status for trial in self.trials) for status in order}
        return {status: count for status, count in found.items() if count}

    def parameters(self) -> list[str]:
        """The keys that were varied, in the order of the space."""
        known = list(self.config.get("space", {}))
        return known + sorted({key for trial in self.trials for key in trial.parameters} - set(known))

    def table(self) -> pd.DataFrame:
        """One row a trial, best first: state, metric, time, a column for each parameter, reason, model."""
        winner = self.winner()
        rows = [
            {
                "rank": rank,
                "trial": trial.id,
                "winner": trial is winner,
                "status": trial.status,
                self.metric: self.best(trial),
                "last_epoch": trial.epochs,
                "seconds": round(trial.seconds, 1),
                "attempts": trial.attempts,
                **{key: trial.parameters.get(key) for key in self.parameters()},
                "reason": trial.reason or None,
                "model": trial.model,
            }
            for rank, trial in enumerate(self.ranked(), start=1)
        ]
        return pd.DataFrame(rows)

    def to_json(self) -> str:
        """Everything, read back by ``from_json``."""
        return _ADAPTER.dump_json(self, indent=2).decode()

    @classmethod
    def from_json(cls, text: str) -> "Sweep":
        return _ADAPTER.validate_json(text)


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _epoch(row: dict[str, float]) -> float:
    return row["epoch"]


_ADAPTER = TypeAdapter(Sweep)
