"""Traces as joysticks leave them: a shared course, each annotator's scale, lag, noise and uneven time stamps."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from affect.annotation.traces import Trace


def course(seconds: float, rng: np.random.Generator, smooth_s: float = 4.0) -> NDArray[np.float64]:
    """A smooth course in [-0.8, 0.8], 100 values a second."""
    walk = ndimage.gaussian_filter1d(rng.normal(size=round(seconds * 100)), smooth_s * 100 / 2)
    return 0.8 * walk / np.abs(walk).max()


def made_trace(
    name: str, truth: NDArray[np.float64], rng: np.random.Generator, noise: float = 0.35, follows: float = 1.0
) -> Trace:
    """About 40 samples a second; ``noise`` is short-lived, what does not follow the course is a course of its own."""
    seconds = len(truth) / 100
    times = np.sort(rng.uniform(0, seconds, round(seconds * 40))).round(3)
    own = follows * truth + (1 - follows) * course(seconds, rng)
    values = np.interp(times, np.arange(len(truth)) / 100, own) + rng.normal(0, noise, len(times))
    return Trace(name, times, values.clip(-1, 1).round(3))


def write_trace(root: Path, dimension: str, video: str, trace: Trace) -> Path:
    """Where jobs.annotate looks for it."""
    path = root / dimension / video / f"{trace.annotator}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{time:.3f},{value:.3f}" for time, value in zip(trace.times, trace.values, strict=True)]
    path.write_text("\n".join(["time_s,value", *rows]) + "\n")
    return path
