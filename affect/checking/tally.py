"""What a corpus holds, counted by split: media, labels by task and class, and where valence and arousal lie."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from affect.corpora.corpus import FrameLabels
from affect.corpora.published import Count
from affect.labels import ACTION_UNITS, COMPOUND_EXPRESSIONS, EXPRESSIONS, action_unit_label

TASKS = ("valence_arousal", "expression", "action_units", "compound")

BINS = 20
"""Cells of the valence-arousal plane along each axis."""

Mask = NDArray[np.bool_]


def _counts(*shape: int) -> NDArray[np.int64]:
    return np.zeros(shape, np.int64)


@dataclass
class SplitTally:
    """Counts of one split, or of several added up. A row is a frame of one person, or a picture."""

    videos: int = 0
    pictures: int = 0
    frames: int = 0
    """Of videos, whether labelled or not."""
    videos_of: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TASKS, 0))
    """Videos with any label of each task."""
    labelled: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TASKS, 0))
    """Rows with a label of each task."""
    expression: NDArray[np.int64] = field(default_factory=lambda: _counts(len(EXPRESSIONS)))
    compound: NDArray[np.int64] = field(default_factory=lambda: _counts(len(COMPOUND_EXPRESSIONS)))
    active: NDArray[np.int64] = field(default_factory=lambda: _counts(len(ACTION_UNITS)))
    inactive: NDArray[np.int64] = field(default_factory=lambda: _counts(len(ACTION_UNITS)))
    plane: NDArray[np.int64] = field(default_factory=lambda: _counts(BINS, BINS))
    """Rows by arousal, columns by valence, both from -1 to 1."""
    subjects: set[str] = field(default_factory=set)

    def add_labels(self, people: Iterable[FrameLabels], *, video: bool) -> None:
        """Count the labels of the people of one video, or of a lot of pictures."""
        tasks: set[str] = set()
        for labels in people:
            known = annotated(labels)
            for task, rows in known.items():
                self.labelled[task] += int(rows.sum())
                tasks.update({task} if rows.any() else ())
            self.expression += np.bincount(labels.expression[known["expression"]], minlength=len(EXPRESSIONS))
            self.compound += np.bincount(labels.compound[known["compound"]], minlength=len(COMPOUND_EXPRESSIONS))
            self.active += (labels.action_units == 1).sum(axis=0)
            self.inactive += (labels.action_units == 0).sum(axis=0)
            self.plane += _plane(labels, known["valence_arousal"])
        for task in tasks if video else ():
            self.videos_of[task] += 1

    def add(self, other: "SplitTally") -> None:
        self.videos += other.videos
        self.pictures += other.pictures
        self.frames += other.frames
        for task in TASKS:
            self.videos_of[task] += other.videos_of[task]
            self.labelled[task] += other.labelled[task]
        for name in ("expression", "compound", "active", "inactive", "plane"):
            getattr(self, name)[...] += getattr(other, name)
        self.subjects |= other.subjects


@dataclass
class Tally:
    """Counts by split."""

    splits: dict[str, SplitTally] = field(default_factory=dict)

    def of(self, split: str) -> SplitTally:
        """The counts of ``split``, to be added to."""
        return self.splits.setdefault(split, SplitTally())

    def add(self, other: "Tally") -> None:
        for split, counts in other.splits.items():
            self.of(split).add(counts)

    def total(self) -> SplitTally:
        """All splits together."""
        whole = SplitTally()
        for counts in self.splits.values():
            whole.add(counts)
        return whole

    def measured(self, count: Count) -> int | None:
        """What a printed number is to be compared with; None where the corpus does not tell.

        It does not where a split is not there at all, where nobody's name is known, or where nothing is annotated for
        the task.
        """
        of = self.total() if count.split is None else self.splits.get(count.split)
        if of is None or (count.task is not None and not of.labelled[count.task]):
            return None
        match count.measure:
            case "subjects":
                return len(of.subjects) or None
            case "videos":
                return of.videos if count.task is None else of.videos_of[count.task]
            case "labelled":
                return _labelled(of, count)
            case "pictures":
                return of.pictures
            case "frames":
                return of.frames


def annotated(labels: FrameLabels) -> dict[str, Mask]:
    """Which frames (n,) are annotated for each of TASKS."""
    return {
        "valence_arousal": np.isfinite(labels.valence) & np.isfinite(labels.arousal),
        "expression": labels.expression >= 0,
        "action_units": np.any(labels.action_units >= 0, axis=1),
        "compound": labels.compound >= 0,
    }


def _labelled(of: SplitTally, count: Count) -> int:
    assert count.task is not None
    if count.label is None:
        return of.labelled[count.task]
    names, values = {
        "expression": (EXPRESSIONS, of.expression),
        "compound": (COMPOUND_EXPRESSIONS, of.compound),
        "action_units": (tuple(map(action_unit_label, ACTION_UNITS)), of.active),
    }[count.task]
    return int(values[names.index(count.label)])


def _plane(labels: FrameLabels, known: Mask) -> NDArray[np.int64]:
    edges = np.linspace(-1, 1, BINS + 1)
    counts, _, _ = np.histogram2d(labels.arousal[known], labels.valence[known], bins=(edges, edges))
    return counts.astype(np.int64)
