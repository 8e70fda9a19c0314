"""How a face and a head move through a clip: smooth curves drawn from the clip's seed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affect.corpora.sample.layout import Array
from affect.corpora.sample.plan import ClipPlan, PersonPlan
from affect.labels import ACTION_UNITS, EMOTION_ACTION_UNITS

FLASHES = (1, 2, 5, 6, 12, 14, 17, 20, 23)
"""Action units that come up alone now and then while the face is otherwise neutral."""

CHANGE_SECONDS = 0.36
"""How long the face takes from one expression to the next."""


@dataclass(frozen=True)
class Animation:
    """One person, frame by frame; all arrays have n rows.

    ``units`` (n, 17) in [0, 1]; ``blink`` in [0, 1]; ``yaw`` and ``pitch`` about [-1, 1]; ``roll`` in degrees;
    ``shift`` (n, 2) in pixels of a 320x240 picture; ``scale`` is 1 where the eyes are 54 such pixels apart;
    ``visible`` tells whether the face is in the picture.
    """

    units: Array
    blink: Array
    yaw: Array
    pitch: Array
    roll: Array
    shift: Array
    scale: Array
    visible: NDArray[np.bool_]


def animate(clip: ClipPlan) -> dict[str, Animation]:
    """The motion of every person of ``clip``, by person."""
    return {person.person: _animate(clip, person, index) for index, person in enumerate(clip.people)}


def _animate(clip: ClipPlan, person: PersonPlan, index: int) -> Animation:
    rng = np.random.default_rng([*clip.seed, 3, index])
    count = clip.settings.frames
    time = np.arange(count) / clip.settings.fps
    roll_range = rng.uniform(2, 8)
    together = len(clip.people) > 1
    scale = rng.uniform(0.73, 0.78) if together else rng.uniform(0.73, 0.86)
    place = rng.uniform(-8, 8, 2) if together else rng.uniform((-28, -6), (28, 12))
    sway = np.stack([_drift(rng, time), _drift(rng, time)], 1) * (3 if together else 7)
    return Animation(
        units=_units(rng, person.episodes, time),
        blink=_blinks(rng, time),
        yaw=_drift(rng, time) * rng.uniform(0.3, 1.0),
        pitch=_drift(rng, time) * rng.uniform(0.3, 1.0),
        roll=_drift(rng, time) * roll_range,
        shift=(place + sway).astype(np.float32),
        scale=(scale * (1 + 0.04 * _drift(rng, time))).astype(np.float32),
        visible=_visible(clip.absent, count),
    )


def _units(rng: np.random.Generator, episodes: tuple[str, ...], time: NDArray[np.float64]) -> Array:
    """Intensities: every episode holds its targets, with smooth changes between and a little tremor."""
    length = (time[-1] + 1e-6) / len(episodes)
    units = np.zeros((len(time), len(ACTION_UNITS)))
    for number, expression in enumerate(episodes):
        target = _neutral_targets(rng) if expression == "neutral" else _emotion_targets(rng, expression)
        jitter = rng.uniform(-0.07, 0.07, (2, len(ACTION_UNITS)))
        begin = number * length + jitter[0] if number else np.full(len(ACTION_UNITS), -1.0)
        end = (number + 1) * length + jitter[1] if number + 1 < len(episodes) else np.full(len(ACTION_UNITS), 1e3)
        rising = _smoothstep((time[:, None] - begin) / CHANGE_SECONDS + 0.5)
        falling = 1 - _smoothstep((time[:, None] - end) / CHANGE_SECONDS + 0.5)
        level: float | NDArray[np.float64] = 1.0
        if rng.random() < 0.3:  # half of the episode is faint
            middle = (number + 0.5) * length
            level = 0.4 + 0.6 * _smoothstep(rng.choice((-1, 1)) * (time[:, None] - middle) / CHANGE_SECONDS + 0.5)
        units = np.maximum(units, level * target * rising * falling)
    tremor = np.stack([_drift(rng, time * 2) for _ in ACTION_UNITS], 1)
    return np.clip(units * (1 + 0.08 * tremor), 0, 1).astype(np.float32)


def _emotion_targets(rng: np.random.Generator, emotion: str) -> NDArray[np.float64]:
    """Prototypical action units always, the others as often as Table 1 says."""
    target = np.zeros(len(ACTION_UNITS))
    for unit, share in EMOTION_ACTION_UNITS[emotion].items():
        if unit in ACTION_UNITS and rng.random() < share:
            target[ACTION_UNITS.index(unit)] = rng.uniform(0.7, 1.0)
    return target


def _neutral_targets(rng: np.random.Generator) -> NDArray[np.float64]:
    target = np.zeros(len(ACTION_UNITS))
    if rng.random() < 0.15:
        target[ACTION_UNITS.index(int(rng.choice(FLASHES)))] = rng.uniform(0.65, 1.0)
    return target


def _blinks(rng: np.random.Generator, time: NDArray[np.float64]) -> Array:
    moments = rng.uniform(0, max(time[-1], 0.1), max(1, round(time[-1] / 3)))
    distance = np.abs(time[:, None] - moments).min(axis=1)
    return _smoothstep(1.5 - distance / 0.08).astype(np.float32)


def _drift(rng: np.random.Generator, time: NDArray[np.float64]) -> Array:
    """A slow smooth curve within [-1, 1]."""
    rates, phases, weights = rng.uniform(0.1, 0.6, 3), rng.uniform(0, 2 * np.pi, 3), rng.dirichlet((2, 2, 2))
    return (np.sin(2 * np.pi * time[:, None] * rates + phases) @ weights).astype(np.float32)


def _visible(absent: tuple[float, float] | None, count: int) -> NDArray[np.bool_]:
    share = np.arange(count) / count
    return np.ones(count, np.bool_) if absent is None else (share < absent[0]) | (share >= absent[1])


def _smoothstep(x: NDArray[np.float64]) -> NDArray[np.float64]:
    clipped = np.clip(x, 0, 1)
    result: NDArray[np.float64] = clipped * clipped * (3 - 2 * clipped)
    return result
