"""A corpus in memory: clips with the labels and stills that a test gives them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import skimage.data
from numpy.typing import NDArray

from affect.corpora.corpus import Clip, FrameLabels, Kind, Still
from affect.errors import AffectError
from affect.labels import ACTION_UNITS, EXPRESSIONS


@dataclass
class MadeCorpus:
    """Add clips with ``clip``; ``told`` are the corpus's own faults."""

    name: str = "made"
    synthetic: bool = False
    told: list[tuple[str, str]] = field(default_factory=list)
    _clips: list[Clip] = field(default_factory=list)
    _labels: dict[str, Any] = field(default_factory=dict)
    _stills: dict[str, list[Still]] = field(default_factory=dict)

    def clip(
        self,
        video: str,
        stills: Sequence[Still] = (),
        labels: dict[str, FrameLabels] | Exception | None = None,
        split: str = "train",
        kind: Kind = "pictures",
        media: str = "/nowhere",
        subject: str | None = None,
    ) -> Clip:
        clip = Clip(self.name, split, video, media, kind, ("main",), (subject,))
        self._clips.append(clip)
        self._labels[video], self._stills[video] = labels or {}, list(stills)
        return clip

    def clips(self) -> Iterator[Clip]:
        return iter(self._clips)

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:
        labels = self._labels[clip.video]
        if isinstance(labels, Exception):
            raise labels
        return labels

    def stills(self, clip: Clip) -> Iterator[Still]:
        return iter(self._stills[clip.video])

    def faults(self) -> list[tuple[str, str]]:
        return self.told


def _load(picture: NDArray[np.uint8] | Exception) -> NDArray[np.uint8]:
    if isinstance(picture, Exception):
        raise picture
    return picture


def still(name: str, frame: int, picture: NDArray[np.uint8] | Exception, **more: Any) -> Still:
    return Still(name, frame, partial(_load, picture), frame / 25, **more)


def broken(name: str) -> AffectError:
    return AffectError(f"{name} is broken")


def noise(seed: int, side: int = 48) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)


def cat() -> NDArray[np.uint8]:
    return skimage.data.chelsea()[40:280, 120:360]


def made_labels(
    expression: Sequence[str | None],
    valence: Sequence[float] | None = None,
    units: dict[int, Sequence[int]] | None = None,
) -> FrameLabels:
    """Labels of as many frames as there are ``expression``s; arousal is half of ``valence``."""
    labels = FrameLabels.unannotated(len(expression))
    labels.expression[:] = [-1 if one is None else EXPRESSIONS.index(one) for one in expression]
    if valence is not None:
        labels.valence[:], labels.arousal[:] = valence, np.array(valence) / 2
    for unit, values in (units or {}).items():
        labels.action_units[:, ACTION_UNITS.index(unit)] = values
    return labels
