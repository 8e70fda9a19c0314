"""How labels follow from the intensities of the action units. docs/sample-corpus.md states the same in words."""

import numpy as np
from numpy.typing import NDArray

from affect.labels import (
    ACTION_UNITS,
    AFF_WILD2_ACTION_UNITS,
    EMOTION_ACTION_UNITS,
    EXPRESSIONS,
    NO_EXPRESSION,
    action_unit_columns,
)

Units = NDArray[np.float32]
"""Intensities in [0, 1], (n, 17), columns as in ACTION_UNITS."""

ACTIVE = 0.5
"""An action unit of at least this intensity is annotated as present."""

RELAXED = 0.25
"""A face none of whose action units exceeds this is neutral."""

VALENCE = {2: 0.1, 4: -0.25, 6: 0.2, 7: -0.1, 9: -0.3, 10: -0.25, 12: 0.6, 15: -0.45, 17: -0.1, 20: -0.35, 24: -0.3}
AROUSAL = {
    1: 0.1, 2: 0.2, 4: 0.15, 5: 0.2, 6: 0.1, 7: 0.2, 9: 0.1, 10: 0.1, 12: 0.2,
    15: -0.55, 20: 0.3, 24: 0.25, 25: 0.15, 26: 0.2,
}  # fmt: skip
"""Weights of the sums below. They put each emotion of Table 1 into its usual quadrant of the circumplex."""


def valence_arousal(units: Units) -> NDArray[np.float32]:
    """Valence and arousal, (n, 2) in [-1, 1]: weighted sums of the intensities, clipped."""
    weights = np.array([[table.get(unit, 0.0) for table in (VALENCE, AROUSAL)] for unit in ACTION_UNITS], np.float32)
    result: NDArray[np.float32] = np.clip(units @ weights, -1, 1)
    return result


def expressions(units: Units) -> NDArray[np.int8]:
    """Expression of each frame, (n,): -1 where raters would disagree.

    An emotion is shown when all its prototypical action units (share 1.0 in FaceBehaviorNet, Table 1) are active; of
    several, the one whose action units, weighted by their shares, add up to most. Neutral is a relaxed face.
    """
    sums = np.full((len(units), len(EXPRESSIONS)), -np.inf, np.float32)
    for emotion, shares in EMOTION_ACTION_UNITS.items():
        drawn = {unit: share for unit, share in shares.items() if unit in ACTION_UNITS}
        prototypical = action_unit_columns(tuple(unit for unit, share in drawn.items() if share == 1.0))
        shown = units[:, prototypical].min(axis=1) >= ACTIVE
        total = units[:, action_unit_columns(tuple(drawn))] @ np.array(list(drawn.values()), np.float32)
        sums[:, EXPRESSIONS.index(emotion)] = np.where(shown, total, -np.inf)
    sums[:, EXPRESSIONS.index("neutral")] = np.where(units.max(axis=1) <= RELAXED, 0, -np.inf)
    best: NDArray[np.int8] = sums.argmax(axis=1).astype(np.int8)
    best[np.isneginf(sums.max(axis=1))] = NO_EXPRESSION
    return best


def present(units: Units) -> NDArray[np.int8]:
    """Aff-Wild2's eight action units as 0 and 1, (n, 8)."""
    active: NDArray[np.bool_] = units[:, action_unit_columns(AFF_WILD2_ACTION_UNITS)] >= ACTIVE
    return active.astype(np.int8)
