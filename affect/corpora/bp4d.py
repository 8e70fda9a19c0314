"""BP4D-Spontaneous and BP4D+: coded action units of people (F001, M001) at tasks (T1, T2), and a picture a frame.

``AUCoding/AU_OCC/F001_T1.csv``: the first row names the columns, the number of the frame and then action units; cells
are 1, 0 or 9 (not coded). Pictures are ``F001/T1/2440.jpg`` at any depth up to two folders below the root; how their
numbers are padded differs, so they are matched as numbers. Only some seconds of each video are coded, and frames
without a row are not annotated.
"""

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.corpora.corpus import Clip, FrameLabels, Still
from affect.corpora.finding import base_name, files_in, folders_below, stem
from affect.corpora.lines import frame_number, line_fault, lines_of
from affect.corpora.numbered import frame_stills, numbered_files
from affect.errors import AffectError
from affect.labels import ACTION_UNITS, NO_ACTION_UNIT

RATE = 25.0
"""Frames a second."""

NOT_CODED = "9"

CODING_FOLDERS = ("au_occ", "aucoding")
"""The folder of the codes, in small letters; the first that is there. Others hold intensities."""

_CODED = re.compile(r"([fm]\d{3})_(t\d{1,2})", re.IGNORECASE | re.ASCII)
_SUBJECT = re.compile(r"[fm]\d{3}", re.IGNORECASE | re.ASCII)
_TASK = re.compile(r"t\d{1,2}", re.IGNORECASE | re.ASCII)
_COLUMN = re.compile(r"(?:au)?0*(\d{1,3})", re.IGNORECASE | re.ASCII)

Codes = NDArray[np.int8]


class Bp4d:
    """Reader of BP4D (or of BP4D+, which lies alike) at ``root``. Raises AffectError where there are no codes.

    With ``fera2015`` the splits are that challenge's, on which BP4D is reported (BMVC 2019, section 4; FaceBehaviorNet,
    section 4): people with odd numbers, 21 of them, are "train", the 20 with even numbers "validation". Who of BP4D+
    was in the sets of FERA 2017 is not known: there all is "train", for the partition tool to divide by subject.
    """

    synthetic = False

    def __init__(self, root: str, name: str = "bp4d", fera2015: bool = True) -> None:
        self.root, self.name, self.fera2015 = storage.absolute(root), name, fera2015
        folders = list(folders_below(self.root, 3, lambda name: not _TASK.fullmatch(name)))
        self._files = _find_codes(folders)
        if not self._files:
            raise AffectError(
                f"{self.root} has no codes of BP4D; expected are AUCoding/AU_OCC/F001_T1.csv and so on. The corpus is "
                "had from its authors at Binghamton University"
            )
        self._media = _find_pictures(folders)

    def clips(self) -> Iterator[Clip]:
        """A clip per person and task that has codes and pictures, in order of person."""
        for video in sorted(set(self._files) & set(self._media)):
            subject = video.split("_")[0]
            held_out = self.fera2015 and int(subject[1:]) % 2 == 0
            yield Clip(
                corpus=self.name,
                split="validation" if held_out else "train",
                video=video,
                media=self._media[video],
                kind="frames",
                persons=("main",),
                subjects=(subject,),
            )

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:
        """Action units by frame; frames count from the first picture, since some copies have only the coded part."""
        uri = self._files[clip.video]
        codes = parse_codes(storage.read_bytes(uri), uri)[min(numbered_files(clip.media), default=0) :]
        labels = FrameLabels.unannotated(len(codes))
        labels.action_units[:] = codes
        return {"main": labels}

    def stills(self, clip: Clip) -> Iterator[Still]:
        """The pictures of a clip, by the number in their names."""
        pictures = numbered_files(clip.media)
        return frame_stills(pictures, RATE, first=min(pictures, default=0))

    def faults(self) -> list[tuple[str, str]]:
        """Codes without pictures, pictures without codes, and the coded action units that rows have no place for.

        Reads the first line of every file of codes.
        """
        faults = [(video, "no pictures") for video in sorted(set(self._files) - set(self._media))]
        faults += [(video, "no codes") for video in sorted(set(self._media) - set(self._files))]
        others: set[int] = set()
        for uri in self._files.values():
            others |= _other_action_units(uri)
        if others:
            names = ", ".join(map(str, sorted(others)))
            faults.append(("action units", f"{names} are coded but not among the {len(ACTION_UNITS)} that rows have"))
        return faults


