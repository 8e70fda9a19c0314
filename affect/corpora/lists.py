"""Long text files that have a line for every picture: read once for where the lines are, then piece by piece."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.corpora.faults import Faults
from affect.errors import AffectError

Spans = NDArray[np.int64]
"""(n, 2): where lines of a file begin and end, in bytes."""

BLOCK = 2**20


class BadLine(Exception):  # noqa: N818 - never leaves the package
    """What is wrong with a line; becomes a fault that names file and line."""


@dataclass(frozen=True)
class Line:
    number: int
    """Counted from 1."""
    start: int
    end: int
    text: str


def read_lines(uri: str, faults: Faults) -> Iterator[Line]:
    """The lines of a text file in UTF-8, with or without BOM and CR, which are cut off; blank ones are left out.

    Never more than a line and a block are in memory. A line that is no text is a fault. Raises AffectError when the
    file does not exist.
    """
    filesystem, path = storage.resolve(uri)
    try:
        source = filesystem.open_input_stream(path)
    except FileNotFoundError as error:
        raise AffectError(f"{uri} does not exist") from error
    start = 0
    with io.BufferedReader(source, BLOCK) as stream:
        for number, data in enumerate(stream, start=1):
            end = start + len(data)
            try:
                text = decode(data)
                if text.strip():
                    yield Line(number, start, end, text)
            except UnicodeDecodeError:
                faults.add(f"{uri}, line {number}", "the line is not text in UTF-8")
            start = end


def read_spans(uri: str, spans: Spans) -> list[str]:
    """The lines at ``spans``, which are in order, as ``read_lines`` gave them; only that part of the file is read."""
    if not len(spans):
        return []
    filesystem, path = storage.resolve(uri)
    first, last = int(spans[0, 0]), int(spans[-1, 1])
    with filesystem.open_input_file(path) as file:
        file.seek(first)
        data = file.read(last - first)
    return [decode(data[start - first : end - first]) for start, end in spans.tolist()]


def decode(data: bytes) -> str:
    """A line's text. Raises UnicodeDecodeError."""
    return data.decode("utf-8-sig").replace("\ufeff", "").strip(" \r\n\0")
