"""What every corpus reader yields."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from affect.labels import ACTION_UNITS, NO_ACTION_UNIT, NO_EXPRESSION


@dataclass(frozen=True)
class Clip:
    """One video or picture of a corpus.

    ``persons`` names whom to follow: ``("main",)``, ``("left", "right")``, or empty to follow everyone seen, numbered
    by how long they are seen. ``subjects`` gives each person's identity where the corpus knows it.
    """

    corpus: str
    split: str
    video: str
    media: str
    kind: str  # "video" or "picture"
    persons: tuple[str, ...]
    subjects: tuple[str | None, ...]


@dataclass(frozen=True)
class FrameLabels:
    """Labels of one person by decoded frame, each of length n; what was not annotated is NaN or -1."""

    valence: NDArray[np.float32]
    arousal: NDArray[np.float32]
    expression: NDArray[np.int8]
    action_units: NDArray[np.int8]  # (n, 17), columns as in labels.ACTION_UNITS

    @classmethod
    def unannotated(cls, frames: int) -> "FrameLabels":
        return cls(
            valence=np.full(frames, np.nan, np.float32),
            arousal=np.full(frames, np.nan, np.float32),
            expression=np.full(frames, NO_EXPRESSION, np.int8),
            action_units=np.full((frames, len(ACTION_UNITS)), NO_ACTION_UNIT, np.int8),
        )

    def __len__(self) -> int:
        return len(self.valence)


class Corpus(Protocol):
    """A corpus as it lies on disk. Small and picklable: it holds locations, not data."""

    name: str

    def clips(self) -> Iterator[Clip]:
        """Every clip, lazily, in a fixed order."""
        ...

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:
        """The labels of each person of ``clip``, by person. Raises AffectError naming a file that cannot be read."""
        ...
