from dataclasses import replace

import numpy as np
import pytest
from scipy import signal

from affect.corpora.sample.plan import plan
from affect.corpora.sample.settings import SampleSettings
from affect.corpora.sample.voice import RATE, voice

CLIP = replace(plan(SampleSettings(seconds=3.0))[0])


def speak(valence: float, arousal: float) -> np.ndarray:
    return voice(CLIP, [np.full((CLIP.settings.frames, 2), (valence, arousal), np.float32)])


def pitch(sound: np.ndarray) -> float:
    """The period at which the sound resembles itself most, as a frequency."""
    low = signal.decimate(sound.astype(float), 4, ftype="fir")
    likeness = signal.correlate(low, low, method="fft")[len(low) - 1 :]
    rate = RATE / 4
    lags = np.arange(int(rate / 400), int(rate / 70))
    return float(rate / lags[likeness[lags].argmax()])


def test_arousal_makes_the_voice_louder_and_higher() -> None:
    levels = [20 * np.log10(np.sqrt(np.mean(speak(0, arousal) ** 2))) for arousal in (-0.8, 0.0, 0.8)]
    assert levels[1] - levels[0] == pytest.approx(7.2, abs=1.5)
    assert levels[2] - levels[1] == pytest.approx(7.2, abs=1.5)
    assert pitch(speak(0, 0.8)) / pitch(speak(0, -0.8)) == pytest.approx(2 ** (0.25 * 1.6), rel=0.05)


def test_valence_raises_the_pitch() -> None:
    assert pitch(speak(0.8, 0)) / pitch(speak(-0.8, 0)) == pytest.approx(2 ** (0.17 * 1.6), rel=0.05)


def test_arousal_quickens_the_syllables() -> None:
    def rate(sound: np.ndarray) -> float:
        envelope = signal.decimate(np.abs(sound), 441, ftype="fir")
        spectrum = np.abs(np.fft.rfft(envelope - envelope.mean()))
        return float(spectrum[1 : 3 * 8].argmax() + 1) / 3

    assert rate(speak(0, -0.8)) == pytest.approx(2.2, abs=0.4)
    assert rate(speak(0, 0.8)) == pytest.approx(4.2, abs=0.4)


def test_the_sound_has_the_clips_length_and_is_the_same_each_time() -> None:
    sound = speak(0.2, 0.3)
    assert sound.shape == (3 * RATE,)
    assert np.abs(sound).max() <= 1
    np.testing.assert_array_equal(sound, speak(0.2, 0.3))
