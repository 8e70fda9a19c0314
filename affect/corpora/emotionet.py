"""EmotioNet: pictures from the Internet, given as URLs with action units, or with a basic or compound emotion.

Lists lie anywhere below the root as tab- or comma-separated text, with or without a header: a URL, the URL it was
copied from, and then 60 values, those of AU1 to AU60 (1, 0 and 999, not annotated), or 16, one of which is 1 and tells
the emotion, in the order of emotionet_lines.EMOTIONS. ``dataFile_0001.txt`` and so on were annotated by a model and are
the training split; what was annotated by people (the sheets EmotioNet_FACS and URLsWithEmotionCat) is validation, as in
the challenge of 2017 (FaceBehaviorNet, section 4). The sheets are .xlsx files behind a password: save them as CSV.

The pictures are found below the root by the last part of the URL. Action units outside the 23 of the corpus are never
taken for annotated, whatever their column holds.
"""

import posixpath
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from affect import storage
from affect.corpora.archive import Archive
from affect.corpora.emotionet_lines import Columns, find_columns, has_emotions, parse_row
from affect.corpora.faults import Faults
from affect.corpora.finding import PICTURE_SUFFIXES, is_foreign
from affect.corpora.lists import BadLine, read_lines, read_spans
from affect.corpora.shelves import Picture, PictureCorpus, Shelf
from affect.labels import COMPOUND_EXPRESSIONS, EXPRESSIONS, NO_COMPOUND, NO_EXPRESSION

LISTS = (".txt", ".csv", ".tsv")

EXPECTED = "dataFile_0001.txt and so on, or the sheets saved as CSV, and the pictures, all below one folder"

MISSING = "the picture is not there; fetch it from its URL"


class EmotioNet(PictureCorpus):
    """Reader of EmotioNet's action units, or with ``emotions`` of its basic and compound emotions.

    Pictures that were never fetched are faults. Raises AffectError where no list or none of the pictures is there.
    """

    def __init__(self, root: str, *, emotions: bool = False) -> None:
        self.root = storage.absolute(root)
        self.emotions = emotions
        self._archive = Archive(self.root)
        self._lists: dict[str, tuple[str, Columns]] = {}
        faults = Faults()
        lists, places = self._find(faults)
        self._folders = sorted(set(places.values()))
        numbers = {folder: number for number, folder in enumerate(self._folders)}
        taken: set[str] = set()
        shelves = []
        # What people annotated comes first, and is what counts for a picture listed twice.
        for file in sorted(lists, key=lambda file: (_split(file) == "train", file)):
            uri = storage.join(self.root, file)
            columns, first = _first_line(uri)
            if columns is None:
                faults.add(file, "its first line is neither a header nor a URL with values of action units or emotions")
            elif has_emotions(columns) == emotions:
                self._lists[file] = uri, columns
                rows = []
                for span, name in _rows(uri, columns, first, faults):
                    if name not in places:
                        faults.add(name, MISSING)
                    elif name in taken:
                        faults.add(name, f"{uri} has it again", "listed already")
                    else:
                        taken.add(name)
                        rows.append((*span, numbers[places[name]]))
                shelves.append(Shelf(file, _split(file), self.root, np.array(rows, np.int64)))
        super().__init__("emotionet-compound" if emotions else "emotionet", shelves, faults, EXPECTED)

    def pictures(self, shelf: Shelf, keys: Any) -> list[Picture]:
        """Keys are where the line lies, and the number of the picture's folder."""
        uri, columns = self._lists[shelf.name]
        made = []
        for text, folder in zip(read_spans(uri, keys[:, :2]), keys[:, 2].tolist(), strict=True):
            name, units, emotion = parse_row(text, columns)
            made.append(
                Picture(
                    name=name,
                    load=partial(self._archive.picture, posixpath.join(self._folders[folder], name)),
                    action_units=units,
                    expression=EXPRESSIONS.index(emotion) if emotion in EXPRESSIONS else NO_EXPRESSION,
                    compound=COMPOUND_EXPRESSIONS.index(emotion) if emotion in COMPOUND_EXPRESSIONS else NO_COMPOUND,
                )
            )
        return made

    def _find(self, faults: Faults) -> tuple[list[str], dict[str, str]]:
        """Paths of the lists, and the folder of every picture by its name."""
        lists, places = [], dict[str, str]()
        for file in self._archive.names((*PICTURE_SUFFIXES, *LISTS, ".xlsx")):
            folder, name = posixpath.split(file)
            if name.lower().endswith(PICTURE_SUFFIXES):
                places.setdefault(name, folder)
            elif name.lower().endswith(".xlsx"):
                faults.add(file, "a sheet is not read; open it with its password and save each of its pages as CSV")
            elif not is_foreign(name):
                lists.append(file)
        return lists, places


def _first_line(uri: str) -> tuple[Columns | None, int]:
    """The columns of a list, and the number of its first line of data."""
    line = next(read_lines(uri, Faults()), None)
    columns, is_data = find_columns(line.text) if line else (None, False)
    return columns, (line.number if line else 0) + (not is_data)


def _rows(uri: str, columns: Columns, first: int, faults: Faults) -> Iterator[tuple[tuple[int, int], str]]:
    """Of every good line where it lies and the name of its picture."""
    for line in read_lines(uri, faults):
        if line.number >= first:
            try:
                yield (line.start, line.end), parse_row(line.text, columns)[0]
            except BadLine as error:
                faults.add(f"{uri}, line {line.number}", str(error))


def _split(file: str) -> str:
    return "train" if posixpath.basename(file).lower().startswith("datafile") else "validation"
