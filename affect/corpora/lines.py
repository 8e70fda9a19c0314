"""Text files of labels: their lines, the numbers in them, and faults that name file and line."""

import math
import re

from affect.errors import AffectError

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,9}", re.ASCII)


def lines_of(data: bytes, uri: str) -> list[str]:
    """The lines of a text in UTF-8, with a byte order mark or without, stripped; blank ones at the end are left out.

    At least one line, which may be blank. Raises AffectError naming ``uri`` for what is not text.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AffectError(f"{uri} is not a text file in UTF-8 ({error}); get it again from the corpus") from error
    return [line.strip() for line in re.split(r"\r\n|\n|\r", text.rstrip())]


def number(cell: str) -> float | None:
    """A finite decimal number, or None for anything else: float() itself also takes "nan", "inf" and "1_0"."""
    value = float(cell) if _NUMBER.fullmatch(cell) else math.inf
    return value if math.isfinite(value) else None


def integer(cell: str) -> int | None:
    """A whole number of nine digits at most, or None for anything else."""
    return int(cell) if _INTEGER.fullmatch(cell) else None


def frame_number(cell: str) -> int | None:
    """The number of a frame, below a million (nine hours at 30 a second): none is longer, and a typing error may be."""
    value = integer(cell)
    return value if value is not None and 0 <= value < 1_000_000 else None


def line_fault(uri: str, line: int, what: str) -> AffectError:
    """The error for line ``line`` (from 1) of a file."""
    return AffectError(f"{uri}, line {line}: {what}; mend the line or get the file again from the corpus")
