"""What composed scenes show behind the faces: walls and furniture, textures, photographs without a face."""

import functools

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

PHOTOGRAPHS = {
    "train": ("brick", "coffee", "gravel", "hubble_deep_field", "page", "retina", "rocket"),
    "val": ("chelsea", "coins", "grass", "immunohistochemistry", "moon", "text"),
}
"""Of scikit-image's, which come with the package; a split's own."""

SKIN = ((247, 212, 190), (222, 170, 136), (172, 119, 85), (108, 72, 54))

Picture = NDArray[np.float32]


def background(rng: np.random.Generator, split: str, height: int, width: int) -> Picture:
    """A background (height, width, 3) of 0 to 255, with clutter before it."""
    make = (_room, _texture, _photograph, _photograph)[rng.integers(4)]
    picture = make(rng, split, height, width)
    for _ in range(int(rng.integers(0, 9))):
        _clutter(rng, picture)
    return picture


def _room(rng: np.random.Generator, split: str, height: int, width: int) -> Picture:  # noqa: ARG001
    """A wall with soft patches, out of focus."""
    coarse = rng.standard_normal((6, 8, 3)).astype(np.float32) * rng.uniform(5, 40) + rng.uniform(30, 225, 3)
    picture: Picture = cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return picture


def _texture(rng: np.random.Generator, split: str, height: int, width: int) -> Picture:  # noqa: ARG001
    """Noise of several grains."""
    picture = np.broadcast_to(rng.uniform(40, 210, 3).astype(np.float32), (height, width, 3)).copy()
    for _ in range(3):
        grain = 2 ** rng.uniform(0, 5)
        size = max(2, round(width / grain)), max(2, round(height / grain))
        noise = rng.standard_normal((size[1], size[0], int(rng.choice((1, 3))))).astype(np.float32)
        noise = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC).reshape(height, width, -1)
        picture += noise * rng.uniform(5, 35)
    return picture


def _photograph(rng: np.random.Generator, split: str, height: int, width: int) -> Picture:
    """Some of a photograph, at any size, turned, mirrored or in other colours."""
    whole = _read(str(rng.choice(PHOTOGRAPHS[split])))
    whole = np.rot90(whole, int(rng.integers(4)))[:, :: int(rng.choice((-1, 1)))]
    side = min(whole.shape[:2])
    part = int(rng.uniform(0.25, 1.0) * side)
    y, x = (int(rng.integers(extent - part + 1)) for extent in whole.shape[:2])
    crop = np.ascontiguousarray(whole[y : y + part, x : x + part])
    picture: Picture = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    mixing = np.eye(3) + rng.normal(0, 0.15, (3, 3))
    picture = picture @ mixing.astype(np.float32) + np.float32(rng.uniform(-30, 30))
    return picture.clip(0, 255)


@functools.lru_cache
def _read(name: str) -> NDArray[np.uint8]:
    picture: NDArray[np.uint8] = getattr(skimage.data, name)()
    return np.repeat(picture[..., None], 3, 2) if picture.ndim == 2 else picture[..., :3]


def _clutter(rng: np.random.Generator, picture: Picture) -> None:
    """An ellipse, a rectangle or a line, some in the colours of skin: what is no face although it is round."""
    height, width = picture.shape[:2]
    colour = np.array(SKIN[rng.integers(len(SKIN))]) if rng.random() < 0.3 else rng.uniform(0, 255, 3)
    centre = int(rng.integers(width)), int(rng.integers(height))
    axes = (np.exp(rng.uniform(np.log(4), np.log(0.3 * width), 2))).astype(int)
    kind = rng.integers(3)
    drawn = picture.copy()
    if kind == 0:
        cv2.ellipse(drawn, centre, axes.tolist(), rng.uniform(0, 180), 0, 360, colour.tolist(), -1, cv2.LINE_AA)
    elif kind == 1:
        cv2.rectangle(drawn, centre, (centre[0] + int(axes[0]), centre[1] + int(axes[1])), colour.tolist(), -1)
    else:
        end = int(rng.integers(width)), int(rng.integers(height))
        cv2.line(drawn, centre, end, colour.tolist(), int(rng.integers(1, 12)), cv2.LINE_AA)
    strength = rng.uniform(0.4, 1.0)
    picture += np.float32(strength) * (cv2.GaussianBlur(drawn, (0, 0), rng.uniform(0.4, 3.0)) - picture)
