"""Tracks keep people apart and together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.faces.tracking import ShotChanges, Tracker
from tests.made_media import portrait


def box(x: float, y: float = 50, size: float = 40) -> list[float]:
    return [x, y, size, size * 1.3]


def boxes(*each: list[float]) -> np.ndarray:
    return np.array(each, np.float32).reshape(-1, 4)


@pytest.mark.parametrize("step", [0.0, 2.0, 15.0])
@pytest.mark.parametrize("swap", [False, True])
def test_two_people_keep_their_numbers(step: float, swap: bool) -> None:
    tracker = Tracker()
    for frame in range(20):
        both = [box(20 + step * frame), box(600 - step * frame / 3)]
        numbers = tracker.update(frame, frame / 30, boxes(*(both[::-1] if swap and frame % 2 else both)))
        assert numbers == ([1, 0] if swap and frame % 2 else [0, 1])
    assert [len(track.frames) for track in tracker.tracks] == [20, 20]


@pytest.mark.parametrize(("missed", "tracks"), [(1, 1), (10, 1), (20, 2)])
def test_short_gaps_are_bridged_long_ones_are_not(missed: int, tracks: int) -> None:
    tracker = Tracker()
    for frame in range(40):
        seen = not 10 <= frame < 10 + missed
        tracker.update(frame, frame / 30, boxes(box(100)) if seen else boxes())
    assert len(tracker.tracks) == tracks


def test_gaps_count_in_seconds_not_frames() -> None:
    tracker = Tracker()
    tracker.update(0, 0.0, boxes(box(100)))
    tracker.update(1, 3.0, boxes(box(100)))
    assert len(tracker.tracks) == 2


def test_after_a_cut_nobody_goes_on() -> None:
    tracker = Tracker()
    tracker.update(0, 0.0, boxes(box(100)))
    assert tracker.update(1, 1 / 30, boxes(box(100)), cut=True) == [1]
    assert tracker.update(2, 2 / 30, boxes(box(100))) == [1]


@pytest.mark.parametrize("other", [box(300), box(100, size=160)])
def test_a_jump_in_place_or_size_is_someone_else(other: list[float]) -> None:
    tracker = Tracker()
    tracker.update(0, 0.0, boxes(box(100)))
    assert tracker.update(1, 1 / 30, boxes(other)) == [1]


@given(
    st.lists(
        st.lists(st.tuples(*[st.floats(0, 500)] * 2, *[st.floats(1, 300)] * 2), max_size=6), min_size=1, max_size=12
    )
)
def test_each_box_gets_one_track_of_its_own(frames: list[list[tuple[float, ...]]]) -> None:
    tracker = Tracker()
    for frame, each in enumerate(frames):
        numbers = tracker.update(frame, frame / 30, np.array(each, np.float32).reshape(-1, 4))
        assert len(set(numbers)) == len(each)
    assert sum(len(track.frames) for track in tracker.tracks) == sum(map(len, frames))
    assert [track.number for track in tracker.tracks] == list(range(len(tracker.tracks)))


def test_shot_changes() -> None:
    picture, generator = portrait(), np.random.default_rng(0)
    changes = ShotChanges()
    shown = [picture, np.roll(picture, 6, axis=1), np.clip(picture * 1.1, 0, 255).astype(np.uint8)]
    noisy = np.clip(picture + generator.normal(0, 20, picture.shape), 0, 255).astype(np.uint8)
    assert [changes(one) for one in [*shown, noisy]] == [False] * 4
    other = np.full_like(picture, (20, 60, 120))
    assert changes(other)
    assert not changes(other)
