"""What a recurrent network remembers of each face of a video, and where it begins anew."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect.models.asking import Answered, Memory, Stretch


@dataclass(frozen=True)
class Row:
    """One face in one frame: whose it is, and what the network is shown of it, as Stretch but without the rows."""

    who: Hashable
    frame: int
    time_s: float
    inputs: Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Planned:
    """A stretch, and which rows of those given make it up."""

    who: Hashable
    rows: list[int]
    stretch: Stretch
    placed: int
    """So many rows of its sequence come before it."""


@dataclass(frozen=True)
class _Remembered:
    memory: Memory
    rows: int
    frame: int
    time_s: float


class Memories:
    """Lays out rows as stretches that go on from what is remembered, by the rule of training.windows.Windows.

    A sequence is at most ``length`` rows long, without end where it is None; after more than ``max_gap`` frames without
    the face another begins. A network that is not ``sequential`` gets all rows as one stretch.
    """

    def __init__(self, length: int | None, max_gap: int, *, sequential: bool) -> None:
        self.length = length
        self.max_gap = max_gap
        self.sequential = sequential
        self._of: dict[Hashable, _Remembered] = {}

    def __len__(self) -> int:
        return len(self._of)

    def plan(self, rows: Sequence[Row]) -> list[Planned]:
        """Stretches of ``rows``, which come in order of frames; remembers nothing yet."""
        if not self.sequential:
            return [Planned(None, list(range(len(rows))), _stretch(rows), 0)] if rows else []
        by_face: dict[Hashable, list[int]] = {}
        for number, row in enumerate(rows):
            by_face.setdefault(row.who, []).append(number)
        planned = []
        for who, numbers in by_face.items():
            known = self._of.get(who)
            memory, before, frame = (known.memory, known.rows, known.frame) if known else ({}, 0, None)
            first = 0
            for place, number in enumerate(numbers):
                gone = frame is not None and rows[number].frame - frame > self.max_gap + 1
                full = self.length is not None and before + place - first >= self.length
                if gone or full:
                    if place > first:
                        planned.append(_planned(who, numbers[first:place], rows, memory, before))
                    memory, before, first = {}, 0, place
                frame = rows[number].frame
            planned.append(_planned(who, numbers[first:], rows, memory, before))
        return planned

    def keep(self, rows: Sequence[Row], planned: Sequence[Planned], answered: Iterable[Answered]) -> None:
        """Remember what was answered to the stretches of ``plan``."""
        if not self.sequential:
            return
        for one, answer in zip(planned, answered, strict=True):
            last = rows[one.rows[-1]]
            self._of[one.who] = _Remembered(answer.memory, one.placed + len(one.rows), last.frame, last.time_s)

    def forget(self, before_s: float) -> None:
        """Who was last seen before ``before_s`` never comes back."""
        self._of = {who: of for who, of in self._of.items() if of.time_s >= before_s}


def _planned(who: Hashable, numbers: list[int], rows: Sequence[Row], memory: Memory, placed: int) -> Planned:
    return Planned(who, numbers, _stretch([rows[number] for number in numbers], memory), placed)


def _stretch(rows: Sequence[Row], memory: Memory | None = None) -> Stretch:
    return Stretch({name: np.stack([row.inputs[name] for row in rows]) for name in rows[0].inputs}, memory or {})
