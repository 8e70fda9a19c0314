"""Lines while a run goes on."""

import logging
import re
import time

import pytest

from affect.preprocessing.progress import Progress


def test_lines_come_while_it_runs(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "affect.preprocess"), Progress(clips=4, every_s=0.05) as progress:
        progress.add(frames=30, set_aside=False)
        progress.add(frames=0, set_aside=True)
        time.sleep(0.2)
    lines = [record.message for record in caplog.records]
    assert len(lines) >= 2
    assert re.fullmatch(r"2/4 clips, 30 frames, [\d.]+ frames/s, 1 set aside, about \d\d:\d\d:\d\d left", lines[-1])
    count = len(lines)
    time.sleep(0.15)
    assert len(caplog.records) == count


def test_nothing_is_foretold_before_the_first_clip() -> None:
    assert "left" not in Progress(clips=4).line()
