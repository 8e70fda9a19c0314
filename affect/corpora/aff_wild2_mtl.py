"""Aff-Wild2's selection for the multi-task challenges: one file of labels a split, and the given crops.

``MTL_Challenge/train_set.txt``: a header "image,valence,arousal,expression,AU1,...,AU26" (or "...,aus"), then lines
"video/00001.jpg,0.1,0.2,4,0,...": -5 stands for no valence or arousal, -1 for no expression or action unit, 7 for an
expression that is none of the seven. Only the crops that have a line are read.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from affect import storage
from affect.corpora.aff_wild2 import RATE, find_crops, whom
from affect.corpora.annotation_file import NO_VALENCE_AROUSAL
from affect.corpora.corpus import Clip, FrameLabels, Still
from affect.corpora.finding import base_name, files_in, folders_below, stem
from affect.corpora.lines import frame_number, integer, line_fault, lines_of, number
from affect.corpora.numbered import frame_stills, numbered_files
from affect.corpora.splits import SPLITS, split_named
from affect.errors import AffectError
from affect.labels import EXPRESSIONS, NO_EXPRESSION, action_unit_columns, action_unit_label

MTL_ACTION_UNITS = (1, 2, 4, 6, 7, 10, 12, 15, 23, 24, 25, 26)

_FIRST_COLUMNS = ["image", "valence", "arousal", "expression"]


@dataclass
class _Rows:
    """The lines of one video."""

    frames: list[int] = field(default_factory=list)
    values: list[tuple[float, float]] = field(default_factory=list)
    expressions: list[int] = field(default_factory=list)
    action_units: list[list[int]] = field(default_factory=list)

    def labels(self) -> FrameLabels:
        labels = FrameLabels.unannotated(max(self.frames) + 1)
        labels.valence[self.frames], labels.arousal[self.frames] = np.array(self.values, np.float32).T
        labels.expression[self.frames] = self.expressions
        frames = np.array(self.frames)[:, None]
        labels.action_units[frames, action_unit_columns(MTL_ACTION_UNITS)] = self.action_units
        return labels


class AffWild2Mtl:
    """Reader of the selection at ``root``. Raises AffectError where there is no such file of labels."""

    synthetic = False

    def __init__(self, root: str, name: str = "aff-wild2") -> None:
        self.root, self.name = storage.absolute(root), name
        files = [
            (split, uri)
            for folder in folders_below(self.root, 2, lambda name: not name.startswith(("cropped", "batch")))
            if base_name(folder).lower().startswith("mtl")
            for uri in files_in(folder, (".txt",))
            if (split := split_named(stem(uri))) is not None
        ]
        if not files:
            raise AffectError(
                f"{self.root} has no labels of the multi-task challenges; expected are MTL_Challenge/train_set.txt and "
                "MTL_Challenge/validation_set.txt"
            )
        self._crops = find_crops(self.root)
        self._files: dict[str, str] = {}
        self._splits: dict[str, str] = {}
        self._faults: list[tuple[str, str]] = []
        for split, uri in sorted(files, key=lambda one: SPLITS.index(one[0]), reverse=True):
            for video in _read(uri):
                if video in self._files:
                    self._faults.append((video, f"its lines in {uri} are not read: a more held-out split has it too"))
                    continue
                self._files[video] = uri
                self._splits.setdefault(whom(video, {})[0], split)
        orphans = sorted(set(self._files) - set(self._crops))
        self._faults += [(video, f"no crops for its lines in {self._files[video]}") for video in orphans]

    def clips(self) -> Iterator[Clip]:
        """A clip per folder of crops with labels, in order of name. The two people of a video are in one split."""
        for name in sorted(set(self._files) & set(self._crops)):
            yield Clip(
                corpus=self.name,
                split=self._splits[whom(name, {})[0]],
                video=name,
                media=self._crops[name],
                kind="frames",
                persons=("main",),
                subjects=(None,),
                cropped=True,
            )

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:
        """The labels of all tasks; frames without a line are not annotated."""
        return {"main": _read(self._files[clip.video])[clip.video].labels()}

    def stills(self, clip: Clip) -> Iterator[Still]:
        """The crops of a clip that have labels."""
        listed = {frame + 1 for frame in _read(self._files[clip.video])[clip.video].frames}
        pictures = {place: uri for place, uri in numbered_files(clip.media).items() if place in listed}
        return frame_stills(pictures, RATE, first=1)

    def faults(self) -> list[tuple[str, str]]:
        """Videos without crops, and such as are in two splits."""
        return list(self._faults)


@functools.lru_cache(maxsize=4)
def _read(uri: str) -> dict[str, _Rows]:
    """Kept, because one file has the labels of all videos."""
    return parse_selection(storage.read_bytes(uri), uri)


def parse_selection(data: bytes, uri: str) -> dict[str, _Rows]:
    """The lines of a file by the folder of their pictures. Raises AffectError naming file and line."""
    lines = lines_of(data, uri)
    header = [name.strip().lower() for name in lines[0].split(",")]
    units = [action_unit_label(unit).lower() for unit in MTL_ACTION_UNITS]
    if header[:4] != _FIRST_COLUMNS or header[4:] not in (units, ["aus"]):
        expected = ",".join([*_FIRST_COLUMNS, *units])
        raise line_fault(uri, 1, f"the header is {lines[0][:90]!r}, expected is {expected!r}")
    found: dict[str, _Rows] = {}
    seen: set[tuple[str, int]] = set()
    for place, line in enumerate(lines[1:], start=2):
        if not line:
            continue
        cells = [cell.strip() for cell in line.split(",")]
        video, _, picture = cells[0].rpartition("/")
        frame = frame_number(stem(picture)) if video else None
        values = [number(cell) for cell in cells[1:3]]
        expression = integer(cells[3]) if len(cells) == len(_FIRST_COLUMNS) + len(MTL_ACTION_UNITS) else None
        if not frame or expression is None or not -1 <= expression <= len(EXPRESSIONS):
            raise line_fault(uri, place, f"{line[:60]!r} is not a picture, two values, a class and 12 action units")
        if any(one is None or (one != NO_VALENCE_AROUSAL and not -1 <= one <= 1) for one in values):
            raise line_fault(uri, place, f"{line[:60]!r} has valence or arousal outside of -1 to 1 and not -5")
        if not set(cells[4:]) <= {"0", "1", "-1"}:
            raise line_fault(uri, place, f"{line[:60]!r} has action units other than 0, 1 and -1")
        if (video, frame) in seen:
            raise line_fault(uri, place, f"{cells[0][:60]!r} has a line already")
        seen.add((video, frame))
        rows = found.setdefault(video, _Rows())
        rows.frames.append(frame - 1)
        rows.values.append((np.nan, np.nan) if NO_VALENCE_AROUSAL in values else (values[0] or 0.0, values[1] or 0.0))
        rows.expressions.append(expression if expression < len(EXPRESSIONS) else NO_EXPRESSION)
        rows.action_units.append([int(cell) for cell in cells[4:]])
    return found
