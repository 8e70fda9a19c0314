"""A model that takes sound alone hears files of sound and the tracks of videos."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affect.errors import AffectError
from affect.media.video import TooLargeError, VideoLimits
from affect.watching.settings import WatchSettings
from affect.watching.soundtrack import WatchedSound
from affect.watching.video import WatchedVideo
from tests.made_media import make_sound, make_video, portrait
from tests.watching.made_watching import NETWORKS, RATE, asker, sound


def test_a_videos_track_says_what_the_video_does(clips: Path) -> None:
    """Up to its end; the sound goes on, which the video does not."""
    ask = asker(NETWORKS["audio"])
    with WatchedVideo(clips / "clip.mov", ask, None) as video:
        expected = list(video)
    answers = list(WatchedSound(clips / "clip.mov", ask, WatchSettings(batch=5)))
    assert len(answers) == round((34 / RATE + 1) * RATE)
    assert [answer["time_s"] for answer in answers] == pytest.approx(np.arange(len(answers)) / RATE, abs=1e-6)
    near_the_end = 9  # a frame's picture reaches a third of a second ahead
    for answer, same in zip(answers, expected[:-near_the_end], strict=False):
        assert answer["sound"]["expression"] == pytest.approx(same["sound"]["expression"], abs=1e-4)


@pytest.mark.parametrize(("rate", "count"), [(None, 30), (12.5, 13), (100.0, 100)])
def test_a_file_of_sound_is_heard_at_any_rate(tmp_path: Path, rate: float | None, count: int) -> None:
    path = make_sound(tmp_path / "voice.wav", sound(1.0))
    answers = list(WatchedSound(path, asker(NETWORKS["audio"]), rate=rate))
    assert len(answers) == count
    assert [answer["frame"] for answer in answers] == list(range(count))
    assert answers[3]["time_s"] == pytest.approx(3 / (rate or 30), abs=1e-6)
    said = np.array([list(answer["sound"]["expression"].values()) for answer in answers])
    assert said.std(axis=0).max() > 1e-3


def test_what_cannot_be_heard(clips: Path, tmp_path: Path) -> None:
    ask = asker(NETWORKS["audio"])
    silent = make_video(tmp_path / "silent.mp4", [portrait()] * 3)
    with pytest.raises(AffectError, match="silent.mp4 has no sound"):
        WatchedSound(silent, ask)
    with pytest.raises(AffectError, match="looks at faces too"):
        WatchedSound(clips / "clip.mov", asker(NETWORKS["audio-visual"]))
    voice = make_sound(tmp_path / "voice.wav", sound(1.0))
    with pytest.raises(TooLargeError, match=r"voice.wav lasts 1 s, 0.9 s are allowed"):
        WatchedSound(voice, ask, limits=VideoLimits(seconds=0.9))
    with pytest.raises(TooLargeError, match="pixels"):
        WatchedSound(clips / "clip.mov", ask, limits=VideoLimits(pixels=1000))


def test_a_rate_that_no_camera_has_is_not_taken_from_the_file(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "fast.mkv", [portrait()] * 6, 3000, sound=sound(0.5))
    with WatchedSound(clip, asker(NETWORKS["audio"])) as watched:
        assert watched.rate == 30


def test_a_sound_that_breaks_is_answered_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from affect.media import sound as module

    real = module.samples

    def breaks(*arguments: Any) -> Iterator[np.ndarray]:
        yield module.Portions(real(*arguments)).up_to(20_000)
        raise AffectError("the sound of voice.wav is damaged after 0.45 s")

    voice = make_sound(tmp_path / "voice.wav", sound(1.0))
    monkeypatch.setattr(module, "samples", breaks)
    with WatchedSound(voice, asker(NETWORKS["audio"])) as heard:
        answers = list(heard)
        summary = heard.summary()
    assert len(answers) == np.ceil(20_000 / 44_100 * 30)
    assert "after 0.45 s" in str(summary["broken"])
    assert summary["duration_s"] == pytest.approx(20_000 / 44_100, abs=1e-5)
    assert summary["whole"]["expression_shares"]
