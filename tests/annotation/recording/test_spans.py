"""How much of a video stretches cover."""

import numpy as np
import pytest

from affect.annotation.recording.spans import covers, first_gap, joined, share

GAP = 0.5


@pytest.mark.parametrize(
    ("spans", "whole", "resume"),
    [
        ([(0.4, 9.6)], True, 9.6),
        ([(0.6, 10)], False, 0.0),
        ([(0, 9.4)], False, 9.4),
        ([(5.2, 10), (0, 5)], True, 10),
        ([(5.6, 10), (0, 5)], False, 5),
        ([], False, 0.0),
        ([(0, 12)], True, 12),
    ],
)
def test_what_counts_as_whole(spans: list[tuple[float, float]], whole: bool, resume: float) -> None:
    assert covers(spans, 10.0, GAP) is whole
    assert first_gap(spans, GAP) == resume


def test_the_share_is_that_of_moments_which_are_covered() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        starts = rng.uniform(1, 8, 4)
        spans = [
            (float(start), float(start + length)) for start, length in zip(starts, rng.uniform(0, 2, 4), strict=True)
        ]
        moments = np.linspace(0, 10, 100_001)
        inside = np.any([(moments >= start) & (moments <= end) for start, end in spans], axis=0)
        assert share(spans, 10.0, 0.0) == pytest.approx(inside.mean(), abs=1e-3)
        assert sum(end - start for start, end in joined(spans)) == pytest.approx(10 * inside.mean(), abs=1e-2)
