"""Compound expressions without training on any, from a network's other outputs (FaceBehaviorNet, section 7.5)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.labels import COMPOUND_EMOTIONS, EXPRESSIONS, action_unit_weights
from affect.metrics.accumulator import as_array
from affect.registry import look_up

EMOTIONS: dict[str, tuple[str, ...]] = COMPOUND_EMOTIONS | {name: (name,) for name in EXPRESSIONS[1:]}
"""The basic expressions that each class consists of; a basic one, as among EmotioNet's classes, of itself."""

POSITIVE = ("happily surprised", "happily disgusted", "happiness")
"""The classes to which the term of valence is added.

The paper names the first two of RAF-DB's. Among EmotioNet's basic ones happiness is added by its rationale, that all
others are expected to have negative valence; else a happy face would always be happily surprised.
"""


def compound_scores(
    predictions: Mapping[str, Any],
    classes: tuple[str, ...],
    action_units: tuple[int, ...],
    *,
    weighted: bool = False,
) -> NDArray[np.float64]:
    """Scores (N, C) of ``classes``, compound or basic, from what Network.predict gives for N faces.

    The sum of the mean of the class's action units by p(AU | class), which is 1 or with ``weighted`` the share of
    annotators; of the probabilities of its basic expressions, one for a basic class; and for POSITIVE ones of 1 where
    valence is positive, 0 where negative, and 1/2 where exactly 0, which the paper leaves out. ``action_units`` are
    those the network outputs; others leave the mean.

    Raises AffectError for an unknown class, for an output that is missing, and for a class of whose action units the
    network has none. FrameMetrics takes the scores as predictions of the output "compound".
    """
    for output in ("valence_arousal", "expression", "action_units"):
        if output not in predictions:
            raise AffectError(f"compound expressions without training need the network's {output}, which it lacks")
    emotions = [look_up(EMOTIONS, name, "compound or basic expression") for name in classes]
    shares = action_unit_weights(classes, action_units, weighted=weighted)
    for name, total in zip(classes, shares.sum(axis=1), strict=True):
        if not total:
            raise AffectError(f"the network outputs none of the action units of {name!r}, which its score needs")
    units, expressions, valence = (
        as_array(predictions[output]).astype(np.float64) for output in ("action_units", "expression", "valence_arousal")
    )
    consists_of = np.array([[float(name in pair) for name in EXPRESSIONS] for pair in emotions])
    sign = 0.5 * (np.sign(valence[:, :1]) + 1)
    positive = np.array([name in POSITIVE for name in classes])
    scores: NDArray[np.float64] = (
        units @ (shares / shares.sum(axis=1, keepdims=True)).T + expressions @ consists_of.T + sign * positive
    )
    return scores
