"""In which steps a network is asked about every frame that shows what it takes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affect.training.index import Rows
from affect.training.plan import StepRows, step_rows
from affect.training.windows import Items, Windows


@dataclass(frozen=True)
class Asked:
    """A step, and of its sequences those that go on where one of the step before ended: the first ``going_on``."""

    rows: StepRows
    going_on: int = 0


def each_alone(items: Items, batch: int) -> Iterator[Asked]:
    """Every item once in the order of storage, ``batch`` at a time."""
    everything = items.everything
    for number, first in enumerate(range(0, len(everything), batch)):
        yield Asked(step_rows(items, number, everything, slice(first, min(first + batch, len(everything)))))


def one_after_another(windows: Windows, batch: int) -> Iterator[Asked]:
    """Every window once, those that follow one another in a stretch of a video in steps that follow one another.

    Up to ``batch`` stretches side by side, longer ones first: of a step's sequences the first go on where the first of
    the step before ended, and ``going_on`` is 0 where others begin.
    """
    begins = np.flatnonzero(~windows.goes_on)
    counts = np.diff(begins, append=len(windows.everything))
    order = np.argsort(-counts, kind="stable")
    number = 0
    for first in range(0, len(order), batch):
        stretches = order[first : first + batch]
        for place in range(int(counts[stretches[0]])):
            there = stretches[counts[stretches] > place]
            yield Asked(_whole(windows, number, begins[there] + place), len(there) if place else 0)
            number += 1


def _whole(windows: Windows, number: int, places: NDArray[np.int64]) -> StepRows:
    everything = windows.everything
    return step_rows(windows, number, Rows(everything.group[places], everything.row[places]), slice(0, len(places)))
