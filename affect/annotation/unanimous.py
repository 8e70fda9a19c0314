"""Expressions and action units, kept only where all annotators agree (BMVC 2019, section 2)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.labels import NO_ACTION_UNIT, NO_EXPRESSION


def agreed_expressions(annotators: Sequence[NDArray[np.int8]]) -> NDArray[np.int8]:
    """The expression (frames,) that all ``annotators`` gave, -1 where they differ or one of them gave none.

    Frames beyond the end of one annotator's file are such frames. Raises AffectError for a single annotator.
    """
    stacked = _stacked(annotators, NO_EXPRESSION)
    same = (stacked == stacked[0]).all(axis=0)
    agreed: NDArray[np.int8] = np.where(same, stacked[0], NO_EXPRESSION).astype(np.int8)
    return agreed


def agreed_action_units(annotators: Sequence[NDArray[np.int8]], whole_frames: bool = True) -> NDArray[np.int8]:
    """The action units (frames, units) that all ``annotators`` gave, as ``agreed_expressions``.

    ``whole_frames`` keeps a frame only where all agree on all units that any of them annotates in the video. The paper
    does not say; but the counts and shares of its Table 2 give the same number of frames, about 197,500 of 397,800,
    for every unit, which would differ from unit to unit if each were kept by itself.
    """
    stacked = _stacked(annotators, NO_ACTION_UNIT)
    used = (stacked != NO_ACTION_UNIT).any(axis=(0, 1))
    same = (stacked == stacked[0]).all(axis=0) & (stacked[0] != NO_ACTION_UNIT)
    if whole_frames:
        same &= same[:, used].all(axis=1, keepdims=True)
    agreed: NDArray[np.int8] = np.where(same, stacked[0], NO_ACTION_UNIT).astype(np.int8)
    return agreed


def _stacked(annotators: Sequence[NDArray[np.int8]], fill: int) -> NDArray[np.int8]:
    """All annotators' labels (annotators, frames, ...), filled up to the longest."""
    if len(annotators) < 2:
        raise AffectError(f"{len(annotators)} of at least 2 annotators; add the others', or use these as they are")
    shape = (len(annotators), max(map(len, annotators)), *annotators[0].shape[1:])
    stacked = np.full(shape, fill, np.int8)
    for row, labels in zip(stacked, annotators, strict=True):
        row[: len(labels)] = labels
    return stacked
