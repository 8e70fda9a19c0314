"""Average precision of a face detector by the rules of WIDER FACE's evaluation kit."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from affect.metrics.accumulator import State

OVERLAP = 0.5
"""Intersection over union from which on a detection is of a face."""

THRESHOLDS = 1000
"""Scores, spread evenly between the least and the greatest, at which the kit looks at precision and recall."""


def overlaps(boxes: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intersection over union (n, m) of boxes of x, y, width and height; as in the kit a pixel wider and higher."""
    one, two = boxes[:, None].astype(np.float64), others[None].astype(np.float64)
    low = np.maximum(one[..., :2], two[..., :2])
    high = np.minimum(one[..., :2] + one[..., 2:], two[..., :2] + two[..., 2:])
    shared = np.clip(high - low + 1, 0, None).prod(2)
    areas: NDArray[np.float64] = (one[..., 2:] + 1).prod(2) + (two[..., 2:] + 1).prod(2)
    result: NDArray[np.float64] = shared / (areas - shared)
    return result


def matches(
    boxes: NDArray[np.floating], faces: NDArray[np.floating], counted: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Of detections (n, 4), best first, the face each finds, or -1, and which of them count as detections.

    A detection is of the face that it overlaps most, by at least OVERLAP. Of several of one face only the first finds
    it, the others are false. Those of a face that is not ``counted`` are neither right nor false.
    """
    found, proposed = np.full(len(boxes), -1, np.intp), np.ones(len(boxes), np.bool_)
    if not len(faces) or not len(boxes):
        return found, proposed
    shared = overlaps(boxes, faces)
    taken = np.zeros(len(faces), np.bool_)
    for place, face in enumerate(shared.argmax(1)):
        if shared[place, face] < OVERLAP:
            continue
        if not counted[face]:
            proposed[place] = False
        elif not taken[face]:
            found[place], taken[face] = face, True
    return found, proposed


class AveragePrecision:
    """Streaming; merged exactly from many workers."""

    def __init__(self) -> None:
        self.faces = 0
        self._scores: list[NDArray[np.float64]] = []
        self._hits: list[NDArray[np.bool_]] = []
        self._proposed: list[NDArray[np.bool_]] = []

    def update(
        self,
        boxes: NDArray[np.floating],
        scores: NDArray[np.floating],
        faces: NDArray[np.floating],
        counted: NDArray[np.bool_],
    ) -> None:
        """A picture's detections (n, 4) with ``scores`` (n,), in any order, and its faces (m, 4), each counted or not.

        Every detection the detector makes belongs here, however low its score.
        """
        order = np.argsort(-scores, kind="stable")
        found, proposed = matches(boxes[order], faces, counted)
        self.faces += int(counted.sum())
        self._scores.append(np.asarray(scores, np.float64)[order])
        self._hits.append(found >= 0)
        self._proposed.append(proposed)

    def curve(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Precision and recall at each of THRESHOLDS scores from the greatest down; precision is NaN before the first.

        The kit stretches the scores so that they lie between 0 and 1, as here.
        """
        scores, hits, proposed = (np.concatenate(parts) if parts else np.empty(0) for parts in self._lists())
        if len(scores) and np.ptp(scores) > 0:
            scores = (scores - scores.min()) / np.ptp(scores)
        order = np.argsort(-scores, kind="stable")
        totals = np.cumsum(np.stack([proposed, hits])[:, order].astype(np.int64), 1)
        totals = np.concatenate([np.zeros((2, 1), np.int64), totals], 1)
        thresholds = 1 - np.arange(1, THRESHOLDS + 1) / THRESHOLDS
        detections, right = totals[:, np.searchsorted(-scores[order], -thresholds, side="right")]
        with np.errstate(invalid="ignore", divide="ignore"):
            return right / detections, right / self.faces

    def compute(self) -> float:
        """The area under the curve of precision, made to fall, over recall; NaN where there is no face to find."""
        if not self.faces:
            return float("nan")
        precision, recall = self.curve()
        ceiling = np.maximum.accumulate(np.nan_to_num(precision)[::-1])[::-1]
        return float(np.sum(np.diff(recall, prepend=0.0) * ceiling))

    def state(self) -> State:
        scores, hits, proposed = (np.concatenate(parts) if parts else np.empty(0) for parts in self._lists())
        return {"faces": np.array(self.faces), "scores": scores, "hits": hits, "proposed": proposed}

    def merge(self, state: State) -> Self:
        self.faces += int(state["faces"])
        self._scores.append(np.asarray(state["scores"], np.float64))
        self._hits.append(np.asarray(state["hits"], np.bool_))
        self._proposed.append(np.asarray(state["proposed"], np.bool_))
        return self

    def _lists(self) -> tuple[list[Any], list[Any], list[Any]]:
        return self._scores, self._hits, self._proposed
