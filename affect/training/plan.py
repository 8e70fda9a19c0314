"""Which rows make the global batch of each step: a function of (seed, epoch, step), not of the number of workers.

An epoch is cut into spans of consecutive steps. Each set's row groups are shuffled and dealt to the spans, and within a
span the rows of its groups are shuffled together, so that storage is read a row group at a time, each for one span or
two neighbouring ones. Rows of a step are ordered by row group before they are shared out, so that each worker's
equal share touches few of them.

Where a set is balanced an epoch draws rare items more often, each as often as the epoch's own draw says; it ends when
the sets so grown are exhausted together.
"""

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.networks.spec import Head
from affect.training.balance import KINDS, Draws, draws
from affect.training.index import Rows
from affect.training.settings import BalanceSettings, BatchSettings
from affect.training.windows import Items

Phase = Literal["train", "centres", "validation", "test"]


class Span(NamedTuple):
    """Consecutive steps of an epoch: ``first`` to ``last`` (exclusive), of which those from ``start`` on are wanted."""

    first: int
    last: int
    start: int


@dataclass(frozen=True)
class StepRows:
    """One worker's rows of one step; ``position`` is their place in the global batch of ``total`` rows.

    ``lengths`` are those of the items that the rows make up, one after the other.
    """

    step: int
    rows: Rows
    position: NDArray[np.int64]
    total: int
    lengths: NDArray[np.int64]


def share_out(sizes: dict[Head, int], batch: int) -> dict[Head, int]:
    """Rows of a step from each set, in proportion to the sets' sizes and at least one.

    FaceBehaviorNet, section 6: 401, 247 and 103 are such shares; one epoch exhausts all sets together.
    """
    total = sum(sizes.values())
    exact = {head: batch * size / total for head, size in sizes.items() if size}
    shares = {head: max(1, int(value)) for head, value in exact.items()}
    by_remainder = sorted(exact, key=lambda head: int(exact[head]) - exact[head])
    for head in by_remainder[: max(0, batch - sum(shares.values()))]:
        shares[head] += 1
    return shares


