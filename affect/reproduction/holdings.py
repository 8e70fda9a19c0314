"""What rows there are: which corpora and splits lie in which folders, and how they were made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import yaml

from affect import samples, storage
from affect.errors import AffectError
from affect.runs import CONFIG
from affect.training.index import corpus_of


@dataclass(frozen=True)
class Shelf:
    """The rows of one corpus in one folder of jobs.preprocess."""

    folder: str
    corpus: str
    splits: frozenset[str]
    size: int
    """Of the crops, in pixels."""
    synthetic: bool
    fold: int | None
    """Of a cross-validation, the fold held out."""


@dataclass(frozen=True)
class Holdings:
    """All shelves of some folders."""

    shelves: tuple[Shelf, ...]

    @property
    def synthetic(self) -> bool:
        """Whether the rows were made by a program. AffectError where only some were: the two are never mixed."""
        made = {shelf.corpus: shelf.synthetic for shelf in self.shelves}
        if len(set(made.values())) > 1:
            synthetic = ", ".join(sorted(name for name, one in made.items() if one))
            raise AffectError(
                f"the rows of {synthetic} are synthetic and the others are not; figures of the two are never mixed: "
                "give --data of one kind, and of the other with another --out"
            )
        return any(made.values())

    def of(self, corpora: Iterable[str], size: int, fold: int | None = None) -> "Holdings":
        """The shelves of ``corpora``, of all where none is named, with crops of ``size`` and of that fold."""
        names = set(corpora)
        kept = [
            shelf
            for shelf in self.shelves
            if (not names or shelf.corpus in names) and (shelf.size, shelf.fold) == (size, fold)
        ]
        return Holdings(tuple(kept))

    def with_split(self, split: str) -> "Holdings":
        return Holdings(tuple(shelf for shelf in self.shelves if split in shelf.splits))

    @property
    def folders(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(shelf.folder for shelf in self.shelves))

    @property
    def splits(self) -> frozenset[str]:
        return frozenset[str]().union(*(shelf.splits for shelf in self.shelves))

    @property
    def corpora(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(shelf.corpus for shelf in self.shelves))


def look_at(folders: Sequence[str]) -> Holdings:
    """Every shelf below ``folders``. AffectError for a folder without rows."""
    shelves = []
    for folder in map(storage.absolute, folders):
        files: dict[str, list[str]] = {}
        for uri in samples.list_faces(folder):
            files.setdefault(corpus_of(uri), []).append(uri)
        if not files:
            raise AffectError(f"no pre-processed rows in {folder}; run jobs.preprocess first")
        fold = _fold(folder)
        for corpus, uris in files.items():
            made = samples.details_of(uris[0])
            splits = frozenset(uri.rsplit("/", 2)[-2] for uri in uris)
            size = made["settings"]["alignment"]["size"]
            shelves.append(Shelf(folder, corpus, splits, size, bool(made["synthetic"]), fold))
    return Holdings(tuple(shelves))


def _fold(folder: str) -> int | None:
    """What jobs.preprocess was told with --set fold=."""
    place = storage.join(folder, CONFIG)
    settings = yaml.safe_load(storage.read_text(place)) if storage.exists(place) else {}
    fold: int | None = settings.get("fold")
    return fold
