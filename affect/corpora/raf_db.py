"""RAF-DB: pictures of faces from the Internet with one of seven expressions, or with one of eleven compound ones.

``basic`` and ``compound`` each have ``EmoLabel/list_patition_label.txt`` (so spelt) with lines ``train_00001.jpg 5``,
and ``Image/aligned/train_00001_aligned.jpg`` (100 x 100) and ``Image/original/train_00001.jpg``. The name's beginning
is the split: train or test; there is no validation. Both parts use the same names for different pictures, which is why
they are two corpora here. Compound classes are in the order of labels.RAFDB_COMPOUNDS.
"""

import posixpath
from functools import partial
from typing import Any

from affect import storage
from affect.corpora.archive import by_base_name, find_archive
from affect.corpora.faults import Faults
from affect.corpora.lists import read_lines
from affect.corpora.shelves import Picture, PictureCorpus, Shelf
from affect.errors import AffectError
from affect.labels import COMPOUND_EXPRESSIONS, EXPRESSIONS, NO_COMPOUND, NO_EXPRESSION, RAFDB_COMPOUNDS

CLASSES = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
"""Classes 1 to 7 of the basic part."""

LISTS = ("EmoLabel/list_patition_label.txt", "EmoLabel/list_partition_label.txt", "list_patition_label.txt")

SPLITS = ("train", "test")


class RafDb(PictureCorpus):
    """Reader of one part of RAF-DB; ``root`` is the folder with both parts, or the part's own.

    With ``aligned`` the given crops are used as they are, which is what results on RAF-DB are published on; without it
    the originals, in which faces are looked for, and ``Annotation/boundingbox``, where it is there, says which.
    Raises AffectError where there is no list or no picture.
    """

    def __init__(self, root: str, *, compound: bool = False, aligned: bool = True) -> None:
        self.root = storage.absolute(root)
        self.compound = compound
        part, form = "compound" if compound else "basic", "aligned" if aligned else "original"
        expected = f"{part}/{LISTS[0]} with {part}/Image/{form}/"
        places = [storage.join(self.root, part), self.root]
        uri = next(
            (uri for place in places for name in LISTS if storage.exists(uri := storage.join(place, name))), None
        )
        images = find_archive(*(storage.join(place, folder) for place in places for folder in (f"Image/{form}", form)))
        if uri is None or images is None:
            missing = "list of labels" if uri is None else f"folder of {form} pictures"
            raise AffectError(f"{self.root} has no {missing} of RAF-DB; expected is {expected}")
        self._images = images
        self._boxes = None if aligned else find_archive(*(storage.join(at, "Annotation/boundingbox") for at in places))
        faults = Faults()
        listed = read_list(uri, len(RAFDB_COMPOUNDS if compound else CLASSES), faults)
        there = by_base_name(images.names())
        keys: dict[str, list[tuple[str, str, int]]] = {split: [] for split in SPLITS}
        for name, number in listed.items():
            stem, suffix = posixpath.splitext(name)
            path = there.get(f"{stem}_aligned{suffix}" if aligned else name) or there.get(name)
            if path is None:
                faults.add(name, f"the list has it and {images.uri} has not", "listed, and not there")
                continue
            keys["train" if name.startswith("train") else "test"].append((name, path, number))
        shelves = [Shelf(split, split, images.uri, keys[split], cropped=aligned) for split in SPLITS]
        super().__init__("raf-db-compound" if compound else "raf-db", shelves, faults, expected)

    def pictures(self, shelf: Shelf, keys: Any) -> list[Picture]:  # noqa: ARG002 - the base's
        """Keys are the name in the list, the path of the picture and the class."""
        return [self._picture(*key) for key in keys]

    def _picture(self, name: str, path: str, number: int) -> Picture:
        stem = posixpath.splitext(name)[0]
        load = partial(self._images.picture, path)
        compound = COMPOUND_EXPRESSIONS.index(RAFDB_COMPOUNDS[number]) if self.compound else NO_COMPOUND
        expression = NO_EXPRESSION if self.compound else EXPRESSIONS.index(CLASSES[number])
        return Picture(name, load, expression=expression, compound=compound, box=self._box(stem))

    def _box(self, stem: str) -> tuple[float, float, float, float] | None:
        """Of ``<stem>_boundingbox.txt``: left, top, right and bottom."""
        if self._boxes is None:
            return None
        file = f"{stem}_boundingbox.txt"
        try:
            left, top, right, bottom = map(float, self._boxes.read(file).split())
        except (AffectError, ValueError):
            self._faults.add(file, "there are no four numbers for the box")
            return None
        if not (left < right < 1e6 and top < bottom < 1e6):
            self._faults.add(file, "the box has no size")
            return None
        return left, top, right - left, bottom - top


def read_list(uri: str, classes: int, faults: Faults) -> dict[str, int]:
    """Classes, from 0, by picture. Bad lines are faults; of a picture with several the first counts if they agree."""
    found: dict[str, int] = {}
    contradictory = set()
    for line in read_lines(uri, faults):
        cells, where = line.text.split(), f"{uri}, line {line.number}"
        if len(cells) != 2 or not cells[0].startswith(SPLITS) or "/" in cells[0]:
            found_is = f"found is {line.text[:60]!r}"
            faults.add(
                where, f"expected is 'train_00001.jpg 5', with train or test; {found_is}", "a line in another form"
            )
        elif cells[1] not in map(str, range(1, classes + 1)):
            faults.add(where, f"the class {cells[1][:20]!r} is none of 1 to {classes}", "a class out of range")
        elif cells[0] in found:
            faults.add(where, f"{cells[0]} is listed already", "listed already")
            if found[cells[0]] != int(cells[1]) - 1:
                contradictory.add(cells[0])
        else:
            found[cells[0]] = int(cells[1]) - 1
    for name in sorted(contradictory):
        faults.add(name, "it is listed with two classes and left out")
    return {name: number for name, number in found.items() if name not in contradictory}
