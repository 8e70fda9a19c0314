"""Sequences begin where those of an evaluation's windows do, wherever batches are cut."""

import numpy as np
import pytest

from affect.models.asking import Answered
from affect.training import windows
from affect.watching.memory import Memories, Row

FRAMES = {
    "left": [0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 18, 19, 20, 21],
    "right": [2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16, 17, 18, 22],
}
MAX_GAP = 2


def begun(length: int | None, batch: int) -> dict[str, list[int]]:
    """The frames with which sequences began, of each face; memory counts the rows that it is of."""
    memories = Memories(length, MAX_GAP, sequential=True)
    nothing = {"image": np.zeros((1, 1, 3), np.uint8)}
    rows = sorted(
        (Row(who, frame, frame / 10, nothing) for who, frames in FRAMES.items() for frame in frames),
        key=lambda row: row.frame,
    )
    beginnings: dict[str, list[int]] = {who: [] for who in FRAMES}
    for first in range(0, len(rows), batch):
        some = rows[first : first + batch]
        planned = memories.plan(some)
        assert sorted(number for one in planned for number in one.rows) == list(range(len(some)))
        answers = []
        for one in planned:
            before = int(one.stretch.memory.get("rows", np.zeros(1))[0])
            if not before:
                beginnings[str(one.who)].append(some[one.rows[0]].frame)
            answers.append(Answered({}, {"rows": np.array([before + len(one.stretch)], np.float32)}))
        memories.keep(some, planned, answers)
    return beginnings


@pytest.mark.parametrize("batch", [1, 4, 7, 100])
@pytest.mark.parametrize("length", [1, 3, 4, None])
def test_where_sequences_begin(length: int | None, batch: int) -> None:
    expected = {}
    for who, frames in FRAMES.items():
        starts = windows._stretches(np.zeros(len(frames), bool), np.array(frames, np.int32), MAX_GAP)
        first, _ = windows._cut(starts, length or 1000)
        expected[who] = [frames[place] for place in first]
    assert begun(length, batch) == expected


def test_other_networks_are_asked_about_all_at_once() -> None:
    memories = Memories(3, 0, sequential=False)
    rows = [Row(who, frame, 0.0, {"image": np.full(2, frame)}) for frame in (0, 5) for who in "ab"]
    (planned,) = memories.plan(rows)
    assert planned.stretch.inputs["image"].tolist() == [[0, 0], [0, 0], [5, 5], [5, 5]]
    memories.keep(rows, [planned], [Answered({}, {})])
    assert len(memories) == 0
    assert memories.plan([]) == []
