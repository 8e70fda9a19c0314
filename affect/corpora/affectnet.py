"""AffectNet: faces from the Internet with an expression, valence and arousal; in its first form and in the later one.

First form: ``Manually_Annotated_file_lists/{training,validation}.csv`` with the columns of COLUMNS, whose header may be
missing, beside whole pictures in ``Manually_Annotated/Manually_Annotated_Images/``; the box and the 68 landmarks say
whose face is meant. Later form: ``{train_set,val_set}/images/<id>.jpg``, crops of 224 x 224, beside
``annotations/<id>_{exp,val,aro,lnd}.npy``.

Contempt and "none" are outside the seven expressions and leave it unannotated. Pictures annotated as "uncertain" or "no
face" are left out, as in FaceBehaviorNet (section 4). Valence or arousal of -2 means that neither was annotated. The
papers report on the validation split, no test set being released.
"""

import posixpath
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.corpora.affectnet_values import (
    COLUMNS,
    LEFT_OUT,
    expression_of,
    header_columns,
    in_range,
    parse_array,
    parse_row,
    place_of_face,
)
from affect.corpora.archive import Archive, find_archive
from affect.corpora.faults import Faults
from affect.corpora.lists import BadLine, read_lines, read_spans
from affect.corpora.shelves import Picture, PictureCorpus, Shelf
from affect.errors import AffectError
from affect.labels import NO_EXPRESSION

LISTS = {"training": "train", "validation": "validation"}

SETS = {"train_set": "train", "val_set": "validation"}

EXPECTED = (
    "Manually_Annotated_file_lists/{training,validation}.csv with Manually_Annotated/Manually_Annotated_Images/, "
    "or {train_set,val_set}/{images,annotations}/"
)


class AffectNet(PictureCorpus):
    """Reader of either form of AffectNet. Raises AffectError where neither is, or a list has other columns.

    With ``automatic`` the first form's pictures that a network annotated are read too, into the training split.
    """

    def __init__(self, root: str, *, automatic: bool = False) -> None:
        self.root = storage.absolute(root)
        self._columns: dict[str, dict[str, int]] = {}
        self._lists: dict[str, str] = {}
        self._archives: dict[str, Archive] = {}
        faults = Faults()
        shelves = [
            self._set(folder, split, faults)
            for folder, split in SETS.items()
            if storage.exists(storage.join(self.root, folder, "images"))
        ]
        if not shelves:
            shelves = [self._list("Manually", name, split, faults) for name, split in LISTS.items()]
            if automatic:
                shelves.append(self._list("Automatically", "automatically_annotated", "train", faults))
        super().__init__("affectnet", shelves, faults, EXPECTED)

    def pictures(self, shelf: Shelf, keys: Any) -> list[Picture]:
        """Of the later form the keys are ids with their pictures' names, of the first where their lines lie."""
        archive = self._archives[shelf.name]
        if shelf.name in SETS:
            return [self._annotated(shelf.name, archive, *key) for key in keys]
        columns, made = self._columns[shelf.name], []
        for text in read_spans(self._lists[shelf.name], keys):
            name, expression, valence, arousal = parse_row(text, columns)
            box, landmarks = place_of_face(text, columns)
            made.append(
                Picture(
                    name=f"{shelf.name}/{name}",
                    load=partial(archive.picture, name),
                    valence=valence,
                    arousal=arousal,
                    expression=expression_of(expression),
                    box=box,
                    landmarks68=landmarks,
                )
            )
        return made

    def _list(self, kind: str, name: str, split: str, faults: Faults) -> Shelf:
        """The lines of a list whose pictures are there."""
        folders = (f"{kind}_Annotated_file_lists", f"{kind}_Annotated_file_list", f"{kind}_annotated_file_list", "")
        files = [storage.join(self.root, *filter(None, [folder]), f"{name}.csv") for folder in folders]
        uri = next(filter(storage.exists, files), None)
        base = storage.join(self.root, f"{kind}_Annotated")
        archive = find_archive(
            storage.join(base, f"{kind}_Annotated_Images"), storage.join(self.root, f"{kind}_Annotated_Images"), base
        )
        if uri is None or archive is None:
            faults.add(name, f"there is no {'list' if uri is None else 'folder of pictures'}; expected is {EXPECTED}")
            return Shelf(name, split, self.root, [])
        self._archives[name], self._lists[name] = archive, uri
        there, spans = set(archive.names(("",))), []
        taken: set[str] = set()
        for line in read_lines(uri, faults):
            where = f"{uri}, line {line.number}"
            if name not in self._columns:
                self._columns[name] = header_columns(line.text, uri) or {key: at for at, key in enumerate(COLUMNS)}
                if header_columns(line.text, uri):
                    continue
            try:
                picture, expression, _, _ = parse_row(line.text, self._columns[name])
            except BadLine as error:
                faults.add(where, str(error))
                continue
            if picture in taken:
                faults.add(where, f"{picture} is listed already", "listed already")
            elif picture not in there:
                faults.add(where, f"{picture} is not in {archive.uri}", "the picture is not there")
            elif expression in LEFT_OUT:
                faults.add(picture, LEFT_OUT[expression])
            else:
                spans.append((line.start, line.end))
            taken.add(picture)
        return Shelf(name, split, archive.uri, np.array(spans, np.int64).reshape(-1, 2))

    def _set(self, folder: str, split: str, faults: Faults) -> Shelf:
        """The pictures of the later form that have an expression or a valence and arousal."""
        base = storage.join(self.root, folder)
        self._archives[folder] = Archive(base)
        annotations = set(Archive(storage.join(base, "annotations")).names((".npy",)))
        keys = []
        for name in Archive(storage.join(base, "images")).names():
            key = posixpath.splitext(name)[0]
            if f"{key}_exp.npy" in annotations or {f"{key}_val.npy", f"{key}_aro.npy"} <= annotations:
                keys.append((key, name))
            else:
                faults.add(f"{folder}/{name}", "it has no annotation")
        return Shelf(folder, split, storage.join(base, "images"), keys, cropped=True)

    def _annotated(self, folder: str, archive: Archive, key: str, name: str) -> Picture:
        def number(kind: str, low: int, high: int) -> float:
            values = self._array(archive, f"annotations/{key}_{kind}.npy", 1)
            value = np.nan if values is None else float(values[0])
            if value < low or value > high:
                reason = f"it is {value:g}, expected is a number from {low} to {high}"
                self._faults.add(f"{folder}/{key}_{kind}.npy", reason, "a value out of range")
                return np.nan
            return value

        expression = number("exp", 0, max(LEFT_OUT))
        valence, arousal = number("val", -2, 1), number("aro", -2, 1)
        if not in_range(valence, arousal):
            valence = arousal = np.nan
        landmarks = self._array(archive, f"annotations/{key}_lnd.npy", 136)
        return Picture(
            name=f"{folder}/{name}",
            load=partial(archive.picture, f"images/{name}"),
            valence=valence,
            arousal=arousal,
            expression=NO_EXPRESSION if np.isnan(expression) else expression_of(int(expression)),
            landmarks68=None if landmarks is None else landmarks.astype(np.float32).reshape(68, 2),
        )

    def _array(self, archive: Archive, name: str, size: int) -> NDArray[np.float64] | None:
        try:
            values = parse_array(archive.read(name), name)
        except AffectError as error:
            self._faults.add(name, str(error), "an annotation that cannot be read")
            return None
        if values.size != size or not np.isfinite(values).all():
            self._faults.add(name, f"expected are {size} finite numbers, found {values.size}", "a false annotation")
            return None
        return values
