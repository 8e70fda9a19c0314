"""How often lines come, and how they say how long."""

import pytest

from affect.pacing import between_lines, duration


@pytest.mark.parametrize(("elapsed", "seconds"), [(0, 5), (250, 5), (3600, 72), (10**6, 300)])
def test_lines_grow_rare(elapsed: float, seconds: float) -> None:
    assert between_lines(elapsed) == seconds


@pytest.mark.parametrize(("seconds", "said"), [(129.6, "00:02:10"), (49 * 3600 + 61.4, "49:01:01"), (0, "00:00:00")])
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said
