"""Corpora of single pictures: in lots of PICTURES_PER_CLIP, each known by where it stands on its shelf."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect.corpora.corpus import PICTURES_PER_CLIP, Clip, FrameLabels, Still
from affect.corpora.faults import Faults
from affect.errors import AffectError
from affect.labels import ACTION_UNITS, EXPRESSIONS, NO_ACTION_UNIT, NO_COMPOUND, NO_EXPRESSION

NO_UNITS = (NO_ACTION_UNIT,) * len(ACTION_UNITS)
NO_VOTES = (np.nan,) * len(EXPRESSIONS)


@dataclass(frozen=True)
class Picture:
    """A single picture and all that its corpus says of it; what was not annotated is NaN or -1."""

    name: str
    load: Callable[[], NDArray[np.uint8]]
    subject: str | None = None
    valence: float = np.nan
    arousal: float = np.nan
    expression: int = NO_EXPRESSION
    compound: int = NO_COMPOUND
    action_units: Sequence[int] = NO_UNITS
    votes: Sequence[float] = NO_VOTES
    box: tuple[float, float, float, float] | None = None
    landmarks68: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Shelf:
    """Pictures of one split, in a fixed order, which lie in one place.

    ``keys`` is as little as is needed to find each again: its path, or where its line begins and ends in a list.
    """

    name: str
    split: str
    media: str
    keys: Sequence[Any] | NDArray[Any]
    cropped: bool = False
    persons: tuple[str, ...] = field(default=("main",))


class PictureCorpus(ABC):
    """What the readers of single pictures share. Lots are named ``<shelf>-<number>``, as files can be."""

    synthetic = False
    name: str
    root: str
    """Where the corpus lies; set before ``__init__`` of this class is called."""

    def __init__(self, name: str, shelves: list[Shelf], faults: Faults, expected: str | None) -> None:
        """Raises AffectError when there is no picture on any shelf and something is ``expected``, which it names."""
        self.name = name
        self._shelves: dict[str, Shelf] = {}
        for shelf in shelves:
            name = file_name(shelf.name, self._shelves)
            if len(shelf.keys):
                self._shelves[name] = shelf
        self._faults = faults
        self._last: tuple[Clip, list[Picture]] | None = None
        if expected is not None and not self._shelves:
            told = "; ".join(f"{name}: {reason}" for name, reason in faults.listed()[:3])
            told = told and f" ({told})"
            raise AffectError(f"{self.root} has no picture of the corpus {self.name}; expected is {expected}{told}")

    @abstractmethod
    def pictures(self, shelf: Shelf, keys: Any) -> list[Picture]:
        """What a slice of ``shelf.keys`` stands for, no picture being opened. A bad label is a fault, and is left out.

        Raises AffectError for a list that can no longer be read.
        """

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_last": None}

    def clips(self) -> Iterator[Clip]:
        """A clip for each lot, shelf after shelf."""
        for name, shelf in self._shelves.items():
            for lot in range(-(-len(shelf.keys) // PICTURES_PER_CLIP)):
                yield Clip(
                    corpus=self.name,
                    split=shelf.split,
                    video=f"{name}-{lot:05d}",
                    media=shelf.media,
                    kind="pictures",
                    persons=shelf.persons,
                    subjects=(None,) * len(shelf.persons),
                    cropped=shelf.cropped,
                )

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:
        """The labels of the pictures of ``clip``; none where nobody is labelled."""
        if not clip.persons:
            return {}
        lot = self._lot(clip)
        return {
            "main": FrameLabels(
                valence=np.array([one.valence for one in lot], np.float32),
                arousal=np.array([one.arousal for one in lot], np.float32),
                expression=np.array([one.expression for one in lot], np.int8),
                action_units=np.array([one.action_units for one in lot], np.int8).reshape(-1, len(ACTION_UNITS)),
                compound=np.array([one.compound for one in lot], np.int8),
                votes=np.array([one.votes for one in lot], np.float32).reshape(-1, len(EXPRESSIONS)),
            )
        }

    def stills(self, clip: Clip) -> Iterator[Still]:
        """The pictures of ``clip``, each read when its ``load`` is called."""
        for place, one in enumerate(self._lot(clip)):
            yield Still(
                name=one.name,
                frame=place,
                load=one.load,
                subject=one.subject,
                box=one.box,
                landmarks68=one.landmarks68,
            )

    def faults(self) -> list[tuple[str, str]]:
        """What is missing, broken, doubled or left out; of many of a kind the first few and a count."""
        return self._faults.listed()

    def _lot(self, clip: Clip) -> list[Picture]:
        """Kept until another is asked for: labels and stills come from the same lines."""
        if self._last is None or self._last[0] != clip:
            name, _, lot = clip.video.rpartition("-")
            first = int(lot) * PICTURES_PER_CLIP
            shelf = self._shelves[name]
            self._last = clip, self.pictures(shelf, shelf.keys[first : first + PICTURES_PER_CLIP])
        return self._last[1]


def file_name(name: str, taken: Collection[str] = ()) -> str:
    """``name`` as the name of a file, unlike those ``taken``."""
    plain = "__".join(part for part in name.split("/") if part) or "_"
    number = 1
    while (unique := plain if number == 1 else f"{plain}__{number}") in taken:
        number += 1
    return unique
