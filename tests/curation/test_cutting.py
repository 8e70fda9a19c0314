"""Clips as they are written: their rate, their place, and sound that stays with the pictures."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from affect.curation.cutting import cut_clips
from affect.curation.plan import Part
from affect.curation.settings import CurationSettings
from affect.media.sound import SoundError, samples
from affect.media.video import frames, probe
from tests.made_media import make_video

SETTINGS = CurationSettings()
SIZE = (48, 64)
NTSC = Fraction(30_000, 1001)
FLASH_S = 2.0
LOSS = 1.2
"""How much darker a picture gets that is read as RGB, for FFmpeg rounds down."""


def times_of(path: Path) -> np.ndarray:
    seen = [(frame.time_s, frame.time_s + frame.duration_s) for frame in frames(path)]
    return np.array([time for time, _ in seen] + [seen[-1][1]])


def cut(path: Path, out: Path, begin: int = 0, end: int | None = None, **options: bool) -> tuple[Path, object]:
    times = times_of(path)
    part = Part(0, begin, len(times) - 1 if end is None else end)
    return out, cut_clips(path, times, [(out, part)], SETTINGS, lambda *_: None, **options)


def flash(times: np.ndarray) -> list[np.ndarray]:
    """White for a tenth of a second from FLASH_S on."""
    on = (times > FLASH_S - 1e-6) & (times < FLASH_S + 0.1)
    return [np.full((*SIZE, 3), 255 if lit else 20, np.uint8) for lit in on]


def click(rate: int, seconds: float, at: float) -> np.ndarray:
    sound = np.zeros(round(seconds * rate))
    first = round(at * rate)
    length = min(rate // 200, len(sound) - first)
    sound[first : first + length] = 0.9 * np.sin(np.arange(length) * 2 * np.pi * 1500 / rate)
    return sound


def heard(path: Path, rate: int = 48_000) -> float:
    """When the sound first is loud, on the clock of the frames."""
    sound = np.concatenate(list(samples(path, rate, probe(path).start_s)))
    return float(np.flatnonzero(np.abs(sound) > 0.3)[0]) / rate


def seen(path: Path) -> float:
    return next(frame.time_s for frame in frames(path) if frame.picture.mean() > 128)


@pytest.mark.parametrize(
    ("rate", "sound_rate", "layout", "begin"),
    [
        (Fraction(25), 44_100, "stereo", 0),
        (Fraction(25), 16_000, "mono", 19),
        (NTSC, 44_100, "stereo", 19),
        (NTSC, 96_000, "mono", 0),  # a rate that changes
        (Fraction(24_000, 1001), 16_000, "mono", 0),
        (Fraction(60), 48_000, "stereo", 19),
    ],
)
def test_click_and_flash_stay_together(
    tmp_path: Path, rate: Fraction, sound_rate: int, layout: str, begin: int
) -> None:
    times = np.array([float(index / rate) for index in range(int(4 * rate))])
    at = times[np.flatnonzero(times > FLASH_S - 1e-6)[0]]
    sound = click(sound_rate, 4, at)
    path = make_video(tmp_path / "raw.mov", flash(times), rate, sound=sound, sound_rate=sound_rate, layout=layout)
    clip, _ = cut(path, tmp_path / "clip.mp4", begin)
    assert abs(seen(clip) - heard(clip)) <= 1 / 30
    assert seen(clip) == pytest.approx(at - times[begin], abs=0.5 / 30 + 1e-3)
    assert heard(clip) == pytest.approx(at - times[begin], abs=0.005)
    with av.open(str(clip)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec.name, video.pix_fmt, video.average_rate) == ("h264", "yuv420p", 30)
        assert (audio.codec.name, audio.layout.name) == ("aac", layout)
        assert audio.rate == (48_000 if sound_rate == 96_000 else sound_rate)
        count = video.frames
        assert float(audio.duration * audio.time_base) == pytest.approx(count / 30, abs=0.001)
    data = clip.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    np.testing.assert_allclose(times_of(clip)[:-1], np.arange(count) / 30, atol=1e-6)


@pytest.mark.parametrize(("start", "length"), [(0.8, 3.2), (-0.4, 4.4), (0.0, 2.5)])
def test_sound_that_begins_late_or_early_or_ends_early(tmp_path: Path, start: float, length: float) -> None:
    times = np.arange(120) / 30
    sound = click(44_100, length, FLASH_S - start)
    shift = max(0.0, -start)  # files begin at 0, so that early sound is late pictures
    path = make_video(tmp_path / "raw.mov", flash(times), times=times + shift, sound=sound, sound_start=start + shift)
    clip, _ = cut(path, tmp_path / "clip.mp4")
    assert abs(seen(clip) - heard(clip)) <= 1 / 30
    assert heard(clip) == pytest.approx(FLASH_S, abs=0.005)
    assert len(np.concatenate(list(samples(clip, 44_100)))) == pytest.approx(4 * 44_100, abs=1100)


def test_variable_rate_keeps_its_times(tmp_path: Path) -> None:
    times = np.cumsum(np.r_[0.0, np.random.default_rng(0).uniform(0.01, 0.12, 60)])
    pictures = [np.full((*SIZE, 3), 4 * index, np.uint8) for index in range(len(times))]
    path = make_video(tmp_path / "raw.mp4", pictures, times=times.tolist())
    clip, _ = cut(path, tmp_path / "clip.mp4", 7, 50)
    known = np.array([frame.picture.mean() for frame in frames(path)])
    shown = [int(np.abs(known - frame.picture.mean() - LOSS).argmin()) for frame in frames(clip)]
    wanted = times[7] + np.arange(len(shown)) / 30
    assert len(shown) == round((times[50] - times[7]) * 30)
    assert shown == [7 + int(np.abs(times[7:50] - time).argmin()) for time in wanted]


def test_clips_that_overlap_are_written_in_one_pass(tmp_path: Path) -> None:
    times = np.arange(121) / 30
    path = make_video(tmp_path / "raw.mov", flash(times[:-1]), sound=click(44_100, 4, FLASH_S))
    spans = {"one.mp4": (0, 90), "two.mp4": (30, 120), "three.mp4": (95, 120)}
    shown: list[int] = []
    clips = [(tmp_path / name, Part(0, *span)) for name, span in spans.items()]
    cut_clips(path, times, clips, SETTINGS, lambda number, *_: shown.append(number))
    assert [shown.count(number) for number in range(3)] == [90, 90, 25]
    for name, (begin, end) in list(spans.items())[:2]:
        assert len(times_of(tmp_path / name)) - 1 == end - begin
        assert heard(tmp_path / name) == pytest.approx(FLASH_S - begin / 30, abs=0.005)
        assert seen(tmp_path / name) == pytest.approx(FLASH_S - begin / 30)


def test_odd_sizes_lose_a_line(tmp_path: Path) -> None:
    pictures = [np.full((49, 65, 3), 90, np.uint8)] * 5
    with av.open(str(tmp_path / "odd.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = 65, 49, "bgr0"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    clip, form = cut(tmp_path / "odd.mkv", tmp_path / "clip.mp4")
    assert [frame.picture.shape for frame in frames(clip)] == [(48, 64, 3)] * 5
    assert next(frames(clip)).picture.mean() == pytest.approx(90, abs=2)
    assert form is None
    assert not probe(clip).sound


def test_damaged_sound_is_told_from_damaged_pictures(tmp_path: Path) -> None:
    path = make_video(tmp_path / "raw.mov", flash(np.arange(30) / 30), sound=click(44_100, 1, 0.5))
    with av.open(str(path)) as source, av.open(str(tmp_path / "bad.mkv"), "w") as target:
        video = target.add_stream_from_template(source.streams.video[0])
        audio = target.add_stream("flac", rate=44_100, layout="mono")
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = video
                target.mux(packet)
        noise = np.random.default_rng(0).integers(-9999, 9999, (1, 40_000)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(noise, "s16", "mono")
        frame.sample_rate, frame.pts = 44_100, 0
        packets = [*audio.encode(frame), *audio.encode()]
        good, bad = packets[3], av.Packet(b"\xff\xf8" + b"\x55" * 3000)
        bad.pts, bad.dts, bad.time_base, bad.stream = good.pts, good.dts, good.time_base, audio
        for packet in [*packets[:3], bad, *packets[4:]]:
            target.mux(packet)
    with pytest.raises(SoundError, match="the sound of bad.mkv is damaged"):
        cut(tmp_path / "bad.mkv", tmp_path / "clip.mp4")
    cut(tmp_path / "bad.mkv", tmp_path / "clip.mp4", with_sound=False)
    assert len(times_of(tmp_path / "clip.mp4")) == 31
