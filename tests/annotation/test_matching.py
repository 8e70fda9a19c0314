"""Values of the nearest time stamp."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.annotation.matching import match
from affect.annotation.traces import Trace


def trace(times: list[float], values: list[float]) -> Trace:
    return Trace("someone", np.array(times, np.float64), np.array(values, np.float64))


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (0.0, 1.0),
        (0.049, 1.0),
        (0.05, 1.5),  # as near to 0 as to 0.1
        (0.051, 2.0),
        (0.15, 3.0),  # as near to 0.1 as to 0.2, which are not so in binary
        (0.2, 4.0),
        (0.9, 4.0),  # within reach of the end
    ],
)
def test_the_nearest_counts_and_equally_near_ones_are_averaged(frame: float, expected: float) -> None:
    values = match(trace([0.0, 0.1, 0.2], [1.0, 2.0, 4.0]), np.array([frame]), reach_s=1.0)
    assert values.tolist() == [expected]


def test_samples_of_one_time_stamp_are_averaged() -> None:
    assert match(trace([0, 0, 1], [0, 1, 5]), np.array([0.0, 1.0]), 1.0).tolist() == [0.5, 5.0]


def test_reach_ends_outside_of_the_trace_but_not_within() -> None:
    values = match(trace([2.0, 10.0], [1.0, 3.0]), np.array([0.9, 1.0, 5.0, 7.0, 11.0, 11.1]), reach_s=1.0)
    np.testing.assert_array_equal(values, [np.nan, 1, 1, 3, 3, np.nan])


def test_a_delay_moves_annotations_to_earlier_frames() -> None:
    assert match(trace([2.0, 3.0], [1.0, 3.0]), np.array([0.0, 1.0]), 0.5, delay_s=2.0).tolist() == [1.0, 3.0]


@given(
    stamps=st.lists(st.integers(0, 60), min_size=1, max_size=12),
    frames=st.lists(st.integers(-10, 80), max_size=12),
    seed=st.integers(0, 99),
)
def test_as_a_search_through_all_time_stamps_finds_it(stamps: list[int], frames: list[int], seed: int) -> None:
    times = np.sort(np.array(stamps)) / 10
    values = np.random.default_rng(seed).uniform(-1, 1, len(times))
    matched = match(Trace("someone", times, values), np.array(frames) / 10, reach_s=100)
    for frame, value in zip(frames, matched.tolist(), strict=True):
        distances = np.abs(np.rint(times * 10) - frame)
        nearest = np.rint(times * 10)[distances == distances.min()]
        means = [values[np.rint(times * 10) == stamp].mean() for stamp in np.unique(nearest)]
        assert value == pytest.approx(np.mean(means))
