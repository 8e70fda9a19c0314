"""One annotation file of Aff-Wild2: a header that names the columns, then a line for every frame."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.corpora.lines import integer, line_fault, lines_of, number
from affect.labels import (
    ACTION_UNITS,
    EXPRESSIONS,
    NO_ACTION_UNIT,
    NO_EXPRESSION,
    VALENCE_AROUSAL,
    action_unit_label,
)

NO_VALENCE_AROUSAL = -5.0
"""Marks a frame whose valence or arousal was not annotated."""

OTHER = "other"
"""The later challenges' eighth class: an expression that is none of the seven, hence not annotated here."""

_ACTION_UNIT = re.compile(r"au0?(\d{1,2})", re.ASCII)

Values = NDArray[Any]


def read_annotation(uri: str, kind: str) -> Values:
    """The labels in a file of the set ``kind``, a row for every line after the header.

    ``va``: float32 (n, 2), NaN where either value is -5. ``expr``: int8 (n,), -1 where not annotated or "Other".
    ``au``: int8 (n, 17), columns as in ACTION_UNITS, -1 where not annotated. Raises AffectError naming file and line.
    """
    return parse_annotation(storage.read_bytes(uri), kind, uri)


def parse_annotation(data: bytes, kind: str, uri: str) -> Values:
    """``read_annotation`` of a file's content; ``uri`` is for messages."""
    lines = lines_of(data, uri)
    header = [name.strip().lower() for name in lines[0].split(",")]
    parse = {"va": _valence_arousal, "expr": _expressions, "au": _action_units}[kind]
    return parse(header, lines[1:], uri)


def _cells(line: str, columns: int, uri: str, place: int) -> list[str]:
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) != columns:
        raise line_fault(uri, place, f"{line[:60]!r} has {len(cells)} values where the header names {columns}")
    return cells


def _valence_arousal(header: list[str], lines: list[str], uri: str) -> Values:
    if sorted(header) != sorted(VALENCE_AROUSAL):
        raise line_fault(uri, 1, f"the header is {','.join(header)[:60]!r}, expected is 'valence,arousal'")
    rows = np.full((len(lines), 2), np.nan, np.float32)
    order = [header.index(name) for name in VALENCE_AROUSAL]
    for index, line in enumerate(lines):
        cells = _cells(line, 2, uri, index + 2)
        values = [number(cell) for cell in cells]
        if any(value is None or (value != NO_VALENCE_AROUSAL and not -1 <= value <= 1) for value in values):
            raise line_fault(uri, index + 2, f"{line[:60]!r} holds something else than numbers from -1 to 1, or -5")
        if NO_VALENCE_AROUSAL not in values:
            rows[index] = [values[column] for column in order]
    return rows


def _expressions(header: list[str], lines: list[str], uri: str) -> Values:
    known = {*EXPRESSIONS, OTHER}
    if not set(header) <= known or len(set(header)) != len(header):
        expected = ", ".join(EXPRESSIONS)
        raise line_fault(uri, 1, f"the header is {','.join(header)[:90]!r}, expected are names out of {expected}")
    classes = [NO_EXPRESSION if name == OTHER else EXPRESSIONS.index(name) for name in header]
    labels = np.full(len(lines), NO_EXPRESSION, np.int8)
    for index, line in enumerate(lines):
        value = integer(line)
        if value is None or not -1 <= value < len(classes):
            raise line_fault(uri, index + 2, f"{line[:60]!r} is not a class from 0 to {len(classes) - 1}, nor -1")
        if value >= 0:
            labels[index] = classes[value]
    return labels


def _action_units(header: list[str], lines: list[str], uri: str) -> Values:
    matches = [_ACTION_UNIT.fullmatch(name) for name in header]
    units = [int(match[1]) if match else -1 for match in matches]
    if not set(units) <= set(ACTION_UNITS) or len(set(units)) != len(units):
        expected = ", ".join(map(action_unit_label, ACTION_UNITS))
        raise line_fault(uri, 1, f"the header is {','.join(header)[:90]!r}, expected are names out of {expected}")
    columns = [ACTION_UNITS.index(unit) for unit in units]
    rows = np.full((len(lines), len(ACTION_UNITS)), NO_ACTION_UNIT, np.int8)
    for index, line in enumerate(lines):
        cells = _cells(line, len(columns), uri, index + 2)
        if not set(cells) <= {"0", "1", "-1"}:
            raise line_fault(uri, index + 2, f"{line[:60]!r} holds something else than 0, 1 and -1")
        rows[index, columns] = [int(cell) for cell in cells]
    return rows
