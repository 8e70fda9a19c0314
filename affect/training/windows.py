"""Sequences of consecutive frames of one person, the units in which recurrent networks are trained and measured."""

import itertools
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from affect.networks.spec import Head
from affect.training.balance import KINDS
from affect.training.index import LabelIndex, Rows, build_index
from affect.training.settings import TrainConfig


class Items(Protocol):
    """What a plan draws: rows, or sequences of them."""

    @property
    def index(self) -> LabelIndex: ...

    @property
    def sets(self) -> dict[Head, Rows]:
        """Items by what is annotated in them: ``group`` is where an item begins, ``row`` tells those of it apart."""
        ...

    @property
    def everything(self) -> Rows:
        """All items, also those of which nothing is annotated."""
        ...

    def kinds(self, head: Head) -> NDArray[np.int32]:
        """Of the items of a head's set, how many rows are of each of balance.KINDS: (n, kinds)."""
        ...

    def lengths(self, items: Rows) -> NDArray[np.int64]:
        """Rows of each item."""
        ...

    def rows(self, items: Rows) -> Rows:
        """The rows of ``items``, one item after the other."""
        ...


@dataclass(frozen=True)
class Single:
    """Each row is an item of its own."""

    index: LabelIndex

    @property
    def sets(self) -> dict[Head, Rows]:
        return self.index.sets

    @property
    def everything(self) -> Rows:
        assert self.index.seen is not None
        return self.index.seen.rows

    def kinds(self, head: Head) -> NDArray[np.int32]:
        return np.asarray(self.index.kinds[head][:, None] == np.arange(len(KINDS[head])), np.int32)

    def lengths(self, items: Rows) -> NDArray[np.int64]:
        return np.ones(len(items), np.int64)

    def rows(self, items: Rows) -> Rows:
        return items


class Windows:
    """Non-overlapping windows of at most ``length`` rows that follow one another in one video and person.

    Frames without a face are passed over; where more than ``max_gap`` of them follow one another a new window begins.
    What is left at the end of a stretch is a shorter window. A window belongs to a head's set when any of its rows has
    the head's label; its other rows are seen and not judged. Windows of which nothing is labelled are no items.
    """

    def __init__(self, index: LabelIndex, length: int, max_gap: int) -> None:
        assert index.seen is not None
        self.index = index
        seen = index.seen
        self._rows = seen.rows
        self._begins = _stretches(seen.begins, seen.frame, max_gap)
        self._first, self._last = _cut(self._begins, length)
        groups = seen.rows.group[self._first] if len(self._first) else np.empty(0, np.int32)
        self.everything = Rows(groups, np.arange(len(groups), dtype=np.int32))
        self.sets: dict[Head, Rows] = {}
        for head, labelled in seen.labelled.items():
            counts = np.concatenate([[0], np.cumsum(labelled)])
            has = counts[self._last] > counts[self._first]
            self.sets[head] = Rows(groups[has], np.flatnonzero(has).astype(np.int32))

    @property
    def goes_on(self) -> NDArray[np.bool_]:
        """Of each window, whether it follows the one before it in the same stretch of a video."""
        within = np.zeros(len(self._first), bool)
        within[1:] = self._first[1:] == self._last[:-1]
        return within & ~self._begins[self._first]

    def kinds(self, head: Head) -> NDArray[np.int32]:
        assert self.index.seen is not None
        of_row = self.index.seen.kinds[head][:, None] == np.arange(len(KINDS[head]))
        counts = np.concatenate([np.zeros((1, of_row.shape[1]), np.int32), np.cumsum(of_row, axis=0, dtype=np.int32)])
        items = self.sets[head].row
        return np.asarray(counts[self._last[items]] - counts[self._first[items]])

    def lengths(self, items: Rows) -> NDArray[np.int64]:
        return (self._last - self._first)[items.row]

    def rows(self, items: Rows) -> Rows:
        places = np.concatenate(
            [np.empty(0, np.int64), *(np.arange(self._first[item], self._last[item]) for item in items.row)]
        )
        return Rows(self._rows.group[places], self._rows.row[places])


def _stretches(begins: NDArray[np.bool_], frame: NDArray[np.int32], max_gap: int) -> NDArray[np.bool_]:
    """Where a person, a video or what follows a gap begins."""
    jumps = np.concatenate([[True], np.diff(frame) > max_gap + 1])[: len(frame)]
    return np.asarray(begins | jumps)


def _cut(begins: NDArray[np.bool_], length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where windows begin and end (exclusive)."""
    first, last = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for begin, end in itertools.pairwise([*np.flatnonzero(begins).tolist(), len(begins)]):
        first.append(np.arange(begin, end, length))
        last.append(np.minimum(first[-1] + length, end))
    return np.concatenate(first), np.concatenate(last)


def items_of(config: TrainConfig, split: str) -> Items:
    """What of a split the network of ``config`` is fed: rows, or sequences where it takes them."""
    return items_in(config, build_index(config.data, split, config.network, config.corpora))


def items_in(config: TrainConfig, index: LabelIndex) -> Items:
    """``items_of`` the split that ``index`` holds."""
    return Windows(index, config.batch.length, config.batch.max_gap) if config.network.sequential else Single(index)
