"""The spectrogram: levels, places in time, ends, and the picture of it for a frame."""

from fractions import Fraction
from pathlib import Path

import librosa
import numpy as np
import pytest

from affect.media import sound
from affect.media.sound import frame_picture, samples, spectrogram
from affect.media.video import frames, probe
from affect.preprocessing.settings import SoundSettings
from tests.made_media import make_sound, make_video

SETTINGS = SoundSettings()


def columns(path: Path, **options: float) -> np.ndarray:
    parts = list(spectrogram(path, SETTINGS, **options))
    return np.concatenate(parts) if parts else np.empty((0, 728), np.uint8)


def decibels(levels: np.ndarray) -> np.ndarray:
    return SETTINGS.floor_db * (1 - levels / 255.0)


def sine(hertz: float, rate: int, seconds: float = 1.0, height: float = 1.0) -> np.ndarray:
    return height * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("layout", ["mono", "stereo"])
@pytest.mark.parametrize("height", [1.0, 0.5, 0.1])
def test_level_of_a_sine(tmp_path: Path, rate: int, layout: str, height: float) -> None:
    bin_hertz = 44_100 / 1455
    found = columns(make_sound(tmp_path / "s.wav", sine(33 * bin_hertz, rate, height=height), rate, layout))
    middle = found[len(found) // 2]
    assert middle.argmax() == 33
    assert decibels(middle.max()) == pytest.approx(20 * np.log10(height), abs=0.25)  # steps of 0.31 dB


def test_equals_librosa_over_several_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "CHUNK_COLUMNS", 16)
    wave = np.random.default_rng(0).uniform(-0.5, 0.5, 44_100) * np.linspace(0, 1, 44_100)
    found = columns(make_sound(tmp_path / "s.wav", wave))
    stored = np.rint(wave * 32_767) / 32_768
    taper = np.hanning(1455)
    spectrum = librosa.stft(stored, n_fft=1455, hop_length=970, window=taper, center=True, pad_mode="constant")
    expected = np.clip(20 * np.log10(np.abs(spectrum.T) / (taper.sum() / 2) + 1e-12), -80, 0)
    assert len(found) == len(expected) == 46
    np.testing.assert_allclose(decibels(found), expected, atol=0.16 + 0.01)


@pytest.mark.parametrize("fps", [25, Fraction(30_000, 1001), 30])
@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("click_s", [0.5, 1.234, 2.9])
def test_a_click_is_in_the_middle_of_its_frames_picture(
    tmp_path: Path, fps: Fraction | int, rate: int, click_s: float
) -> None:
    wave = np.zeros(round(3.2 * rate))
    wave[round(click_s * rate)] = 0.9
    pictures = [np.zeros((32, 32, 3), np.uint8)] * int(3.2 * fps)
    path = make_video(tmp_path / "clip.mov", pictures, fps, sound=wave, sound_rate=rate)
    spectrum = columns(path)
    times = [frame.time_s for frame in frames(path)]
    nearest = int(np.argmin(np.abs(np.array(times) - click_s)))
    shown = [frame_picture(spectrum, time, SETTINGS).mean(axis=0) for time in times]
    assert abs(shown[nearest].argmax() - 48) <= 1  # a frame is 1.5 to 1.8 columns long
    ahead = round(click_s * 44_100 / 970) - np.rint(np.array(times) * 44_100 / 970).astype(int)
    for columns_ahead, one in zip(ahead, shown, strict=True):
        if -48 <= columns_ahead < 48:
            assert one.argmax() == 48 + columns_ahead
        elif not -49 <= columns_ahead < 49:  # a window reaches half into its neighbours
            assert one.max() == 0


def test_causal_pictures_hold_nothing_of_the_future(tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"causal": True})
    wave = np.zeros(44_100)
    wave[22_050] = 0.9
    spectrum = columns(make_sound(tmp_path / "s.wav", wave))
    assert frame_picture(spectrum, 0.5, settings).max() == 0
    shown = frame_picture(spectrum, 0.5 + 2 * 970 / 44_100, settings)
    assert shown[:, -2:].max() > 0
    assert frame_picture(spectrum, 0.5, SETTINGS)[:, 48].max() > 0


def test_frequencies_keep_their_order(tmp_path: Path) -> None:
    heights = []
    for hertz in (500, 5_000, 15_000):
        spectrum = columns(make_sound(tmp_path / f"{hertz}.wav", sine(hertz, 44_100)))
        picture = frame_picture(spectrum, 0.5, SETTINGS)
        assert (picture.shape, picture.dtype) == ((96, 96), np.uint8)
        heights.append(picture[:, 48].argmax())
        assert heights[-1] == pytest.approx(hertz / 22_050 * 96, abs=1)
    assert heights == sorted(heights)


