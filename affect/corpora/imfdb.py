"""IMFDB: 34,512 faces of 100 actors, cut out of 103 Indian movies, each with one of seven expressions.

``<Actor>/<Movie>/images/<picture>`` beside ``<Actor>/<Movie>/<Movie>.txt``, which has no header, mixes tabs and blanks,
and is dirty. Its lines are read by vocabulary: the picture is the word that ends like one, the expression the twelfth
word if that is one of the seven, otherwise the only one of them in the line, names of actor and movie aside. The actor
is the subject, as the folder names it. There is no official split: all is "train", for the partition tool to divide by
subject; a lot never mixes actors. The papers report on the whole (BMVC 2019, Tables 5 and 8).
"""

import posixpath
import re
from collections.abc import Collection
from functools import partial
from typing import Any

from affect import storage
from affect.corpora.archive import Archive
from affect.corpora.faults import Faults
from affect.corpora.finding import PICTURE_SUFFIXES
from affect.corpora.lists import BadLine, read_lines
from affect.corpora.shelves import Picture, PictureCorpus, Shelf
from affect.labels import EXPRESSIONS

EXPRESSION_COLUMN = 11

EXPECTED = "<Actor>/<Movie>/<Movie>.txt beside <Actor>/<Movie>/images/, as in the folder IMFDB_final"


class Imfdb(PictureCorpus):
    """Reader of IMFDB; ``root`` is IMFDB_final or the folder that holds it. Raises AffectError where there is nothing.

    The pictures are faces cut out by hand and used as they are; with ``cropped=False`` faces are looked for in them.
    """

    def __init__(self, root: str, *, cropped: bool = True) -> None:
        self.root = storage.absolute(root)
        if "IMFDB_final" in storage.list_folders(self.root):
            self.root = storage.join(self.root, "IMFDB_final")
        self._archive = Archive(self.root)
        faults = Faults()
        files = self._archive.names((*PICTURE_SUFFIXES, ".txt"))
        movies: dict[tuple[str, str], tuple[list[str], dict[str, str]]] = {}
        for file in files:
            actor, *rest = file.split("/")
            if not rest or actor == file:
                continue
            lists, images = movies.setdefault((actor, rest[0]), ([], {}))
            if file.lower().endswith(".txt"):
                lists.append(file)
            else:
                images[posixpath.basename(file).lower()] = file
        actors: dict[str, list[tuple[str, int]]] = {}
        for (actor, movie), (lists, images) in sorted(movies.items()):
            if not lists:
                faults.add(
                    f"{actor}/{movie}", f"no .txt has labels for its {len(images)} pictures", "no .txt with labels"
                )
                continue
            found: dict[str, set[int]] = {}
            for file in lists:
                read_movie(storage.join(self.root, file), images, found, faults)
            for image in [image for image, known in found.items() if len(known) > 1]:
                faults.add(image, "it has lines with different expressions and is left out")
            for image in sorted(set(images.values()) - set(found)):
                faults.add(image, "no line has a label for it")
            sure = [(image, min(known)) for image, known in sorted(found.items()) if len(known) == 1]
            actors.setdefault(actor, []).extend(sure)
        shelves = [Shelf(actor, "train", self.root, keys, cropped) for actor, keys in actors.items()]
        super().__init__("imfdb", shelves, faults, EXPECTED)

    def pictures(self, shelf: Shelf, keys: Any) -> list[Picture]:  # noqa: ARG002 - the base's
        """Keys are the path of the picture and the expression."""
        return [
            Picture(
                name=path,
                load=partial(self._archive.picture, path),
                subject=path.split("/")[0],
                expression=expression,
            )
            for path, expression in keys
        ]


def read_movie(uri: str, images: dict[str, str], found: dict[str, set[int]], faults: Faults) -> None:
    """Put the expressions of the pictures that a movie's .txt names into ``found``, by path.

    ``images`` has the paths of the movie's pictures by their names in small letters. The same line twice is no fault.
    """
    titles = set(re.split(r"[\W_]+", "/".join(uri.split("/")[-3:]).lower()))
    for line in read_lines(uri, faults):
        where = f"{uri}, line {line.number}"
        try:
            name, expression = parse_line(line.text, titles)
        except BadLine as error:
            faults.add(where, str(error))
            continue
        path = images.get(name.lower())
        if path is None:
            faults.add(where, f"its picture {name[:60]!r} is not there", "the picture is not there")
        else:
            found.setdefault(path, set()).add(expression)


def parse_line(text: str, titles: Collection[str] = ()) -> tuple[str, int]:
    """The picture a line names, and its expression; outside its column no word of ``titles`` is one. Raises BadLine."""
    words = text.split()
    names = [word for word in words if word.lower().endswith(PICTURE_SUFFIXES)]
    if not names:
        raise BadLine("the line names no picture")
    known = [word.lower() for word in words if word.lower() in EXPRESSIONS and word.lower() not in titles]
    if len(words) > EXPRESSION_COLUMN and words[EXPRESSION_COLUMN].lower() in EXPRESSIONS:
        known = [words[EXPRESSION_COLUMN].lower()]
    if not known:
        raise BadLine(f"the line has no expression out of {', '.join(EXPRESSIONS)}")
    if len(set(known)) > 1:
        raise BadLine("the line has several expressions, and none is its twelfth word")
    return posixpath.basename(names[0].replace("\\", "/")), EXPRESSIONS.index(known[0])
