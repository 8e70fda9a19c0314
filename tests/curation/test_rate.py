"""Any rate becomes one by choosing the nearest frames."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.curation.rate import chosen_frames


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (np.arange(9) / 30, [0, 1, 2, 3, 4, 5, 6, 7]),
        (np.floor(np.arange(9) / 30 * 1000) / 1000, [0, 1, 2, 3, 4, 5, 6, 7]),  # as Matroska counts
        (np.arange(13) / 60, [0, 2, 4, 6, 8, 10]),
        (np.arange(5) / 15, [0, 0, 1, 1, 2, 2, 3, 3]),  # half way between two: the earlier
        (np.arange(11) / 25, [0, 1, 2, 2, 3, 4, 5, 6, 7, 7, 8, 9]),
        (np.array([0, 0.2, 0.3]), [0, 0, 0, 0, 1, 1, 1, 1, 1]),
        (np.array([7.0, 7.001]), [0]),
    ],
)
def test_known_rates(times: np.ndarray, expected: list[int]) -> None:
    assert chosen_frames(times, 30).tolist() == expected


def test_ntsc_repeats_one_frame_in_a_thousand() -> None:
    times = np.array([float(index / Fraction(30_000, 1001)) for index in range(2001)])
    chosen = chosen_frames(times, 30)
    assert len(chosen) == 2002
    assert np.bincount(chosen).tolist().count(2) == 2
    assert set(chosen.tolist()) == set(range(2000))


@given(
    st.lists(st.floats(0.002, 0.4), min_size=1, max_size=60),
    st.floats(0, 5000),
    st.sampled_from([15, 25, 30]),
)
def test_every_frame_is_the_nearest(steps: list[float], start: float, fps: int) -> None:
    times = start + np.concatenate([[0.0], np.cumsum(steps)])
    chosen = chosen_frames(times, fps)
    assert len(chosen) == max(1, round((times[-1] - times[0]) * fps))
    wanted = times[0] + np.arange(len(chosen)) / fps
    away = np.abs(times[:-1][None] - wanted[:, None])
    np.testing.assert_allclose(away[np.arange(len(chosen)), chosen], away.min(axis=1), atol=2e-4)
    assert (np.diff(chosen) >= 0).all()
