"""The pictures of a clip: people before a background, with changing light, blur and noise."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.corpora.sample.animation import Animation, animate
from affect.corpora.sample.astronaut import astronaut_portrait
from affect.corpora.sample.identity import draw_identity
from affect.corpora.sample.layout import EYES, Array, Portrait
from affect.corpora.sample.plan import ClipPlan, PersonPlan
from affect.corpora.sample.portrait import draw_portrait
from affect.corpora.sample.warping import MovingFace

PIVOT = ((EYES[0][0] + EYES[1][0]) / 2, 150.0)
"""The point of a portrait, between eyes and mouth, about which the head turns."""

NOISE_FRAMES = 6
"""Noise is drawn for this many frames and shifted at random for each."""


def pictures(clip: ClipPlan) -> Iterator[NDArray[np.uint8]]:
    """The frames of ``clip``, (height, width, 3) uint8 RGB."""
    settings = clip.settings
    rng = np.random.default_rng([*clip.seed, 4])
    light = (float(rng.uniform(-0.5, 0.5)), float(rng.uniform(-0.45, 0.1)))
    faces = [(person, _portrait(clip, person, light)) for person in clip.people]
    moving = [(person, portrait, MovingFace(portrait)) for person, portrait in faces]
    motion = animate(clip)
    backdrop = _backdrop(rng, settings.width, settings.height)
    shading = _shading(rng, light, settings.width, settings.height)
    brightness = rng.uniform(0.78, 1.12)
    flicker = rng.uniform(0, 0.06)
    blur = rng.uniform(0.35, 0.8) * settings.height / 240 if rng.random() < 0.5 else 0.0
    noise = rng.standard_normal((NOISE_FRAMES, settings.height, settings.width, 1)).astype(np.float32) * rng.uniform(
        1, 5
    )
    for index in range(settings.frames):
        frame = backdrop.copy()
        for person, portrait, face in moving:
            pose = motion[person.person]
            if pose.visible[index]:
                _place(frame, person, portrait, face, pose, index)
        frame *= shading * (brightness + flicker * np.sin(2.1 * index / settings.fps))
        if blur:
            frame = cv2.GaussianBlur(frame, (0, 0), blur)
        frame += np.roll(noise[index % NOISE_FRAMES], int(rng.integers(settings.width)), axis=1)
        yield np.clip(frame, 0, 255).astype(np.uint8)


def _portrait(clip: ClipPlan, person: PersonPlan, light: tuple[float, float]) -> Portrait:
    return (
        astronaut_portrait()
        if person.number < 0
        else draw_portrait(draw_identity(clip.settings.seed, person.number), light)
    )


def _place(frame: Array, person: PersonPlan, portrait: Portrait, face: MovingFace, pose: Animation, index: int) -> None:
    """Draw one person into ``frame``."""
    height, width = frame.shape[:2]
    unit = height / 240
    middle = width * {"left": 0.26, "right": 0.74}.get(person.person, 0.5)
    centre = (middle + float(pose.shift[index, 0]) * unit, height * 0.5 + float(pose.shift[index, 1]) * unit)
    turn = cv2.getRotationMatrix2D(PIVOT, float(pose.roll[index]), float(pose.scale[index]) * unit)
    turn[:, 2] += np.subtract(centre, PIVOT)
    picture = face.picture(
        pose.units[index], float(pose.blink[index]), float(pose.yaw[index]), float(pose.pitch[index])
    )
    size = (width, height)
    drawn = cv2.warpAffine(picture, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpAffine(portrait.alpha, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[
        ..., None
    ]
    frame += cover * (drawn - frame)


def _backdrop(rng: np.random.Generator, width: int, height: int) -> Array:
    """A wall with soft patches and a few pieces of furniture, all out of focus."""
    wall = rng.uniform(70, 200, 3)
    coarse = rng.standard_normal((6, 8, 3)).astype(np.float32) * 14
    picture: Array = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) + wall.astype(np.float32)
    for _ in range(int(rng.integers(2, 6))):
        left, top = rng.uniform(-0.2, 1), rng.uniform(-0.1, 0.9)
        right, bottom = left + rng.uniform(0.1, 0.35), top + rng.uniform(0.15, 0.6)
        corners = [(round(x * width), round(y * height)) for x, y in ((left, top), (right, bottom))]
        cv2.rectangle(picture, corners[0], corners[1], tuple(rng.uniform(30, 220, 3).tolist()), -1)
    blurred: Array = cv2.GaussianBlur(picture, (0, 0), 0.02 * height)
    return blurred


def _shading(rng: np.random.Generator, light: tuple[float, float], width: int, height: int) -> Array:
    """Light that falls off across the picture, with a tint: (height, width, 3), about 1."""
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    fall = 1 + rng.uniform(0, 0.25) * (light[0] * x + light[1] * y) * 2
    tint = 1 + rng.uniform(-0.05, 0.05, 3)
    return (np.clip(fall, 0.4, 1.5)[..., None] * tint).astype(np.float32)
