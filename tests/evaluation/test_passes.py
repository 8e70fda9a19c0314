"""Every item once, and what goes on in the step after that in which it went on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.evaluation.passes import Asked, each_alone, one_after_another
from affect.preprocessing.settings import Preprocessing
from affect.training.index import LabelIndex, Rows, Seen
from affect.training.windows import Single, Windows

LENGTH = 4


def index_of(videos: list[int]) -> LabelIndex:
    """Videos of so many frames, each a row group, every frame with a face."""
    group = np.repeat(np.arange(len(videos)), videos).astype(np.int32)
    row = np.concatenate([np.arange(count) for count in videos]).astype(np.int32)
    seen = Seen(Rows(group, row), row, row == 0, {})
    groups = tuple(("file", number) for number in range(len(videos)))
    return LabelIndex(groups, {}, sum(videos), (), Preprocessing(), ("image",), seen)


def frames(asked: Asked) -> list[tuple[int, int]]:
    rows = asked.rows.rows
    return list(zip(rows.group.tolist(), rows.row.tolist(), strict=True))


def sequences(asked: Asked) -> list[list[tuple[int, int]]]:
    """Video and frame of each of a step's windows: they begin where another video does or a multiple of LENGTH is."""
    made: list[list[tuple[int, int]]] = []
    for video, frame in frames(asked):
        if not made or frame % LENGTH == 0 or made[-1][-1][0] != video:
            made.append([])
        made[-1].append((video, frame))
    return made


@pytest.mark.parametrize("batch", [1, 5, 100])
def test_each_row_alone(batch: int) -> None:
    videos = [3, 9, 1]
    steps = list(each_alone(Single(index_of(videos)), batch))
    expected = [(video, frame) for video, count in enumerate(videos) for frame in range(count)]
    assert [place for step in steps for place in frames(step)] == expected
    assert [len(frames(step)) for step in steps[:-1]] == [batch] * (
        len(expected) // batch - (len(expected) % batch == 0)
    )
    assert [step.rows.step for step in steps] == list(range(len(steps)))
    assert all(step.going_on == 0 for step in steps)


@given(videos=st.lists(st.integers(1, 30), min_size=1, max_size=9), batch=st.integers(1, 5))
def test_windows_go_on_where_the_step_before_ended(videos: list[int], batch: int) -> None:
    windows = Windows(index_of(videos), LENGTH, max_gap=0)
    steps = list(one_after_another(windows, batch))
    asked = [place for step in steps for place in frames(step)]
    assert sorted(asked) == [(video, frame) for video, count in enumerate(videos) for frame in range(count)]
    assert len(set(asked)) == len(asked)
    before: list[list[tuple[int, int]]] = []
    for step in steps:
        now = sequences(step)
        assert len(now) <= batch
        assert step.going_on in {0, len(now)}
        for number, sequence in enumerate(now):
            video, frame = sequence[0]
            if step.going_on:
                assert before[number][-1] == (video, frame - 1)
            else:
                assert frame == 0
        before = now


def test_stretches_of_like_length_go_side_by_side() -> None:
    """Two long videos and two short ones, two at a time: as many steps as the longest of each pair has windows."""
    windows = Windows(index_of([4, 40, 4, 40]), LENGTH, max_gap=0)
    assert len(list(one_after_another(windows, 2))) == 10 + 1
