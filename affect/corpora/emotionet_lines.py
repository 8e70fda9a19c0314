"""The lines of EmotioNet's lists: a URL, and action units or emotions."""

import csv
import re
from typing import Any

from affect.corpora.finding import PICTURE_SUFFIXES
from affect.corpora.lists import BadLine
from affect.corpora.shelves import NO_UNITS
from affect.labels import ACTION_UNITS, NO_ACTION_UNIT

ANNOTATED = frozenset((1, 2, 4, 5, 6, 9, 10, 12, 15, 17, 18, 20, 24, 25, 26, 28, 43, 51, 52, 53, 54, 55, 56))
"""The action units that the corpus has values for."""

EMOTIONS = (
    "angrily disgusted",
    "angrily surprised",
    "anger",
    "appalled",
    "awed",
    "disgust",
    "fear",
    "fearfully angry",
    "fearfully surprised",
    "happily disgusted",
    "happily surprised",
    "happiness",
    "sadness",
    "sadly angry",
    "sadly disgusted",
    "surprise",
)
"""The 16 emotions in the order of their columns."""

SHORT = {
    "angry": "anger",
    "disgusted": "disgust",
    "fearful": "fear",
    "happy": "happiness",
    "sad": "sadness",
    "surprised": "surprise",
}

VALUES = {"1": 1, "0": 0, "999": NO_ACTION_UNIT, "-1": NO_ACTION_UNIT, "": NO_ACTION_UNIT}

_UNIT = re.compile(r"au[ _]*0*([1-9]\d?)", re.ASCII)

Columns = dict[int, int] | dict[str, int]
"""Action units, or emotions, with the place of their column."""


def has_emotions(columns: Columns) -> bool:
    """Whether a list is one of emotions, not of action units."""
    return bool(columns.keys() & set(EMOTIONS))


def find_columns(text: str) -> tuple[Columns | None, bool]:
    """The columns that a list's first line tells, and whether it is data itself; None where it tells none."""
    try:
        cells = _cells(text)
    except BadLine:
        return None, False
    if "://" in cells[0]:
        units: dict[int, int] = {unit: unit + 1 for unit in range(1, 61)}
        emotions: dict[str, int] = {emotion: at for at, emotion in enumerate(EMOTIONS, start=2)}
        return {62: units, 18: emotions}.get(len(cells)), True  # type: ignore[return-value]
    names = [cell.lower() for cell in cells]
    units = {int(match[1]): at for at, name in enumerate(names) if (match := _UNIT.fullmatch(name))}
    plain = [SHORT.get(name.replace("_", " "), name.replace("_", " ")) for name in names]
    emotions = {name: at for at, name in enumerate(plain) if name in EMOTIONS}
    return (units or (emotions if len(emotions) == len(EMOTIONS) else None)), False


def parse_row(text: str, columns: Columns) -> tuple[str, tuple[int, ...], str]:
    """A line's picture, its action units as in ACTION_UNITS, and its emotion, empty in a list of units.

    Raises BadLine.
    """
    cells = _cells(text)
    if len(cells) <= max(columns.values()):
        raise BadLine("there are fewer values than columns")
    name = cells[0].split("?")[0].split("#")[0].replace("\\", "/").rpartition("/")[2]
    if "://" not in cells[0] or not name.lower().endswith(PICTURE_SUFFIXES):
        raise BadLine("it does not begin with the URL of a picture")
    values: dict[Any, int] = {}
    for key, at in columns.items():
        value = VALUES.get(cells[at].removesuffix(".0"))
        if value is None:
            raise BadLine("it has a value that is not 1, 0 or 999")
        values[key] = value
    if not has_emotions(columns):
        marks = [values.get(unit, NO_ACTION_UNIT) if unit in ANNOTATED else NO_ACTION_UNIT for unit in ACTION_UNITS]
        return name, tuple(marks), ""
    chosen = [str(emotion) for emotion, value in values.items() if value == 1]
    if len(chosen) != 1:
        raise BadLine(f"it has {len(chosen) or 'no'} emotions, expected is one")
    return name, NO_UNITS, chosen[0]


def _cells(text: str) -> list[str]:
    """Cells of a line, which are separated by tabs if it has any, otherwise by commas, and may be quoted."""
    try:
        cells = next(csv.reader([text], delimiter="\t" if "\t" in text else ","))
    except csv.Error as error:
        raise BadLine("it is not a row of a table") from error
    return [cell.strip(" '\"") for cell in cells] or [""]
