"""Files of points (.pts) as Imperial College's tools write them: a header, then "x y" lines in braces."""

import re

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.corpora.lines import integer, line_fault, lines_of, number
from affect.errors import AffectError

LANDMARKS = 68

_HEADER = re.compile(r"(version|n_points)\s*:\s*(\S+)", re.IGNORECASE)

Points = NDArray[np.float32]


def parse_points(data: bytes, uri: str) -> Points:
    """The points of a file's content, (n, 2) in pixels. Raises AffectError naming file and line."""
    stated: int | None = None
    points: list[list[float]] = []
    for place, line in enumerate(lines_of(data, uri), start=1):
        header = _HEADER.fullmatch(line)
        if header is not None:
            stated = integer(header[2]) if header[1].lower() == "n_points" else stated
        elif line not in {"", "{", "}"}:
            values = [number(cell) for cell in line.split()]
            if len(values) != 2 or None in values or max(abs(value or 0) for value in values) > 1e6:
                raise line_fault(uri, place, f"{line[:60]!r} is not a point, 'x y' in pixels")
            points.append([value or 0.0 for value in values])
    if stated is not None and stated != len(points):
        raise AffectError(f"{uri} says that it has {stated} points, but has {len(points)}; get it again or delete it")
    return np.array(points, np.float32).reshape(-1, 2)


def read_landmarks(uri: str) -> Points:
    """The 68 landmarks in a file, (68, 2). Raises AffectError naming it."""
    points = parse_points(storage.read_bytes(uri), uri)
    if len(points) != LANDMARKS:
        raise AffectError(f"{uri} has {len(points)} points, not {LANDMARKS}; get it again or delete it")
    return points


def read_box(uri: str) -> tuple[float, float, float, float]:
    """x, y, width and height of the box whose corners (two opposite ones or all four) are in a file."""
    points = parse_points(storage.read_bytes(uri), uri)
    if len(points) not in (2, 4):
        raise AffectError(f"{uri} has {len(points)} points, not the corners of a box; get it again or delete it")
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return left, top, right - left, bottom - top
