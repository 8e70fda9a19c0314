"""WIDER FACE (Yang et al., CVPR 2016) as it is distributed, and RetinaFace's landmarks for it.

``WIDER_{train,val}/images/<event>/<name>.jpg`` beside ``wider_face_split/wider_face_{train,val}_bbx_gt.txt``; with
landmarks ``{train,val}/label.txt`` of retinaface_gt. Licence: for research that is not commercial.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.corpora.faults import Faults
from affect.corpora.lines import integer, number
from affect.corpora.lists import Line, read_lines
from affect.detection.annotated import Faces
from affect.errors import AffectError
from affect.media.pictures import decode_picture

Split = Literal["train", "val"]

BOX, INVALID = 4, 7
"""Columns of wider_face_*_bbx_gt.txt: x, y, width, height, blur, expression, illumination, invalid, occlusion, pose."""

COLUMNS = 10

POINTS = 5 * 3
"""Of label.txt: x, y and visibility of five landmarks, -1 where there is none; a blur score follows."""

FROM = "get it again from the corpus"


class _Marked(NamedTuple):
    name: str
    faces: Faces


class WiderFace:
    """A ``DetectionSet``. Faces marked as invalid are ignored; those without an area are left out, as faults."""

    synthetic = False

    def __init__(self, root: str, split: Split = "train", *, landmarks: bool = False) -> None:
        """Raises AffectError where a list is missing, or holds no picture."""
        self.name, self.root, self.split = f"wider-face-{split}", root, split
        self._faults = Faults()
        path = (split, "label.txt") if landmarks else ("wider_face_split", f"wider_face_{split}_bbx_gt.txt")
        uri = storage.join(root, *path)
        if not storage.exists(uri):
            raise AffectError(f"{uri} is missing; give the folder that holds {path[0]} and WIDER_{split}")
        lines = list(read_lines(uri, self._faults))
        marked = _with_landmarks(lines, uri, self._faults) if landmarks else _boxes(lines, uri, self._faults)
        self._marked = list(marked)
        if not self._marked:
            raise AffectError(f"{uri} lists no picture; {FROM}")

    def __len__(self) -> int:
        return len(self._marked)

    def picture_name(self, index: int) -> str:
        """Its place below the pictures, ``<event>/<name>.jpg``."""
        return self._marked[index].name

    def picture(self, index: int) -> NDArray[np.uint8]:
        """Upright RGB (height, width, 3). AffectError naming a picture that is missing or broken."""
        uri = self._uri(self._marked[index].name)
        try:
            return decode_picture(storage.read_bytes(uri))
        except AffectError as error:
            raise AffectError(f"{uri}: {error}; {FROM}") from error

    def faces(self, index: int) -> Faces:
        return self._marked[index].faces

    def faults(self) -> list[tuple[str, str]]:
        """What the lists say that cannot be, and pictures that are listed twice or not there."""
        faults = Faults()
        seen: set[str] = set()
        there = set(storage.list_files(self._uri(""), ".jpg"))
        for name, _ in self._marked:
            if name in seen:
                faults.add(name, "the picture is listed twice")
            seen.add(name)
            if storage.absolute(self._uri(name)) not in there:
                faults.add(name, "the picture is not there")
        return self._faults.listed() + faults.listed()

    def _uri(self, name: str) -> str:
        return storage.join(self.root, f"WIDER_{self.split}", "images", *([name] if name else []))


def _boxes(lines: list[Line], uri: str, faults: Faults) -> Iterator[_Marked]:
    """A picture's path, how many faces it has, and a line for each; one of zeros where it has none."""
    place = 0
    while place < len(lines):
        name = lines[place].text
        count = integer(lines[place + 1].text) if place + 1 < len(lines) else None
        if not name.endswith(".jpg") or count is None or count < 0:
            raise AffectError(f"{uri}, line {lines[place].number}: no picture and its number of faces; {FROM}")
        rows = lines[place + 2 : place + 2 + max(count, 1)]
        values = [_numbers(row, COLUMNS) for row in rows]
        if len(values) < count or None in values:
            raise AffectError(f"{uri}, line {lines[place].number}: {name} has not the {count} faces it says; {FROM}")
        table = np.array([one for one in values[:count] if one is not None], np.float32).reshape(-1, COLUMNS)
        faces = Faces.of(table[:, :BOX])
        faces = Faces(faces.boxes, faces.landmarks, table[:, INVALID] == 1)
        yield _Marked(name, _of_area(faces, name, faults))
        place += 2 + max(count, 1)


def _with_landmarks(lines: list[Line], uri: str, faults: Faults) -> Iterator[_Marked]:
    """``# <path>``, then a line for each face: its box and, in training, its landmarks and a blur score."""
    heads = [place for place, line in enumerate(lines) if line.text.startswith("#")]
    if lines and (not heads or heads[0]):
        raise AffectError(f"{uri}, line {lines[0].number}: it belongs to no picture; {FROM}")
    for begin, end in pairwise([*heads, len(lines)]):
        name = lines[begin].text.lstrip("# ")
        rows = []
        for line in lines[begin + 1 : end]:
            values = _numbers(line, BOX) or _numbers(line, BOX + POINTS + 1)
            if values is None:
                raise AffectError(f"{uri}, line {line.number}: neither {BOX} nor {BOX + POINTS + 1} numbers; {FROM}")
            rows.append(values + [-1.0] * (BOX + POINTS - len(values)))
        table = np.array([row[: BOX + POINTS] for row in rows], np.float32).reshape(-1, BOX + POINTS)
        points = table[:, BOX:].reshape(-1, 5, 3)
        missing = (points[..., :2] == -1).all(2)
        landmarks = np.where(missing[..., None], np.nan, points[..., :2])
        yield _Marked(name, _of_area(Faces.of(table[:, :BOX], landmarks), name, faults))


def _of_area(faces: Faces, name: str, faults: Faults) -> Faces:
    whole = (faces.boxes[:, 2:] > 0).all(1)
    for number_of_face in np.flatnonzero(~whole):
        faults.add(f"{name}, face {number_of_face + 1}", "the box has no area")
    return Faces(faces.boxes[whole], faces.landmarks[whole], faces.ignored[whole])


def _numbers(line: Line, count: int) -> list[float] | None:
    """The numbers of a line, or None where there are not ``count`` of them."""
    cells = line.text.split()
    found = [value for value in map(number, cells) if value is not None]
    return found if len(found) == count == len(cells) else None
