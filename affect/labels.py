"""The vocabulary: names of expressions, action units, valence and arousal, and how they relate.

Heads, files and HTTP answers carry these names, never bare indices; index i of an array is entry i of the tuple here.
"""

import numpy as np
from numpy.typing import NDArray

EXPRESSIONS = ("neutral", "anger", "disgust", "fear", "happiness", "sadness", "surprise")
"""The seven basic expressions in Aff-Wild2's order."""

VALENCE_AROUSAL = ("valence", "arousal")

ACTION_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25, 26)
"""The 17 action units of FaceBehaviorNet: the union of those annotated in its training corpora.

The paper (section 3, footnote 1) says "an aggregate of action units in all datasets" and prints no list. EmotioNet's
eleven, DISFA's AU15 and BP4D's 7, 10, 14, 23 and 24 give exactly 17, which is the reading taken here.
"""

AFF_WILD2_ACTION_UNITS = (1, 2, 4, 6, 12, 15, 20, 25)
"""The eight annotated in Aff-Wild2 (BMVC 2019, section 2)."""

EMOTION_ACTION_UNITS: dict[str, dict[int, float]] = {
    "happiness": {12: 1.0, 25: 1.0, 6: 0.51},
    "sadness": {4: 1.0, 15: 1.0, 1: 0.60, 6: 0.50, 11: 0.26, 17: 0.67},
    "fear": {1: 1.0, 4: 1.0, 20: 1.0, 25: 1.0, 2: 0.57, 5: 0.63, 26: 0.33},
    "anger": {4: 1.0, 7: 1.0, 24: 1.0, 10: 0.26, 17: 0.52, 23: 0.29},
    "surprise": {1: 1.0, 2: 1.0, 25: 1.0, 26: 1.0, 5: 0.66},
    "disgust": {9: 1.0, 10: 1.0, 17: 1.0, 4: 0.31, 24: 0.26},
}
"""Action units of each emotion with the share of annotators who saw them; 1.0 marks the prototypical ones.

FaceBehaviorNet, Table 1 (from Du, Tao & Martinez, PNAS 2014). AU11 is not among the 17 and has no output.
"""

ACTION_UNIT_NAMES = {
    1: "inner brow raiser",
    2: "outer brow raiser",
    4: "brow lowerer",
    5: "upper lid raiser",
    6: "cheek raiser",
    7: "lid tightener",
    9: "nose wrinkler",
    10: "upper lip raiser",
    12: "lip corner puller",
    14: "dimpler",
    15: "lip corner depressor",
    17: "chin raiser",
    20: "lip stretcher",
    23: "lip tightener",
    24: "lip pressor",
    25: "lips part",
    26: "jaw drop",
}

NO_EXPRESSION = -1
"""Marks an expression that was not annotated, in arrays that have no null."""

NO_ACTION_UNIT = -1
"""Marks an action unit that was not annotated, in arrays that have no null."""


def action_unit_label(action_unit: int) -> str:
    """The name used in files and answers, for example ``AU12``."""
    return f"AU{action_unit}"


def action_unit_columns(action_units: tuple[int, ...]) -> NDArray[np.intp]:
    """Positions of ``action_units`` within ACTION_UNITS."""
    return np.array([ACTION_UNITS.index(unit) for unit in action_units], dtype=np.intp)
