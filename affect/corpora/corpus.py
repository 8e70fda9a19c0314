"""What every corpus reader yields."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from affect.labels import ACTION_UNITS, EXPRESSIONS, NO_ACTION_UNIT, NO_COMPOUND, NO_EXPRESSION

Kind = Literal["video", "frames", "pictures"]

PICTURES_PER_CLIP = 512
"""How many single pictures are one clip: one task, one file of rows."""

PERSONS = ("main", "left", "right")
"""Whom videos name, besides numbers: the one that they are of, or one of the two that sit side by side."""


@dataclass(frozen=True)
class Clip:
    """What is preprocessed in one piece: a video, the frames of one, or some of a corpus's single pictures.

    ``media`` is the video file, or the folder or archive that the frames or pictures lie in. ``persons`` names whom to
    follow: ``("main",)``, ``("left", "right")``, or empty to follow everyone seen, numbered by how long they are seen;
    single pictures have ``("main",)``. ``subjects`` gives each person's identity where the corpus knows it; that of
    single pictures is in their Stills.
    """

    corpus: str
    split: str
    video: str
    """Of single pictures a name for the lot; each has its own in its Still."""
    media: str
    kind: Kind
    persons: tuple[str, ...]
    subjects: tuple[str | None, ...]
    cropped: bool = False
    """Frames or pictures are crops of one face each: they are resized, and no face is looked for."""


@dataclass(frozen=True)
class Still:
    """A frame of a clip of kind "frames", or a picture of one of kind "pictures". Made and read on the same worker."""

    name: str
    """Of a single picture its name within the corpus, unique in it; of a frame its file's."""
    frame: int
    """0-based: of a frame its index in the video, which labels go by; of a picture its place in the clip."""
    load: Callable[[], NDArray[np.uint8]]
    """Gives the picture, RGB (H, W, 3), upright; raises AffectError naming a file that cannot be read."""
    time_s: float = 0.0
    subject: str | None = None
    box: tuple[float, float, float, float] | None = None
    """x, y, width and height of the face that is meant, in pixels, where the corpus says it."""
    landmarks68: NDArray[np.float32] | None = None
    """(68, 2), in pixels of the picture, where the corpus has them."""


@dataclass(frozen=True)
class FrameLabels:
    """Labels of one person by decoded frame (or Still), each of length n; what was not annotated is NaN or -1."""

    valence: NDArray[np.float32]
    arousal: NDArray[np.float32]
    expression: NDArray[np.int8]
    action_units: NDArray[np.int8]  # (n, 17), columns as in labels.ACTION_UNITS
    compound: NDArray[np.int8] = field(default_factory=lambda: np.empty(0, np.int8))  # labels.COMPOUND_EXPRESSIONS
    votes: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, len(EXPRESSIONS)), np.float32))
    """(n, 7): how many annotators chose each expression; NaN where nobody was asked."""

    def __post_init__(self) -> None:
        if len(self.compound) != len(self.valence):
            object.__setattr__(self, "compound", np.full(len(self.valence), NO_COMPOUND, np.int8))
        if len(self.votes) != len(self.valence):
            object.__setattr__(self, "votes", np.full((len(self.valence), len(EXPRESSIONS)), np.nan, np.float32))

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

    def stills(self, clip: Clip) -> Iterator[Still]:
        """The frames or pictures of a clip of such a kind, in order of ``frame``, lazily; pictures are not read yet."""
        ...

    def faults(self) -> list[tuple[str, str]]:
        """What the corpus cannot yield: the name of a video, picture or file, and the reason."""
        ...
