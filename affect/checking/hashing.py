"""Hashes by which equal and nearly equal pictures and files are found."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

BLANK_BELOW = 2.0
"""Grey levels of standard deviation; the faintest real picture of FER2013 has 4, its blank ones at most 0.7."""

_CHUNK = 1 << 20

Hash = NDArray[np.uint64]


def exact_hash(picture: NDArray[np.uint8]) -> Hash:
    """A hash (2,) of the pixels, equal for equal pictures only, however their files are encoded."""
    digest = hashlib.blake2b(np.array(picture.shape, np.int64).tobytes(), digest_size=16)
    digest.update(picture.tobytes())
    return np.frombuffer(digest.digest(), np.uint64)


def file_hash(path: Path) -> Hash:
    """A hash (2,) of a file's bytes."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return np.frombuffer(digest.digest(), np.uint64)


def near_hash(grey: NDArray[np.uint8]) -> Hash:
    """128 bits (2,) that stay nearly the same when a picture (H, W) is scaled, encoded anew, brightened or captioned.

    The difference hash: whether brightness rises between neighbours, along the rows and along the columns, of the
    picture reduced to 8 by 8 differences.
    """
    rows = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA)
    columns = cv2.resize(grey, (8, 9), interpolation=cv2.INTER_AREA)
    bits = np.concatenate([(rows[:, 1:] > rows[:, :-1]).ravel(), (columns[1:] > columns[:-1]).ravel()])
    return np.packbits(bits).view(np.uint64)


def is_blank(grey: NDArray[np.uint8]) -> bool:
    """Whether a picture (H, W) shows nothing but one level of grey, and noise."""
    return bool(grey.std() < BLANK_BELOW)


def to_grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB (H, W, 3) as grey (H, W)."""
    grey: NDArray[np.uint8] = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return grey
