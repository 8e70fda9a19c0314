"""The one annotator whose trace follows the facial landmarks most closely (IJCV 2019, section 4.2.2.1, Table 11).

The paper takes "the one with the highest correlation to the landmarks" and does not say how a number is correlated
with 68 points. Here it is the multiple correlation: that of the trace with its best linear prediction from the first
principal components of the shapes. Components instead of coordinates, since 136 predictors fit a short video by chance.
"""

import numpy as np
from numpy.typing import NDArray

from affect import samples
from affect.errors import AffectError

COMPONENTS = 10

FEWEST_FRAMES = 3 * COMPONENTS
"""With fewer frames the prediction fits whatever it is given."""


def shape_components(landmarks: NDArray[np.float64], count: int = COMPONENTS) -> NDArray[np.float64]:
    """The first ``count`` principal components (frames, count) of ``landmarks`` (frames, points, 2).

    Shapes are centred and scaled to one size first: where a face is in the picture, and how near, is not its
    expression. Rotation stays, since tilts and nods are.
    """
    shapes = landmarks - landmarks.mean(axis=1, keepdims=True)
    sizes = np.linalg.norm(shapes, axis=(1, 2), keepdims=True)
    flat = (shapes / np.where(sizes > 0, sizes, 1)).reshape(len(shapes), -1)
    left, scale, _ = np.linalg.svd(flat - flat.mean(axis=0), full_matrices=False)
    components: NDArray[np.float64] = left[:, :count] * scale[:count]
    return components[:, scale[:count] > 1e-9]


def multiple_correlation(values: NDArray[np.float64], predictors: NDArray[np.float64]) -> float:
    """Correlation in [0, 1] of ``values`` (n,) with their least-squares prediction from ``predictors`` (n, k)."""
    centred = values - values.mean()
    spread = float(centred @ centred)
    if spread < len(values) * 1e-12 or not predictors.size:
        return 0.0
    columns = predictors - predictors.mean(axis=0)
    weights, *_ = np.linalg.lstsq(columns, centred, rcond=None)
    explained = float(np.sum((columns @ weights) ** 2)) / spread
    return float(np.sqrt(np.clip(explained, 0, 1)))


def landmark_correlations(columns: NDArray[np.float64], landmarks: NDArray[np.float64]) -> NDArray[np.float64]:
    """The multiple correlation (annotators,) of each of ``columns`` (annotators, frames) with ``landmarks``.

    All are compared on the same frames: those that everyone annotated and whose landmarks are known (not NaN).
    Raises AffectError with fewer than FEWEST_FRAMES of them.
    """
    frames = min(columns.shape[1], len(landmarks))
    known = np.isfinite(columns[:, :frames]).all(axis=0) & np.isfinite(landmarks[:frames]).all(axis=(1, 2))
    if known.sum() < FEWEST_FRAMES:
        raise AffectError(
            f"{int(known.sum())} of at least {FEWEST_FRAMES} frames have both landmarks and a value of each annotator; "
            "preprocess the videos with 68 landmarks, or choose annotators otherwise"
        )
    predictors = shape_components(landmarks[:frames][known])
    return np.array([multiple_correlation(column[:frames][known], predictors) for column in columns])


def read_landmarks(uri: str, person: str) -> NDArray[np.float64]:
    """The 68 landmarks (frames, 68, 2) of ``person`` in a file of preprocessed faces; NaN where there are none."""
    rows = [
        (row["frame"], row["landmarks68"])
        for table in samples.read_faces([uri], ["person", "frame", "landmarks68"])
        for row in table.to_pylist()
        if row["person"] == person and row["landmarks68"] is not None
    ]
    landmarks = np.full((max((frame for frame, _ in rows), default=-1) + 1, 68, 2), np.nan)
    for frame, points in rows:
        landmarks[frame] = np.reshape(points, (68, 2))
    return landmarks
