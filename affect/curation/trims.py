"""Which part of each recording is wanted, from a list made by hand (IJCV 2019, section 3.3; EXT 2018, section II.C)."""

import csv
import difflib
import io
import math
from collections.abc import Iterable

from affect import storage
from affect.curation.recordings import Recording
from affect.errors import AffectError

COLUMNS = ("video", "start_s", "end_s")

Trim = tuple[float, float | None]
"""Begin and end in seconds after the first frame; None is the recording's own end."""

WHOLE: Trim = (0.0, None)


def read_trims(uri: str, recordings: Iterable[Recording]) -> dict[str, Trim]:
    """The trim of each recording named in the CSV at ``uri``, by ``Recording.name``.

    ``video`` is the file's path below the root, with or without its ending; an empty time leaves that end as it is.
    Raises AffectError naming the line for what is wrong, unknown or given twice.
    """
    known = _known(recordings)
    try:
        reader = csv.DictReader(io.StringIO(storage.read_bytes(uri).decode("utf-8-sig")), strict=True)
        if tuple(name.strip() for name in reader.fieldnames or ()) != COLUMNS:
            raise AffectError(f"{uri} must begin with the line {','.join(COLUMNS)}")
        reader.fieldnames = COLUMNS
        trims: dict[str, Trim] = {}
        for row in reader:
            name, trim = _read_row(row, known, f"{uri}, line {reader.line_num}")
            if name in trims:
                raise AffectError(f"{uri}, line {reader.line_num}: {row['video']} is there already; keep one line")
            trims[name] = trim
    except (UnicodeDecodeError, csv.Error) as error:
        raise AffectError(f"{uri} is not a readable CSV file: {error}") from error
    return trims


def _read_row(row: dict[str | None, str | None], known: dict[str, set[str]], where: str) -> tuple[str, Trim]:
    if None in row or None in row.values():
        raise AffectError(f"{where} does not have three values")
    video, start, end = ((row[column] or "").strip() for column in COLUMNS)
    names = known.get(video, set())
    if len(names) != 1:
        near = difflib.get_close_matches(video, known, n=1)
        hint = f"; did you mean {near[0]!r}" if near and not names else ""
        fault = "is more than one recording; give its path with its ending" if names else "is no recording" + hint
        raise AffectError(f"{where}: {video!r} {fault}")
    start_s, end_s = _seconds(start, 0.0, where), _seconds(end, math.inf, where)
    if start_s >= end_s:
        raise AffectError(f"{where}: the part begins at {start} s and ends at {end} s, not later")
    return next(iter(names)), (start_s, None if math.isinf(end_s) else end_s)


def _seconds(text: str, empty: float, where: str) -> float:
    try:
        value = float(text) if text else empty
    except ValueError:
        value = math.nan
    if not value >= 0 or (text and math.isinf(value)):
        raise AffectError(f"{where}: {text!r} is not a time in seconds")
    return value


def _known(recordings: Iterable[Recording]) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    for one in recordings:
        for spelling in (one.path, one.path.rpartition(".")[0]):
            known.setdefault(spelling, set()).add(one.name)
    return known
