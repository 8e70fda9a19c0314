"""What is kept of a picture to compare it with all others, in a fixed number of bytes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect.corpora.corpus import FrameLabels
from affect.labels import ACTION_UNITS, COMPOUND_EXPRESSIONS, EXPRESSIONS, action_unit_label

PICTURE = np.dtype(
    [
        ("clip", np.uint32),
        ("frame", np.uint32),
        ("blank", np.bool_),
        ("exact", np.uint64, 2),
        ("near", np.uint64, 2),
        ("valence", np.float32),
        ("arousal", np.float32),
        ("expression", np.int8),
        ("compound", np.int8),
        ("chosen", np.uint8),  # a bit for each expression that most annotators chose; 0 where nobody was asked
        ("units", np.int8, len(ACTION_UNITS)),
    ]
)
"""A picture: where it is (clip by number, Still.frame), its hashes and its labels."""

PLACES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Where in a video its five frames are looked at."""

APART = 0.2
"""Valence or arousal of one picture that differ by more contradict: a tenth of their range."""

_UNKNOWN = (np.nan, np.nan, -1, -1, 0, (-1,) * len(ACTION_UNITS))


def labels_of(labels: FrameLabels | None, frame: int) -> tuple[Any, ...]:
    """The labels of a frame, in PICTURE's order."""
    if labels is None or frame >= len(labels):
        return _UNKNOWN
    votes = labels.votes[frame]
    chosen = np.packbits(votes == votes.max(), bitorder="little")[0] if np.isfinite(votes).all() else 0
    return (
        labels.valence[frame],
        labels.arousal[frame],
        labels.expression[frame],
        labels.compound[frame],
        chosen,
        labels.action_units[frame],
    )


def contradictions(same: NDArray[np.void]) -> dict[str, str]:
    """What equal pictures are labelled as, by the kind of label that contradicts itself among them.

    Classes and action units contradict when they differ, valence and arousal when they are more than APART, votes
    when no expression has the most votes in all. Pictures without a label of a kind say nothing.
    """
    told: dict[str, str] = {}
    for kind, names in (("expression", EXPRESSIONS), ("compound", COMPOUND_EXPRESSIONS)):
        values, counts = np.unique(same[kind][same[kind] >= 0], return_counts=True)
        if len(values) > 1:
            told[kind] = ", ".join(f"{names[value]} ({count})" for value, count in zip(values, counts, strict=True))
    for kind in ("valence", "arousal"):
        values = same[kind][np.isfinite(same[kind])]
        if len(values) and values.max() - values.min() > APART:
            told[kind] = f"from {values.min():.2f} to {values.max():.2f}"
    units = same["units"]
    both = (units == 0).any(axis=0) & (units == 1).any(axis=0)
    if both.any():
        told["action units"] = ", ".join(action_unit_label(ACTION_UNITS[unit]) for unit in np.flatnonzero(both))
    votes = same["chosen"][same["chosen"] > 0]
    if len(votes) > 1 and not np.bitwise_and.reduce(votes):
        told["votes"] = " against ".join(map(_chosen, np.unique(votes).tolist()))
    return told


def _chosen(bits: int) -> str:
    return "/".join(name for place, name in enumerate(EXPRESSIONS) if bits >> place & 1)