def test_beyond_the_ends_is_silence() -> None:
    spectrum = np.full((200, 728), 255, np.uint8)
    start = frame_picture(spectrum, 0.0, SETTINGS)
    assert (start[:, :48] == 0).all()
    assert (start[:, 48:] == 255).all()
    assert (frame_picture(spectrum, 100.0, SETTINGS) == 0).all()
    assert (frame_picture(np.empty((0, 728), np.uint8), 1.0, SETTINGS) == 0).all()
    part = frame_picture(spectrum[100:], 150 * 970 / 44_100, SETTINGS, begins=100)
    assert (
        part == frame_picture(np.where(np.arange(200)[:, None] < 100, 0, spectrum), 150 * 970 / 44_100, SETTINGS)
    ).all()


def test_silence_is_not_missing_sound(tmp_path: Path) -> None:
    pictures = [np.zeros((32, 32, 3), np.uint8)] * 10
    silent = make_video(tmp_path / "silent.mov", pictures, sound=np.zeros(44_100))
    without = make_video(tmp_path / "without.mov", pictures)
    assert (len(columns(silent)), columns(silent).max()) == (46, 0)
    assert (probe(silent).sound, probe(without).sound) == (True, False)
    assert len(columns(without)) == 0


@pytest.mark.parametrize("duration_s", [0.25, 0.5, 1.0, 2.0])
def test_trimmed_to_the_videos_length(tmp_path: Path, duration_s: float) -> None:
    path = make_sound(tmp_path / "s.wav", sine(440, 48_000), 48_000)
    assert sum(map(len, samples(path, 44_100, 0.0, duration_s))) == pytest.approx(min(duration_s, 1) * 44_100, abs=1)
    assert len(columns(path, duration_s=duration_s)) == int(np.ceil(min(duration_s, 1) * 44_100 / 970))


@pytest.mark.parametrize(("video_start", "sound_start"), [(0.0, 0.4), (0.4, 0.0), (0.2, 0.2)])
def test_sound_and_video_share_a_clock(tmp_path: Path, video_start: float, sound_start: float) -> None:
    wave = np.zeros(44_100)
    wave[30_000] = 0.9
    times = [video_start + index / 30 for index in range(30)]
    pictures = [np.zeros((32, 32, 3), np.uint8)] * 30
    path = make_video(tmp_path / "clip.mkv", pictures, times=times, sound=wave, sound_start=sound_start)
    found = columns(path, start_s=probe(path).start_s)
    expected = 30_000 / 44_100 + sound_start - video_start
    assert sound.column_time(int(found.sum(axis=1).argmax()), SETTINGS) == pytest.approx(expected, abs=0.015)


@pytest.mark.parametrize("size", [1, 333, 970, 5000, 100_000])
def test_columns_are_the_same_in_whatever_parts_the_sound_comes(size: int) -> None:
    wave = np.random.default_rng(0).uniform(-0.5, 0.5, 12_000).astype(np.float32)
    whole, parts = sound.Columns(SETTINGS), sound.Columns(SETTINGS)
    whole.add(wave)
    whole.end()
    taken = []
    for first in range(0, len(wave), size) if size > 1 else ():
        parts.add(wave[first : first + size])
        taken.append(parts.take(parts.ready))
    if size == 1:  # a window is full with its last sample, and not before
        parts.add(wave[:727])
        assert parts.ready == 0
        parts.add(wave[727:728])
        assert parts.ready == 1
        parts.add(wave[728:])
    parts.end()
    taken.append(parts.take(parts.ready))
    np.testing.assert_array_equal(np.concatenate(taken), whole.take(whole.ready))


@pytest.mark.parametrize("causal", [False, True])
def test_hearing_shows_what_the_whole_spectrogram_shows(tmp_path: Path, causal: bool) -> None:
    """As soon as all of it was heard, and not before; what has gone by is dropped."""
    settings = SETTINGS.model_copy(update={"columns": 16, "causal": causal})
    path = make_sound(tmp_path / "s.wav", np.random.default_rng(0).uniform(-0.5, 0.5, 60_000))
    spectrum = np.concatenate(list(spectrogram(path, settings)))
    hearing, parts, ahead = sound.Hearing(settings), samples(path, 44_100), []
    for time_s in np.arange(0, 1.5, 0.04):
        while not hearing.reaches(time_s):
            part = next(parts, None)
            hearing.end() if part is None else hearing.hear(part)
        if time_s < 1:  # the sound lasts 1.36 s
            ahead.append(hearing.heard / 44_100 - time_s)
        np.testing.assert_array_equal(hearing.picture(time_s), frame_picture(spectrum, time_s, settings))
        assert len(hearing._spectrum) < 24  # of 62
    reach = 0.0 if causal else 7 * 970 / 44_100
    assert reach - 0.023 <= np.min(ahead) <= reach + 0.023


def test_portions_end_where_they_are_asked_to() -> None:
    wave = np.arange(100, dtype=np.float32)
    portions = sound.Portions(iter(np.split(wave, [7, 8, 50])))
    ends = [0, 3, 3, 2, 40, 55, 1000, 1001]
    taken = [portions.up_to(end) for end in ends]
    assert [len(part) for part in taken] == [0, 3, 0, 0, 37, 15, 45, 0]
    np.testing.assert_array_equal(np.concatenate(taken), wave)
