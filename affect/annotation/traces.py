"""What annotators leave: values of valence or arousal at irregular time stamps, and where the files lie.

``<root>/<dimension>/<video>/<annotator>.csv`` holds one annotator's trace of one video, with the header
``time_s,value``. ``<root>/<dimension>/<video>.csv`` holds those of all annotators, as RECOLA's individual ratings do:
separated by semicolons, the first column is the time, each other one an annotator. Expressions and action units, which
are annotated frame by frame, lie in ``<root>/expression/<video>/<annotator>.txt`` and
``<root>/action_units/<video>/<annotator>.txt``, in the form of Aff-Wild2's annotation files.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.corpora.lines import number
from affect.errors import AffectError
from affect.labels import VALENCE_AROUSAL

BY_FRAME = {"expression": "expr", "action_units": "au"}
"""What is annotated frame by frame, and the set of Aff-Wild2 that its files belong to."""

LAYOUT = "<root>/{valence,arousal}/<video>/<annotator>.csv, or <root>/{valence,arousal}/<video>.csv as RECOLA has them"


@dataclass(frozen=True)
class Trace:
    """One annotator's values (n,) in [-1, 1] at ``times`` (n,), seconds from the start of the video, in order."""

    annotator: str
    times: NDArray[np.float64]
    values: NDArray[np.float64]


def find_traces(root: str) -> dict[str, dict[str, list[str]]]:
    """Files by video and by what is annotated in them, in order of name. Raises AffectError where there are none."""
    found: dict[str, dict[str, list[str]]] = {}
    for kind in (*VALENCE_AROUSAL, *BY_FRAME):
        base = storage.join(storage.absolute(root), kind)
        suffix = ".txt" if kind in BY_FRAME else ".csv"
        for file in storage.list_files(base, suffix):
            *folders, name = file[len(base) + 1 :].split("/")
            video = folders[0] if folders else name.removesuffix(suffix)
            if len(folders) <= 1 and not name.startswith(".") and (folders or kind not in BY_FRAME):
                found.setdefault(video, {}).setdefault(kind, []).append(file)
    if not found:
        raise AffectError(f"{root} holds no annotators' traces; expected are {LAYOUT}")
    return dict(sorted(found.items()))


def parse_traces(data: bytes, uri: str) -> list[Trace]:
    """The traces in one file, in either form; of the first form the file's name is the annotator's.

    Raises AffectError naming file and line where a value is no number in [-1, 1] or time runs backwards.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AffectError(f"{uri} is not a text file in UTF-8 ({error}); export it again") from error
    lines = [line.strip() for line in re.split(r"\r\n|\n|\r", text.rstrip())]
    separator = ";" if ";" in lines[0] else ","
    header = [name.strip().strip('"') for name in lines[0].split(separator)]
    if separator == ",":
        if sorted(header) != ["time_s", "value"]:
            raise _fault(uri, 1, f"the header is {lines[0][:60]!r}, expected is 'time_s,value'")
        time, names = header.index("time_s"), [uri.rsplit("/", 1)[-1].removesuffix(".csv")]
    else:
        time, names = 0, header[1:]
        if not header[0].lower().startswith("time") or "" in names or len(set(names)) != len(names):
            raise _fault(uri, 1, f"the header is {lines[0][:60]!r}, expected is 'time;' and a name for each annotator")
    rows = [_numbers(line, separator, len(header), uri, place) for place, line in enumerate(lines[1:], start=2)]
    if not rows:
        raise AffectError(f"{uri} holds no value; export it again, or delete it if nothing was annotated")
    table = np.array(rows, np.float64)
    times, values = table[:, time], np.delete(table, time, axis=1)
    _refuse(uri, np.append(False, np.diff(times) < 0), "time runs backwards")
    _refuse(uri, (np.abs(values) > 1).any(axis=1), "a value is outside of -1 to 1")
    return [Trace(name, times, values[:, column]) for column, name in enumerate(names)]


def _numbers(line: str, separator: str, columns: int, uri: str, place: int) -> list[float]:
    cells = [cell.strip() for cell in line.split(separator)]
    if len(cells) != columns:
        raise _fault(uri, place, f"{line[:60]!r} has {len(cells)} values where the header names {columns}")
    values = [value for cell in cells if (value := number(cell)) is not None]
    if len(values) < len(cells):
        raise _fault(uri, place, f"{line[:60]!r} holds something else than numbers")
    return values


def _refuse(uri: str, wrong: Any, what: str) -> None:
    if wrong.any():
        raise _fault(uri, int(np.argmax(wrong)) + 2, what)


def _fault(uri: str, line: int, what: str) -> AffectError:
    return AffectError(f"{uri}, line {line}: {what}; mend the line or export the trace again")
