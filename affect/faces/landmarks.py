"""What a corpus gives of a face, 68 landmarks or a box, brought together with what detectors give."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affect.faces.detector import Detections

MEANT = 0.3
"""Least intersection over union of a face and the box that a corpus gives for it. Corpora draw their boxes by other
rules than detectors (with hair, or squared); 0.5, common among detectors, would lose right ones."""

EYES, NOSE, MOUTH = (slice(36, 42), slice(42, 48)), 30, (48, 54)
"""In iBUG's order: the eyes further left and right in the picture, the tip of the nose, the corners of the mouth."""


def five_of(landmarks68: NDArray[np.floating]) -> NDArray[np.float32]:
    """Five landmarks (5, 2) in the order of ``Detections`` from 68 (68, 2) in iBUG's: an eye is the mean of its six."""
    eyes = [landmarks68[eye].mean(axis=0) for eye in EYES]
    return np.stack([*eyes, landmarks68[NOSE], *(landmarks68[corner] for corner in MOUTH)]).astype(np.float32)


def nearest(detections: Detections, box: ArrayLike) -> int | None:
    """The detection that is meant by a given box (x, y, width, height): that of the largest overlap.

    None where no detection overlaps it with an intersection over union of at least MEANT.
    """
    if not len(detections):
        return None
    given = np.asarray(box, np.float64)
    low = np.maximum(detections.boxes[:, :2], given[:2])
    high = np.minimum(detections.boxes[:, :2] + detections.boxes[:, 2:], given[:2] + given[2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    overlap = shared / (detections.boxes[:, 2:].prod(axis=1) + given[2:].prod() - shared)
    best = int(overlap.argmax())
    return best if overlap[best] >= MEANT else None
