"""A synthetic voice whose loudness, rhythm and pitch follow how a person feels."""

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from affect.corpora.sample.layout import Array
from affect.corpora.sample.plan import ClipPlan

RATE = 44_100

FORMANTS = ((730, 90), (1090, 110), (2440, 170))
"""Centre and bandwidth in Hz of the vowel /a/ (Peterson & Barney 1952, men)."""


def voice(clip: ClipPlan, feelings: list[Array]) -> Array:
    """The sound of ``clip``, (samples,) float32 within [-1, 1], at RATE.

    ``feelings`` holds valence and arousal by frame, (n, 2), of each person; their voices are added. Louder by 18 dB,
    2.5 syllables a second faster and half an octave higher from the lowest arousal to the highest; valence raises the
    pitch by a further third of an octave.
    """
    settings = clip.settings
    samples = round(settings.frames / settings.fps * RATE)
    total = np.zeros(samples)
    for index, feeling in enumerate(feelings):
        rng = np.random.default_rng([*clip.seed, 5, index])
        at = np.arange(samples) / RATE * settings.fps
        valence, arousal = (np.interp(at, np.arange(len(feeling)), column) for column in feeling.T)
        total += _speak(rng, valence, arousal)
    noise = np.random.default_rng([*clip.seed, 6]).standard_normal(samples) * 10 ** (-60 / 20)
    return np.clip(total / len(feelings) + noise, -1, 1).astype(np.float32)


def _speak(rng: np.random.Generator, valence: NDArray[np.float64], arousal: NDArray[np.float64]) -> NDArray[np.float64]:
    pitch = rng.uniform(100, 210) * 2 ** (0.25 * arousal + 0.17 * valence)
    phase = np.cumsum(pitch) / RATE
    glottis = signal.sawtooth(2 * np.pi * phase)
    rhythm = np.cumsum(3.2 + 1.25 * arousal) / RATE + rng.uniform()
    syllables = np.clip(np.sin(2 * np.pi * rhythm) + 0.35, 0, None) ** 0.7
    formed = np.zeros_like(glottis)
    for number, (centre, bandwidth) in enumerate(FORMANTS):
        peak = signal.iirpeak(centre * rng.uniform(0.92, 1.08), centre / bandwidth, fs=RATE)
        formed += signal.lfilter(*peak, glottis) / (number + 1)
    loudness = 10 ** ((-22 + 9 * arousal) / 20)
    result: NDArray[np.float64] = formed / np.sqrt(np.mean(formed**2)) * syllables * loudness
    return result
