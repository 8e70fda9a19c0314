"""The median filter against SciPy's and against medians of windows."""

import numpy as np
import pytest
from scipy import signal

from affect.annotation.smoothing import median_filter

NOISE = np.random.default_rng(0).normal(size=200)


@pytest.mark.parametrize("size", [1, 5, 15, 31])
def test_odd_sizes_are_scipys_away_from_the_ends(size: int) -> None:
    inside = slice(size, -size)
    np.testing.assert_array_equal(median_filter(NOISE, size)[inside], signal.medfilt(NOISE, size)[inside])


@pytest.mark.parametrize("size", [2, 4, 30])
def test_even_sizes_take_half_before_and_the_mean_of_the_middle_two(size: int) -> None:
    filtered = median_filter(NOISE, size)
    for frame in range(size, 200 - size):
        window = NOISE[frame - size // 2 : frame + size // 2]
        assert filtered[frame] == pytest.approx(np.median(window))


def test_ends_are_mirrored_and_not_pulled_to_zero() -> None:
    np.testing.assert_array_equal(median_filter(np.full(10, 0.7), 30), np.full(10, 0.7))
    assert median_filter(np.array([5.0, 1.0, 2.0, 2.0]), 3)[0] == 5.0  # of 5, 5, 1


def test_frames_without_a_value_stay_so_and_part_what_lies_around_them() -> None:
    values = np.array([np.nan, 1, 9, 1, np.nan, 4, 4, 0, np.nan])
    np.testing.assert_array_equal(median_filter(values, 3), [np.nan, 1, 1, 1, np.nan, 4, 4, 0, np.nan])
    assert np.isnan(median_filter(np.full(3, np.nan), 3)).all()
    assert values[2] == 9