def parse_codes(data: bytes, uri: str) -> Codes:
    """Action units by frame number, int8 (n, 17), columns as in ACTION_UNITS; -1 where not coded or no row is.

    Raises AffectError naming file and line.
    """
    lines = lines_of(data, uri)
    units = _header(lines[0], uri)
    columns = {place: ACTION_UNITS.index(unit) for place, unit in enumerate(units) if unit in ACTION_UNITS}
    rows: dict[int, list[int]] = {}
    for place, line in enumerate(lines[1:], start=2):
        cells = [cell.strip() for cell in line.split(",")]
        if not any(cells):
            continue
        frame = frame_number(cells[0])
        if frame is None or len(cells) != len(units) + 1:
            raise line_fault(uri, place, f"{line[:60]!r} is not the number of a frame and {len(units)} codes")
        if frame in rows:
            raise line_fault(uri, place, f"frame {frame} has a row already")
        if not set(cells[1:]) <= {"0", "1", NOT_CODED, ""}:
            raise line_fault(uri, place, f"{line[:60]!r} holds something else than 0, 1 and {NOT_CODED}")
        row = [NO_ACTION_UNIT] * len(ACTION_UNITS)
        for cell, column in columns.items():
            row[column] = int(cells[cell + 1]) if cells[cell + 1] in {"0", "1"} else NO_ACTION_UNIT
        rows[frame] = row
    codes = np.full((max(rows, default=-1) + 1, len(ACTION_UNITS)), NO_ACTION_UNIT, np.int8)
    for frame, row in rows.items():
        codes[frame] = row
    return codes


def _header(line: str, uri: str) -> list[int]:
    """The action unit of each column after the first."""
    names = [cell.strip() for cell in line.split(",")][1:]
    matches = [_COLUMN.fullmatch(name) for name in names]
    units = [int(match[1]) for match in matches if match]
    if len(units) != len(names) or len(set(units)) != len(units) or not set(units) & set(ACTION_UNITS):
        raise line_fault(uri, 1, f"the header is {line[:60]!r}, expected are a name for the frame and action units")
    return units


def _other_action_units(uri: str) -> set[int]:
    """Those of a file's header that rows have no column for; a file that cannot be read is told of by ``labels``."""
    filesystem, path = storage.resolve(uri)
    with filesystem.open_input_stream(path) as stream:
        beginning = stream.read(4096)
    try:
        return set(_header(lines_of(beginning.split(b"\n")[0], uri)[0], uri)) - set(ACTION_UNITS)
    except AffectError:
        return set()


def _find_codes(folders: list[str]) -> dict[str, str]:
    """Files of codes by "F001_T1"."""
    for wanted in CODING_FOLDERS:
        for folder in folders:
            if base_name(folder).lower() != wanted:
                continue
            coded = {stem(uri).upper(): uri for uri in files_in(folder, (".csv",)) if _CODED.fullmatch(stem(uri))}
            if coded:
                return coded
    return {}


def _find_pictures(folders: list[str]) -> dict[str, str]:
    """Folders of pictures by "F001_T1"."""
    found: dict[str, str] = {}
    for folder in folders:
        subject, task = folder.rsplit("/", 2)[-2:]
        if _SUBJECT.fullmatch(subject) and _TASK.fullmatch(task):
            found.setdefault(f"{subject}_{task}".upper(), folder)
    return found
