"""How often each label occurs in a video, task by task: what splits are balanced by."""

import numpy as np
from numpy.typing import NDArray

from affect.annotation.balance import QUADRANTS, quadrants
from affect.corpora.corpus import FrameLabels
from affect.labels import ACTION_UNITS, COMPOUND_EXPRESSIONS, EXPRESSIONS, action_unit_label

TASKS: dict[str, tuple[str, ...]] = {
    "valence_arousal": QUADRANTS,
    "expression": EXPRESSIONS,
    "action_units": tuple(map(action_unit_label, ACTION_UNITS)),
    "compound": COMPOUND_EXPRESSIONS,
}
"""What is counted of each task: frames in each quadrant, of each class, with each action unit present."""

Counts = dict[str, NDArray[np.int64]]


def count_labels(labels: FrameLabels, frames: slice = slice(None)) -> Counts:
    """Frames by label of each task in TASKS that has any annotated frame among ``frames``."""
    quadrant = quadrants(labels.valence[frames], labels.arousal[frames])
    units = labels.action_units[frames]
    annotated: dict[str, tuple[NDArray[np.integer], NDArray[np.integer]]] = {
        "valence_arousal": (quadrant, _classes(quadrant, len(QUADRANTS))),
        "expression": (labels.expression[frames], _classes(labels.expression[frames], len(EXPRESSIONS))),
        "action_units": (units, np.sum(units == 1, axis=0)),
        "compound": (labels.compound[frames], _classes(labels.compound[frames], len(COMPOUND_EXPRESSIONS))),
    }
    return {task: counts.astype(np.int64) for task, (values, counts) in annotated.items() if np.any(values >= 0)}


def add_counts(first: Counts, second: Counts) -> Counts:
    """Both together."""
    nothing = {task: np.zeros(len(labels), np.int64) for task, labels in TASKS.items()}
    return {
        task: first.get(task, nothing[task]) + second.get(task, nothing[task])
        for task in TASKS
        if task in first or task in second
    }


def _classes(values: NDArray[np.integer], classes: int) -> NDArray[np.int64]:
    return np.bincount(values[values >= 0].astype(np.int64), minlength=classes)
