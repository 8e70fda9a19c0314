"""FER2013: 35,887 grey faces of 48 x 48 pixels, as the challenge's csv or as folders, with or without FERPlus's votes.

``fer2013.csv`` has the columns emotion, pixels and Usage. The folders are ``<split>/<class>/<picture>``, packed in a
.zip or not. Usage Training is the training split, PublicTest is validation and PrivateTest is test, as in the
challenge; in folders the picture's own name ("PublicTest_46362067.jpg") says it, and the folder's only where the name
does not: a widely used copy has both test sets in its folder "test".
"""

import posixpath
from functools import partial
from typing import Any

import numpy as np

from affect import storage
from affect.corpora.archive import Archive
from affect.corpora.faults import Faults
from affect.corpora.fer2013_csv import COLUMNS, SPLITS, decode_pixels, header_of, parse_row, scan
from affect.corpora.ferplus import Votes, read_votes, votes_table
from affect.corpora.lists import read_spans
from affect.corpora.shelves import NO_VOTES, Picture, PictureCorpus, Shelf
from affect.errors import AffectError
from affect.labels import EXPRESSIONS

FOLDERS = {"angry": "anger", "happy": "happiness", "sad": "sadness"} | {name: name for name in EXPRESSIONS}

PUBLISHED = {"train": 28_709, "validation": 3_589, "test": 3_589}

EXPECTED = "fer2013.csv, or <train, validation or test>/<angry ... surprise>/<picture> in the folder or in a .zip in it"


class Fer2013(PictureCorpus):
    """Reader of FER2013 at ``root``, a folder, a .zip or the .csv. Raises AffectError where there is no picture of it.

    A split of which there is nothing is a fault. ``votes`` is FERPlus's table; without it the one beside is looked for.
    """

    def __init__(self, root: str, votes: str | None = None) -> None:
        self.root = storage.absolute(root)
        faults = Faults()
        self._source, names, table = _find(self.root, faults)
        self._archive = Archive(self._source)
        self._votes = votes or table
        self._read_votes = read_votes(self._votes, faults) if self._votes else None
        keys: dict[str, list[Any]] = {split: [] for split in PUBLISHED}
        self._columns: dict[str, int] | None = None
        if self._source.lower().endswith(".csv"):
            self._columns, rows = scan(self._source, faults)
            for split, key in rows:
                keys[split].append(key)
        else:
            for name in names:
                place = _placed(name, faults)
                if place:
                    keys[place[0]].append((name, place[1]))
        for split, count in PUBLISHED.items():
            if any(keys.values()) and not keys[split]:
                faults.add(split, f"none of its {count:,} pictures is here; put them beside the others to use them")
        shelves = [
            Shelf(split, split, self._source, np.array(rows, np.int64) if self._columns else rows, cropped=True)
            for split, rows in keys.items()
        ]
        super().__init__("fer2013", shelves, faults, EXPECTED)

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"_read_votes": None}

    def pictures(self, shelf: Shelf, keys: Any) -> list[Picture]:
        """Of folders the key is path and class; of the csv where the line lies and which row it is, from 0."""
        if self._columns is None:
            return [
                Picture(
                    name=name,
                    load=partial(self._archive.picture, name),
                    expression=EXPRESSIONS.index(expression),
                    votes=self._votes_of(name, None),
                )
                for name, expression in keys
            ]
        made = []
        for text, row in zip(read_spans(self._source, keys[:, :2]), keys[:, 2].tolist(), strict=True):
            _, expression, pixels = parse_row(text, self._columns)
            made.append(
                Picture(
                    name=f"{shelf.split}/{row:05d}",
                    load=partial(decode_pixels, pixels, f"{self._source}, picture {row}"),
                    expression=EXPRESSIONS.index(expression),
                    votes=self._votes_of(f"fer{row:07d}.png", row),
                )
            )
        return made

    def _votes_of(self, name: str, row: int | None) -> Votes:
        if not self._votes:
            return NO_VOTES
        if self._read_votes is None:  # on a worker; the faults are known already
            self._read_votes = read_votes(self._votes, Faults())
        named, ordered = self._read_votes
        for key in (name, posixpath.basename(name)):
            if key in named:
                return named[key]
        return ordered[row] if row is not None and row < len(ordered) else NO_VOTES


def _find(root: str, faults: Faults) -> tuple[str, list[str], str | None]:
    """Where the pictures lie, their names if in folders, and FERPlus's table if one is beside them."""
    if root.lower().endswith((".csv", ".zip")):
        beside = storage.list_files(root.rpartition("/")[0], ".csv", recursive=False)
        return root, [] if root.lower().endswith(".csv") else Archive(root).names(), votes_table(beside)
    files = storage.list_files(root, recursive=False)
    tables = [file for file in files if file.lower().endswith(".csv")]
    votes = votes_table(tables)
    data = next((file for file in tables if header_of(file) >= COLUMNS), None)
    if data:
        return data, [], votes
    sources = [root] if set(map(str.lower, storage.list_folders(root))) & set(SPLITS) else []
    for source in sources + [file for file in files if file.lower().endswith(".zip")]:
        try:
            names = [name for name in Archive(source).names() if _split_folder(name)]
        except AffectError as error:
            faults.add(source, str(error))
            continue
        if names:
            return source, names, votes
    return root, [], votes


def _split_folder(name: str) -> str | None:
    return next((SPLITS[part.lower()] for part in name.split("/")[:-2] if part.lower() in SPLITS), None)


def _placed(name: str, faults: Faults) -> tuple[str, str] | None:
    """The split and the class of a picture in folders."""
    parts = name.split("/")
    split = SPLITS.get(parts[-1].split("_")[0].lower()) or _split_folder(name)
    expression = FOLDERS.get(parts[-2].lower()) if len(parts) > 1 else None
    if split is None or expression is None:
        kind = "its folders name no split" if split is None else "its folder is none of the seven classes"
        faults.add(name, f"{kind}; expected is {EXPECTED}", kind)
        return None
    return split, expression