def worker_share(total: int, rank: int, world: int) -> slice:
    """The contiguous share of ``total`` rows of one of ``world`` workers; shares differ by at most one row."""
    return slice(total * rank // world, total * (rank + 1) // world)


class TrainPlan:
    """The training steps: a batch from each set a step, sets that run out begin again in a new order."""

    def __init__(
        self, items: Items, settings: BatchSettings, seed: int, inferred: frozenset[Head] = frozenset()
    ) -> None:
        """Heads that are ``inferred`` need no rows of their own (ObjectiveSettings.inferred)."""
        sets = {head: rows for head, rows in items.sets.items() if len(rows)}
        empty = sorted(set(items.sets) - set(sets) - inferred) or ([] if sets else sorted(items.sets))
        if empty:
            raise AffectError(
                f"no training row is annotated with {', '.join(empty)}; leave it out of network.heads or add a corpus"
            )
        self.items = items
        self.index = items.index
        self.seed = seed
        self.sets = sets
        self.draws = _draws(items, sets, settings.balance)
        totals = {head: self.draws[head].total if head in self.draws else len(rows) for head, rows in sets.items()}
        self.totals = totals  # items drawn until a set is exhausted, repeated ones as often as they are
        self._kept: dict[Head, _Drawn] = {}
        self.sizes = settings.sizes or share_out(totals, settings.size)
        if set(self.sizes) != set(sets):
            raise AffectError(f"batch.sizes names {sorted(self.sizes)}, the network's heads need {sorted(sets)}")
        self.batch = sum(self.sizes.values())
        steps = settings.passes * max(-(-total // self.sizes[head]) for head, total in totals.items())
        if settings.rows_per_epoch is not None:
            lengths = {head: items.lengths(rows) for head, rows in sets.items()}
            times = {head: self.draws[head].times if head in self.draws else None for head in sets}
            rows_per_step = sum(
                size * np.average(lengths[head], weights=times[head]) for head, size in self.sizes.items()
            )
            steps = min(steps, math.ceil(settings.rows_per_epoch / rows_per_step))
        self.steps_per_epoch = steps
        per_group = {head: totals[head] / len(np.unique(rows.group)) for head, rows in sets.items()}
        window = min(settings.window_groups * per_group[head] / self.sizes[head] for head in sets)
        self.steps_per_span = int(np.clip(np.ceil(window), 1, self.steps_per_epoch))

    def check_shares(self, workers: int, parts: int) -> None:
        """Raise AffectError where a step is too small for ``workers`` that compute their shares in ``parts``."""
        if self.batch < 2 * workers * parts:
            raise AffectError(
                f"a batch of {self.batch} rows is too small for {workers} workers"
                + (f" that compute it in {parts} parts" if parts > 1 else "")
                + "; set batch.size to more"
            )

    def spans(self, start_step: int = 0) -> Iterator[Span]:
        """The spans of an epoch, from the one that holds ``start_step`` on."""
        for first in range(0, self.steps_per_epoch, self.steps_per_span):
            last = min(first + self.steps_per_span, self.steps_per_epoch)
            if last > start_step:
                yield Span(first, last, max(first, start_step))

    def steps(self, epoch: int, span: Span, rank: int, world: int) -> list[StepRows]:
        """One worker's rows of each wanted step of a span."""
        rng_key = (self.seed, epoch, span.first)
        orders = {
            head: self._order(head, epoch, span.first * size, span.last * size, rng_key)
            for head, size in self.sizes.items()
        }
        steps = []
        for step in range(span.start, span.last):
            offset = step - span.first
            parts = [orders[head][:, offset * size : (offset + 1) * size] for head, size in self.sizes.items()]
            rows = np.concatenate(parts, axis=1)
            rows = rows[:, np.lexsort((rows[1], rows[0]))]
            drawn = Rows(rows[0], rows[1])
            steps.append(step_rows(self.items, step, drawn, worker_share(len(drawn), rank, world)))
        return steps

    def _order(self, head: Head, epoch: int, first: int, last: int, key: tuple[int, int, int]) -> NDArray[np.int32]:
        """Rows ``first`` to ``last`` of the set's order in ``epoch``, shuffled among themselves: (2, last - first)."""
        rows, total = self.sets[head], self.totals[head]
        chosen = []
        position = first
        while position < last:
            round_, begin = divmod(position, total)
            end = min(begin + last - position, total)
            chosen.append(self._dealt(head, epoch, round_, begin, end))
            position += end - begin
        picked = np.concatenate(chosen)
        # Each group's rows are spread evenly over the span, at random places: batches hold many groups, few of each.
        rng = np.random.default_rng([*key, zlib.crc32(head.encode())])
        rng.shuffle(picked)
        by_group = picked[np.argsort(rows.group[picked], kind="stable")]
        _, counts = np.unique(rows.group[by_group], return_counts=True)
        within = np.concatenate([np.arange(count) for count in counts])
        place = (within + rng.random(len(by_group))) / np.repeat(counts, counts)
        ordered = by_group[np.argsort(place, kind="stable")]
        return np.stack([rows.group[ordered], rows.row[ordered]])

    def _dealt(self, head: Head, epoch: int, round_: int, begin: int, end: int) -> NDArray[np.int64]:
        """Items ``begin`` to ``end`` of the set with its groups, and the items in each, in an order of the round."""
        key = [self.seed, epoch, round_, zlib.crc32(head.encode())]
        drawn = self._drawn(head, epoch)
        runs = np.random.default_rng(key).permutation(len(drawn.starts))
        ends = np.cumsum(drawn.counts[runs])
        parts = []
        for number in range(int(np.searchsorted(ends, begin, side="right")), len(runs)):
            run, offset = runs[number], ends[number] - drawn.counts[runs[number]]
            if offset >= end:
                break
            # A group that is split between two spans gives each a random part of its rows.
            places = drawn.starts[run] + np.random.default_rng([*key, int(run)]).permutation(drawn.counts[run])
            parts.append(places[max(0, begin - offset) : end - offset])
        return np.asarray(drawn.items[np.concatenate(parts)])

    def _drawn(self, head: Head, epoch: int) -> "_Drawn":
        """What of a set an epoch draws, repeated items as often as they are; the same in all its rounds."""
        balanced = head in self.draws
        kept = self._kept.get(head)
        if kept is None or (balanced and kept.epoch != epoch):
            rows = self.sets[head]
            items = self.draws[head].of_epoch(self.seed, epoch, head) if balanced else np.arange(len(rows))
            starts = np.flatnonzero(np.diff(rows.group[items], prepend=-1))
            kept = self._kept[head] = _Drawn(epoch, items, starts, np.diff(starts, append=len(items)))
        return kept


class _Drawn(NamedTuple):
    """Positions in a set of the ``items`` of an epoch, and where the items of each row group begin and their number."""

    epoch: int
    items: NDArray[np.int64]
    starts: NDArray[np.int64]
    counts: NDArray[np.int64]


def _draws(items: Items, sets: dict[Head, Rows], settings: BalanceSettings) -> dict[Head, Draws]:
    """How often the items of the sets that are balanced are drawn."""
    wanted = {head for head in KINDS if getattr(settings, head) is not None}
    lacking = sorted(wanted - set(sets))
    if lacking:
        raise AffectError(f"batch.balance names {', '.join(lacking)}, which is none of the network's heads")
    return {head: draws(head, items.kinds(head), settings) for head in sets if head in wanted}


def step_rows(items: Items, step: int, drawn: Rows, share: slice) -> StepRows:
    """The rows of the items ``drawn`` for a step that fall to the worker with ``share`` of them."""
    lengths = items.lengths(drawn)
    ends = np.cumsum(lengths)
    begin, end = (int(ends[place - 1]) if place else 0 for place in (share.start, share.stop))
    mine = items.rows(Rows(drawn.group[share], drawn.row[share]))
    return StepRows(step, mine, np.arange(begin, end), int(ends[-1]) if len(ends) else 0, lengths[share])


class PassPlan:
    """A pass that sees every item once, in the order of storage: validation, test, cluster centres.

    Workers take equal contiguous shares; a step of a worker is at most ``batch`` rows, and workers may take different
    numbers of steps.
    """

    def __init__(self, items: Items, batch: int, heads: Sequence[Head] | None = None, limit: int | None = None) -> None:
        """Of the sets of ``heads``, or of all; no more than ``limit`` items, evenly chosen."""
        self.items = items
        self.index = items.index
        self.batch = batch
        sets = [items.sets[head] for head in heads or items.sets]
        chosen = np.unique(np.concatenate([np.stack([part.group, part.row]) for part in sets], axis=1), axis=1)
        if limit is not None and chosen.shape[1] > limit:
            chosen = chosen[:, np.linspace(0, chosen.shape[1] - 1, limit).round().astype(np.int64)]
        self.drawn = Rows(chosen[0], chosen[1])

    def steps(self, rank: int, world: int) -> list[StepRows]:
        """One worker's items, cut into steps."""
        share = worker_share(len(self.drawn), rank, world)
        return [
            step_rows(self.items, number, self.drawn, slice(first, min(first + self.batch, share.stop)))
            for number, first in enumerate(range(share.start, share.stop, self.batch))
        ]
