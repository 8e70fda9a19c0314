"""Pictures in a folder for each person, as VGGFace, VGGFace2 and most corpora of face recognition lie.

``<person>/<picture>`` at any depth below the person, in the root or in its folder ``train``. VGGFace2's ``test`` holds
other people, of whom a classifier of the trained ones knows nothing, and is left out; VGGFace is given out as lists of
addresses (2,622 people), and lies so once they are fetched. The folder's name is the subject. There is no split by
picture: one in ``validation_every`` of each person, evenly chosen by name, is "validation", the others "train".

Pictures of all people are mixed in a lot, so that a batch of few lots still has many people.
"""

import hashlib
import json
from functools import partial
from typing import Any

import numpy as np

from affect import storage
from affect.corpora.archive import Archive
from affect.corpora.faults import Faults
from affect.corpora.finding import PICTURE_SUFFIXES
from affect.corpora.shelves import Picture, PictureCorpus, Shelf
from affect.errors import AffectError

EXPECTED = "<person>/<picture>, a folder for each person, as in VGGFace2's train"

ENCODING = "utf-8"


class Identities(PictureCorpus):
    """Reader of a folder of people. Raises AffectError where there are fewer than two.

    ``cropped`` says that the pictures are crops of one face each, to be used as they are; else the face is looked for.
    """

    def __init__(
        self, root: str, name: str = "identities", *, cropped: bool = False, validation_every: int = 20
    ) -> None:
        if validation_every < 2:
            raise AffectError(f"options.validation_every={validation_every} leaves nothing to train on; give 2 or more")
        self.root = storage.absolute(root)
        index = storage.join(self.root, "corpus.json")
        self.synthetic = storage.exists(index) and bool(json.loads(storage.read_text(index)).get("synthetic"))
        if "train" in storage.list_folders(self.root):
            self.root = storage.join(self.root, "train")
        self._archive = Archive(self.root)
        faults = Faults()
        people: dict[str, list[str]] = {}
        for file in self._archive.names(PICTURE_SUFFIXES):
            person, slash, _ = file.partition("/")
            if slash:
                people.setdefault(person, []).append(file)
            else:
                faults.add(file, "it lies in no person's folder")
        splits: dict[str, list[str]] = {"train": [], "validation": []}
        for person, files in people.items():
            if len(files) == 1:
                faults.add(person, "of this person there is one picture, which is trained on and nothing measured")
            every = min(validation_every, max(2, len(files)))
            for place, file in enumerate(files):
                splits["validation" if place % every == every - 1 else "train"].append(file)
        shelves = [
            Shelf(
                split,
                split,
                self.root,
                np.array([file.encode(ENCODING) for file in sorted(files, key=_mixed)]),
                cropped,
            )
            for split, files in splits.items()
        ]
        super().__init__(name, shelves, faults, EXPECTED)
        if len(people) < 2:
            raise AffectError(f"{self.root} holds pictures of one person; expected is {EXPECTED}")

    def pictures(self, shelf: Shelf, keys: Any) -> list[Picture]:  # noqa: ARG002 - the base's
        """Keys are paths within the folder, as bytes, of which millions take a fraction of the memory of strings."""
        paths = [key.decode(ENCODING) for key in keys]
        return [Picture(path, partial(self._archive.picture, path), path.partition("/")[0]) for path in paths]


def _mixed(file: str) -> bytes:
    """Something to order by that has nothing to do with the person, the same everywhere."""
    return hashlib.md5(file.encode(ENCODING), usedforsecurity=False).digest()
