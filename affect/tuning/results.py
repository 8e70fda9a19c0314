"""What came out of a sweep, and its forms as a table and as JSON."""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd
from pydantic import TypeAdapter

from affect.tuning.prices import Prices

Status = Literal["waiting", "running", "finished", "stopped early", "failed"]

Phase = Literal["searching", "repeating", "finished"]
"""Of a sweep: trials are tried; the best are trained again with other seeds; both have ended."""


@dataclass(frozen=True)
class Spread:
    """What the sweep's metric came to over the seeds that a configuration was trained again with."""

    mean: float
    deviation: float | None
    """The sample's standard deviation; None of a single one."""
    count: int


class _Learning:
    """What was reported while something was trained."""

    curve: list[dict[str, float]]

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
class Repeat(_Learning):
    """A trial's configuration trained in full with another seed."""

    seed: int
    status: Status = "waiting"
    curve: list[dict[str, float]] = field(default_factory=list)
    """As Trial.curve."""
    result: float | None = None
    """The sweep's metric of the model that it left; None while it has left none."""
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    """By split, then metric, of the model that it left."""
    seconds: float = 0.0
    """Time spent, over all attempts."""
    attempts: int = 0
    reason: str = ""
    """Why it failed, in one line."""
    trace: str = ""
    model: str | None = None
    """URI of the folder of its model."""

    @property
    def ended(self) -> bool:
        return self.status in {"finished", "failed"}


@dataclass
class Trial(_Learning):
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
    uri: str = ""
    """Its run's folder."""
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    """By split, then metric, of the model that it left."""
    rows: int = 0
    """Training rows that it has seen."""
    cpu_hours: float = 0.0
    """Of its workers, over all attempts, and of its repeats."""
    gpu_hours: float = 0.0
    repeats: list[Repeat] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return self.status in {"finished", "stopped early", "failed"}


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
    phase: Phase = "searching"
    ended_by: str = ""
    """What ended the search before all trials, such as a budget that was used up."""
    seconds: float = 0.0
    prices: Prices | None = None
    trials: list[Trial] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        return self.phase == "finished"

    def best(self, trial: Trial) -> float | None:
        """What the trial is judged by: the metric of its model, or of its best epoch while it has none."""
        if trial.result is not None:
            return trial.result
        values = list(trial.values(self.metric).values())
        return (max if self.mode == "max" else min)(values) if values else None

    @property
    def _sign(self) -> int:
        return -1 if self.mode == "max" else 1

    def ranked(self) -> list[Trial]:
        """Trials best first: those that finished, then those that did not, by their best epoch; failed ones last.

        Once all repeats have ended those that were trained again come first, by their mean.
        """
        repeated = self._repeated()

        def place(trial: Trial) -> tuple[int, float]:
            if repeated and (spread := self.spread(trial)) is not None:
                return (0 if spread.count == len(trial.repeats) else 1), self._sign * spread.mean
            best = self.best(trial)
            group = {"finished": 2, "failed": 4}.get(trial.status, 3)
            return group, math.inf if best is None else self._sign * best

        return sorted(self.trials, key=place)

    def spread(self, trial: Trial) -> Spread | None:
        """Mean and deviation over the trial's repeats that left a model; None while there is none.

        The trial's own result is not among them: it was chosen for being high.
        """
        results = [repeat.result for repeat in trial.repeats if repeat.result is not None]
        if not results:
            return None
        deviation = statistics.stdev(results) if len(results) > 1 else None
        return Spread(statistics.fmean(results), deviation, len(results))

    def winner(self) -> Trial | None:
        """The best of the trials that left a model; once all repeats have ended, the one with the best mean of them.

        A configuration of which a seed failed comes after those of which none did.
        """
        candidates = [trial for trial in self.ranked() if trial.model is not None and trial.result is not None]
        return candidates[0] if candidates else None

    def winning_model(self) -> str | None:
        """URI of the folder of the winner's model: once all repeats have ended, of the best of its seeds."""
        winner = self.winner()
        if winner is None:
            return None
        best = self._best_repeat(winner) if self._repeated() else None
        return winner.model if best is None else best.model

    def _best_repeat(self, trial: Trial) -> Repeat | None:
        ended = [repeat for repeat in trial.repeats if repeat.result is not None and repeat.model is not None]
        return min(ended, key=lambda repeat: self._sign * (repeat.result or 0.0), default=None)

    def _repeated(self) -> bool:
        """Whether every repeat has ended and some left a model."""
        repeats = [repeat for trial in self.trials for repeat in trial.repeats]
        return all(repeat.ended for repeat in repeats) and any(repeat.result is not None for repeat in repeats)

    def cost(self, trial: Trial) -> float | None:
        """What the trial and its repeats cost in ``prices.currency``; None where there are no prices."""
        if self.prices is None:
            return None
        return trial.cpu_hours * self.prices.cpu_hour + trial.gpu_hours * self.prices.gpu_hour

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
                **self._seeds(trial),
                "last_epoch": trial.epochs,
                "rows": trial.rows,
                "seconds": round(trial.seconds, 1),
                "cpu_hours": round(trial.cpu_hours, 4),
                "gpu_hours": round(trial.gpu_hours, 4),
                **({"cost": self.cost(trial)} if self.prices else {}),
                "attempts": trial.attempts,
                **{key: trial.parameters.get(key) for key in self.parameters()},
                "reason": trial.reason or None,
                "model": trial.model,
            }
            for rank, trial in enumerate(self.ranked(), start=1)
        ]
        return pd.DataFrame(rows)

    def _seeds(self, trial: Trial) -> dict[str, float | None]:
        if not any(other.repeats for other in self.trials):
            return {}
        spread = self.spread(trial)
        return {
            "mean_over_seeds": spread.mean if spread else None,
            "deviation_over_seeds": spread.deviation if spread else None,
            "seeds": spread.count if spread else None,
        }

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
