"""A table of labels that a user writes: labels.csv or labels.parquet, with a line for every picture or video frame."""

import csv
import difflib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from affect import storage
from affect.corpora.archive import is_inside
from affect.corpora.corpus import PERSONS
from affect.corpora.faults import Faults
from affect.corpora.lines import number
from affect.corpora.lists import BadLine
from affect.corpora.splits import SPLITS
from affect.errors import AffectError
from affect.labels import ACTION_UNITS, COMPOUND_EXPRESSIONS, EXPRESSIONS, NO_ACTION_UNIT, action_unit_label

UNITS = tuple(map(action_unit_label, ACTION_UNITS))

COLUMNS = (
    *("file", "split", "subject", "person", "frame", "time_s", "valence", "arousal", "expression", "compound"),
    *UNITS,
    *EXPRESSIONS,
)

MAX_FRAME = 10**7


@dataclass(frozen=True)
class Row:
    """A line of the table; an empty cell is None, or not annotated."""

    file: str
    split: str | None = None
    subject: str | None = None
    person: str | None = None
    frame: int | None = None
    time_s: float | None = None
    labels: dict[str, Any] = field(default_factory=dict)
    """Those annotated, by the names they have in FrameLabels; action_units and votes are whole tuples."""


def read_table(uri: str, faults: Faults) -> dict[str, list[Row]]:
    """The good rows by file, in order; ``file`` is a path within the table's folder. Bad lines are faults.

    ``expression`` and ``compound`` are names, AU1 and so on 0 or 1, columns named after the seven expressions their
    votes. Raises AffectError where a column has no meaning here, ``file`` is missing or the file is no table.
    """
    data = storage.read_bytes(uri)
    table: dict[str, list[Row]] = {}
    for line, cells in (_parquet if uri.endswith(".parquet") else _csv)(data, uri):
        if cells is None:
            faults.add(f"{uri}, line {line}", "there are not as many values as columns")
            continue
        try:
            row = parse_row(cells)
        except BadLine as error:
            faults.add(f"{uri}, line {line}", str(error))
            continue
        table.setdefault(row.file, []).append(row)
    return table


def parse_row(cells: dict[str, str]) -> Row:
    """A row from its filled cells by column. Raises BadLine."""
    file = cells.get("file", "").replace("\\", "/").removeprefix("./")
    if not is_inside(file):
        raise BadLine("the file is empty or leads out of the folder")
    labels: dict[str, Any] = {}
    for name in ("valence", "arousal"):
        if name in cells:
            labels[name] = _number(cells, name, -1, 1)
    for name, known in (("expression", EXPRESSIONS), ("compound", COMPOUND_EXPRESSIONS)):
        if name in cells:
            labels[name] = known.index(_named(cells[name].lower().replace("_", " "), known, name))
    if any(unit in cells for unit in UNITS):
        labels["action_units"] = tuple(_whole(cells, unit, 1) if unit in cells else NO_ACTION_UNIT for unit in UNITS)
    if any(name in cells for name in EXPRESSIONS):
        if not all(name in cells for name in EXPRESSIONS):
            raise BadLine("there are votes for some of the seven expressions only; give 0 where nobody chose one")
        labels["votes"] = tuple(_number(cells, name, 0, 1e6) for name in EXPRESSIONS)
    return Row(
        file=file,
        split=_named(cells["split"].lower(), SPLITS, "split") if "split" in cells else None,
        subject=cells.get("subject"),
        person=_named(cells["person"].lower(), PERSONS, "person") if "person" in cells else None,
        frame=_whole(cells, "frame", MAX_FRAME) if "frame" in cells else None,
        time_s=_number(cells, "time_s", 0, 1e6) if "time_s" in cells else None,
        labels=labels,
    )


def _csv(data: bytes, uri: str) -> Iterator[tuple[int, dict[str, str] | None]]:
    try:
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        header: list[str] = []
        for cells in lines:
            if not any(map(str.strip, cells)):
                continue
            if not header:
                header = _columns(cells, uri)
            elif len(cells) != len(header):
                yield lines.line_num, None
            else:
                filled = zip(header, map(str.strip, cells), strict=True)
                yield lines.line_num, {name: cell for name, cell in filled if cell}
    except (UnicodeDecodeError, csv.Error) as error:
        raise AffectError(f"{uri} is not a table of comma-separated text in UTF-8 ({error}); mend the file") from error
    if not header:
        raise AffectError(f"{uri} is empty; give it a header with 'file' and columns out of {', '.join(COLUMNS)}")


def _parquet(data: bytes, uri: str) -> Iterator[tuple[int, dict[str, str] | None]]:
    """Rows are counted as lines, from 1."""
    try:
        table = pq.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise AffectError(f"{uri} is not a readable Parquet file ({error}); write it again") from error
    header = _columns(table.column_names, uri)
    first = 1
    for batch in table.to_batches():
        rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        for line, values in enumerate(rows, start=first):
            cells = (
                (name, "" if value is None else str(value).strip()) for name, value in zip(header, values, strict=True)
            )
            yield line, {name: cell for name, cell in cells if cell and cell != "nan"}
        first += batch.num_rows


def _columns(names: list[str], uri: str) -> list[str]:
    known = {name.lower(): name for name in COLUMNS}
    given = [name.strip().lower() for name in names]
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
            hint = f"did you mean {known[close[0]]!r}?" if close else f"known are {', '.join(COLUMNS)}"
            raise AffectError(f"{uri}, line 1: there is no column {name[:40]!r}; {hint}")
    if "file" not in given or len(set(given)) < len(given):
        what = "a column is there twice" if "file" in given else "there is no column 'file'"
        raise AffectError(f"{uri}, line 1: {what}; name each column once, 'file' among them")
    return [known[name] for name in given]


def _named(value: str, known: tuple[str, ...], what: str) -> str:
    if value not in known:
        close = difflib.get_close_matches(value, known, n=1, cutoff=0.4)
        hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
        raise BadLine(f"there is no {what} {value[:40]!r}; {hint}")
    return value


def _number(cells: dict[str, str], name: str, low: float, high: float) -> float:
    value = number(cells[name])
    if value is None or not low <= value <= high:
        raise BadLine(f"{name} is {cells[name][:40]!r}, expected is a number from {low:g} to {high:g}")
    return value


def _whole(cells: dict[str, str], name: str, high: int) -> int:
    value = _number(cells, name, 0, high)
    if value != int(value):
        raise BadLine(f"{name} is {cells[name][:40]!r}, expected is a whole number")
    return int(value)
