"""The figures by which a model is compared with another: metrics of an evaluation with their intervals."""

from collections.abc import Mapping
from typing import Any

from affect.configuration import Configuration
from affect.errors import AffectError
from affect.metrics.defaults import less_is_better
from affect.registry import look_up


class Figure(Configuration):
    """One metric of one model."""

    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    """Ends of the confidence interval, where the evaluation has one."""

    @property
    def told(self) -> str:
        """For people: 0.512 (0.431 to 0.602)."""
        ends = "" if self.low is None or self.high is None else f" ({self.low:.3f} to {self.high:.3f})"
        return f"{self.value:.3f}{ends}"

    def worse_than(self, other: "Figure") -> float:
        """By how much; negative where it is better."""
        return self.value - other.value if less_is_better(self.metric) else other.value - self.value


def figure_of(metrics: Mapping[str, Any], metric: str) -> Figure:
    """``metric`` of metrics.json: as the only corpus is judged by it, of frames or videos, or else of all joined.

    Raises AffectError where the evaluation has no such metric.
    """
    of_one = len(metrics["corpora"]) == 1
    for row in metrics["default"]:
        if of_one and row["metric"] == metric and row["faces"] is not None:
            return _figure(metric, row["faces"], row["interval"])
    value = look_up(metrics["faces"], metric, "metric of the evaluation")
    if not isinstance(value, int | float):
        raise AffectError(f"{metric} is no number in the evaluation; choose another metric")
    return _figure(metric, value, metrics["intervals"]["faces"].get(metric))


def _figure(metric: str, value: float, ends: Any) -> Figure:
    low, high = ends or (None, None)
    return Figure(metric=metric, value=value, low=low, high=high)


def judged_on(metrics: Mapping[str, Any]) -> str:
    """What an evaluation is of, for people."""
    model = metrics["model"]
    rows = f"{metrics['frames']['rows']:,} rows {model['rows']}".strip()
    return f"{', '.join(metrics['corpora'])}, {model['split'] or 'all splits'}, {rows}"
