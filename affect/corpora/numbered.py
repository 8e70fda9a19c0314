"""Frames of a video that lie as numbered files in a folder."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.corpora.corpus import Still
from affect.corpora.finding import PICTURE_SUFFIXES, base_name, files_in, stem
from affect.errors import AffectError
from affect.media.pictures import decode_picture

Box = tuple[float, float, float, float]

_LAST_NUMBER = re.compile(r"(\d{1,9})\D*$", re.ASCII)


def numbered_files(folder: str, suffixes: tuple[str, ...] = PICTURE_SUFFIXES) -> dict[int, str]:
    """URIs of the files in ``folder`` by the last number in their names, in rising order, however it is padded.

    Files without a number are left out. Raises AffectError when two have the same.
    """
    found: dict[int, str] = {}
    for uri in files_in(folder, suffixes):
        match = _LAST_NUMBER.search(stem(uri))
        if match is None:
            continue
        frame = int(match[1])
        if frame in found:
            names = f"{base_name(found[frame])} and {base_name(uri)}"
            raise AffectError(f"{folder}: {names} both have the number {frame}; delete the wrong one")
        found[frame] = uri
    return dict(sorted(found.items()))


def first_number(numbers: Iterable[int]) -> int:
    """What the first frame of a video is numbered: 0 where there is a 0, otherwise 1, though it may be missing."""
    return 0 if 0 in numbers else 1


def frame_stills(
    pictures: dict[int, str],
    rate: float,
    first: int,
    box: Callable[[int], Box | None] = lambda _: None,
    landmarks68: Callable[[int], NDArray[np.float32] | None] = lambda _: None,
) -> Iterator[Still]:
    """A Still for each of ``pictures`` (by number), the one numbered ``first`` being frame 0, at ``rate`` a second.

    ``box`` and ``landmarks68`` are asked by frame.
    """
    for place, uri in sorted(pictures.items()):
        frame = place - first
        load = partial(load_picture, uri)
        yield Still(base_name(uri), frame, load, frame / rate, box=box(frame), landmarks68=landmarks68(frame))


def load_picture(uri: str) -> NDArray[np.uint8]:
    """A picture file, RGB (H, W, 3), upright. Raises AffectError naming it."""
    try:
        return decode_picture(storage.read_bytes(uri))
    except AffectError as error:
        raise AffectError(f"{uri}: {error}") from error
