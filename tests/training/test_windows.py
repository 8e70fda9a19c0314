"""Sequences: of one person, in order, without long gaps, each row in one of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affect.preprocessing.settings import Preprocessing
from affect.training.index import LabelIndex, Rows, Seen
from affect.training.plan import PassPlan, TrainPlan
from affect.training.settings import BatchSettings
from affect.training.windows import Windows


def made(
    lengths: list[int], missing: float, length: int, max_gap: int, seed: int = 0, labelled: float = 0.6
) -> tuple[Windows, list[tuple[int, int]]]:
    """Windows over videos of ``lengths`` frames of which a share shows no face; video and frame of each row."""
    rng = np.random.default_rng(seed)
    rows, frames, begins, videos, groups = [], [], [], [], []
    for video, count in enumerate(lengths):
        shown = np.flatnonzero(rng.random(count) >= missing).astype(np.int32)
        for group, first in enumerate(range(0, count, 7)):  # row groups of seven rows
            here = shown[(shown >= first) & (shown < first + 7)]
            rows.append(here - first)
            groups.append(np.full(len(here), 1000 * video + group, np.int32))
        frames.append(shown)
        begins.append(np.arange(len(shown)) == 0)
        videos += [video] * len(shown)
    row, group = np.concatenate(rows).astype(np.int32), np.concatenate(groups)
    _, group = np.unique(group, return_inverse=True)
    frame = np.concatenate(frames)
    has = {head: rng.random(len(row)) < labelled for head in ("valence_arousal", "expression")}
    group = group.astype(np.int32)
    seen = Seen(Rows(group, row), frame, np.concatenate(begins), has)
    sets = {head: Rows(group[chosen], row[chosen]) for head, chosen in has.items()}
    count = int(group.max(initial=-1)) + 1
    index = LabelIndex(
        tuple(("file", n) for n in range(count)), sets, sum(lengths), (), Preprocessing(), ("image", "lengths"), seen
    )
    return Windows(index, length, max_gap), list(zip(videos, frame.tolist(), strict=True))


def parts(windows: Windows, items: Rows, places: dict[tuple[int, int], tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Video and frame of each row of each item."""
    rows = windows.rows(items)
    flat = [places[pair] for pair in zip(rows.group.tolist(), rows.row.tolist(), strict=True)]
    ends = np.cumsum(windows.lengths(items))
    return [flat[end - length : end] for end, length in zip(ends, windows.lengths(items), strict=True)]


@settings(max_examples=60)
@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    missing=st.sampled_from([0.0, 0.3, 0.8]),
    length=st.integers(1, 12),
    max_gap=st.integers(0, 4),
    seed=st.integers(0, 99),
)
def test_windows(lengths: list[int], missing: float, length: int, max_gap: int, seed: int) -> None:
    windows, where = made(lengths, missing, length, max_gap, seed)
    seen = windows.index.seen
    assert seen is not None
    pairs = zip(seen.rows.group.tolist(), seen.rows.row.tolist(), strict=True)
    places = dict(zip(pairs, where, strict=True))
    labelled = {where[n] for has in seen.labelled.values() for n in np.flatnonzero(has)}
    found: dict[int, list[tuple[int, int]]] = {}
    for head, items in windows.sets.items():
        of_head = {where[n] for n in np.flatnonzero(seen.labelled[head])}
        for number, rows in zip(items.row.tolist(), parts(windows, items, places), strict=True):
            assert of_head & set(rows)  # something of the head is annotated
            assert len({video for video, _ in rows}) == 1
            steps = np.diff([frame for _, frame in rows])
            assert (steps > 0).all()
            assert (steps <= max_gap + 1).all()
            assert len(rows) <= length
            found[number] = rows
    covered = [row for rows in found.values() for row in rows]
    assert len(covered) == len(set(covered))
    assert labelled <= set(covered)
    # Only where a stretch ends is a window shorter.
    for rows in found.values():
        if len(rows) < length:
            video, last = rows[-1]
            after = [frame for other, frame in where if other == video and frame > last]
            assert not after or min(after) > last + max_gap + 1


@pytest.mark.parametrize("world", [1, 2, 3])
def test_plans_of_windows_share_out_whole_sequences(world: int) -> None:
    windows, _ = made([40, 33, 21, 9], 0.2, 8, 3)
    plan = TrainPlan(windows, BatchSettings(size=5), seed=1)
    for span in plan.spans():
        alone = plan.steps(0, span, 0, 1)
        together = [plan.steps(0, span, rank, world) for rank in range(world)]
        for number, whole in enumerate(alone):
            mine = [steps[number] for steps in together]
            assert np.concatenate([part.lengths for part in mine]).tolist() == whole.lengths.tolist()
            assert np.concatenate([part.rows.row for part in mine]).tolist() == whole.rows.row.tolist()
            assert np.concatenate([part.position for part in mine]).tolist() == list(range(whole.total))
            assert all(part.lengths.sum() == len(part.rows) for part in mine)
    passed = [step for rank in range(world) for step in PassPlan(windows, 3).steps(rank, world)]
    rows = [pair for step in passed for pair in zip(step.rows.group.tolist(), step.rows.row.tolist(), strict=True)]
    assert len(rows) == len(set(rows))
    assert [position for step in passed for position in step.position] == list(range(len(rows)))
