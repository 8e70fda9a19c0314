"""The cells of the papers' tables: what is printed, what this system has for it, and what stands behind that."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from affect.catalogue.published_results import CLASS_ACCURACY, Result
from affect.evaluation.measures import VIDEO_RULE
from affect.labels import EXPRESSIONS
from affect.metrics.defaults import default_of
from affect.reproduction.protocol import Copy, Protocol
from affect.reproduction.route import Missing, Route

State = Literal["peer", "copy", "needs", "open", "failed", "done"]


@dataclass(frozen=True)
class Figure:
    """A measured value, with the ends of its confidence interval where there is one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Way:
    """A route, what came of it, and the commands that do it."""

    route: Route
    figure: Figure | None = None
    failure: str = ""
    """Why a training or measurement of it ended; what is left is done at the next run."""
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cell:
    """One printed figure and this system's: ``whole`` is the figure itself, ``partial`` one that departs."""

    result: Result
    protocol: Protocol | Copy | None = None
    whole: Way | None = None
    partial: Way | None = None

    @property
    def state(self) -> State:
        """Of the figure itself; a partial one changes nothing of it."""
        if self.whole is None:
            return "copy" if isinstance(self.protocol, Copy) else "peer"
        if self.whole.route.missing:
            return "needs"
        if self.whole.figure:
            return "done"
        return "failed" if self.whole.failure else "open"

    @property
    def missing(self) -> tuple[Missing, ...]:
        return self.whole.route.missing if self.whole else ()

    @property
    def difference(self) -> float | None:
        """This system's figure less the printed one; of a partial figure there is none."""
        figure = self.whole.figure if self.whole and not self.whole.route.missing else None
        return figure.value - self.result.value if figure else None


def figure_of(metrics: dict[str, Any], corpus: str, metric: str) -> Figure | None:
    """A figure out of an evaluation's metrics.json; None where that has none.

    The expressions of a corpus that is judged by its videos are those of videos; of single classes they have no
    interval.
    """
    of_videos = metric.startswith("expression_") and default_of(corpus, "expression").of == "videos"
    if of_videos:
        found = metrics["video_expressions"].get(VIDEO_RULE, {})
        ends = found.get("intervals", {})
    else:
        found, ends = metrics["corpora"][corpus]["faces"], metrics["corpora"][corpus]["intervals"]
    if metric.startswith(CLASS_ACCURACY):
        name = metric.removeprefix(CLASS_ACCURACY)
        value = _recall(found["confusion"], name) if of_videos else metrics["classes"]["expression"][name]["recall"]
    else:
        value = found.get(metric)
    if value is None:
        return None
    low, high = ends.get(metric) or (None, None)
    return Figure(float(value), low, high)


def _recall(confusion: Any, expression: str) -> float | None:
    row = np.asarray(confusion)[EXPRESSIONS.index(expression)]
    return float(row[EXPRESSIONS.index(expression)] / row.sum()) if row.sum() else None
