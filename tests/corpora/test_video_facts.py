from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from affect.corpora.video_facts import frame_count, frame_rate
from affect.errors import AffectError
from affect.media.video import frames
from tests.made_media import make_video

PICTURES = [np.full((32, 32, 3), 20 * index, np.uint8) for index in range(7)]


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mkv"])
def test_frames_are_counted_as_they_are_decoded(tmp_path: Path, suffix: str) -> None:
    video = make_video(tmp_path / f"a{suffix}", PICTURES, rate=25, sound=np.zeros(10_000))
    assert frame_count(str(video)) == len(list(frames(video))) == len(PICTURES)


@pytest.mark.parametrize("rate", [25, Fraction(30_000, 1001)])
def test_the_frame_rate_is_read(tmp_path: Path, rate: Fraction | int) -> None:
    assert frame_rate(str(make_video(tmp_path / "a.mp4", PICTURES, rate))) == pytest.approx(float(rate))


@pytest.mark.parametrize("fact", [frame_count, frame_rate])
@pytest.mark.parametrize("content", [b"", b"not a video" * 100])
def test_what_is_no_video_is_named(tmp_path: Path, fact: Callable[[str], float], content: bytes) -> None:
    (tmp_path / "a.avi").write_bytes(content)
    with pytest.raises(AffectError, match=r"a\.avi"):
        fact(str(tmp_path / "a.avi"))
