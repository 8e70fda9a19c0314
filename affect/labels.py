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
"""What the Facial Action Coding System (Ekman & Friesen, 1978) calls each of ACTION_UNITS."""

AFF_WILD2_ACTION_UNITS = (1, 2, 4, 6, 12, 15, 20, 25)
"""The eight annotated in Aff-Wild2 (BMVC 2019, section 2)."""

FERA_2015_ACTION_UNITS = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23)
"""Those of BP4D's that the FERA 2015 Challenge used (FaceBehaviorNet, section 4)."""

FERA_2017_ACTION_UNITS = (1, 4, 6, 7, 10, 12, 14, 15, 17, 23)
"""Those of BP4D+'s that the FERA 2017 Challenge used (FaceBehaviorNet, section 4)."""

EMOTIONET_ACTION_UNITS = (1, 2, 4, 5, 6, 9, 12, 17, 20, 25, 26)
"""The eleven that people annotated in EmotioNet.

FaceBehaviorNet (section 4) gives their number. These are what its first author's later code for the corpus names, and
the challenge's twelve without AU43.
"""

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

COMPOUND_EXPRESSIONS = (
    "happily surprised",
    "happily disgusted",
    "sadly fearful",
    "sadly angry",
    "sadly surprised",
    "sadly disgusted",
    "fearfully angry",
    "fearfully surprised",
    "angrily surprised",
    "angrily disgusted",
    "disgustedly surprised",
    "fearfully disgusted",
    "appalled",
    "hatred",
    "awed",
)
"""The compound expressions of Du, Tao & Martinez (PNAS 2014): RAF-DB's eleven in its order, then the others."""

COMPOUND_EMOTIONS: dict[str, tuple[str, str]] = {
    "happily surprised": ("happiness", "surprise"),
    "happily disgusted": ("happiness", "disgust"),
    "sadly fearful": ("sadness", "fear"),
    "sadly angry": ("sadness", "anger"),
    "sadly surprised": ("sadness", "surprise"),
    "sadly disgusted": ("sadness", "disgust"),
    "fearfully angry": ("fear", "anger"),
    "fearfully surprised": ("fear", "surprise"),
    "angrily surprised": ("anger", "surprise"),
    "angrily disgusted": ("anger", "disgust"),
    "disgustedly surprised": ("disgust", "surprise"),
    "fearfully disgusted": ("fear", "disgust"),
    "appalled": ("disgust", "anger"),
    "hatred": ("anger", "disgust"),
    "awed": ("surprise", "fear"),
}
"""The two basic expressions each consists of.

Appalled and hatred are disgust with anger, the first with the stress on disgust, the second on anger; awe is fear with
surprise and the stress on surprise (Du, Tao & Martinez, 2014).
"""

COMPOUND_ACTION_UNITS: dict[str, dict[int, float]] = {
    "happily surprised": {1: 1.0, 2: 1.0, 12: 1.0, 25: 1.0, 5: 0.64, 26: 0.67},
    "happily disgusted": {10: 1.0, 12: 1.0, 25: 1.0, 4: 0.32, 6: 0.61, 9: 0.59},
    "sadly fearful": {1: 1.0, 4: 1.0, 20: 1.0, 25: 1.0, 2: 0.46, 5: 0.24, 6: 0.34, 15: 0.30},
    "sadly angry": {4: 1.0, 15: 1.0, 6: 0.26, 7: 0.48, 11: 0.20, 17: 0.50},
    "sadly surprised": {1: 1.0, 4: 1.0, 25: 1.0, 26: 1.0, 2: 0.27, 6: 0.31},
    "sadly disgusted": {4: 1.0, 10: 1.0, 1: 0.49, 6: 0.61, 9: 0.20, 11: 0.35, 15: 0.54, 17: 0.47, 25: 0.43},
    "fearfully angry": {4: 1.0, 20: 1.0, 25: 1.0, 5: 0.40, 7: 0.39, 10: 0.30, 11: 0.33},
    "fearfully surprised": {1: 1.0, 2: 1.0, 5: 1.0, 20: 1.0, 25: 1.0, 4: 0.47, 10: 0.35, 11: 0.22, 26: 0.51},
    "angrily surprised": {4: 1.0, 25: 1.0, 26: 1.0, 5: 0.35, 7: 0.50, 10: 0.34},
    "angrily disgusted": {4: 1.0, 10: 1.0, 17: 1.0, 7: 0.60, 9: 0.57, 24: 0.36},
    "disgustedly surprised": {1: 1.0, 2: 1.0, 5: 1.0, 10: 1.0, 4: 0.45, 9: 0.37, 17: 0.66, 24: 0.33},
    "fearfully disgusted": {
        1: 1.0, 4: 1.0, 10: 1.0, 20: 1.0, 25: 1.0, 2: 0.64, 5: 0.50, 6: 0.26, 9: 0.28, 15: 0.33,
    },
    "appalled": {4: 1.0, 10: 1.0, 6: 0.25, 9: 0.56, 17: 0.67, 24: 0.36},
    "hatred": {4: 1.0, 10: 1.0, 7: 0.57, 9: 0.27, 17: 0.63, 24: 0.37},
    "awed": {1: 1.0, 2: 1.0, 5: 1.0, 25: 1.0, 4: 0.21, 20: 0.62, 26: 0.56},
}  # fmt: skip
"""As EMOTION_ACTION_UNITS, of the compound expressions (Du, Tao & Martinez, 2014, Table 1).

FaceBehaviorNet's Table 1 leaves these rows out. Which action units a class has, and which of them are prototypical, is
as public transcriptions of that table have it. Of the weights they confirm only the side of 0.60 on which each lies:
those below are the less certain, least so AU25 of sadly disgusted, AU11 of fearfully angry, AU10 and AU11 of fearfully
surprised, AU6 and AU15 of fearfully disgusted and AU6 of appalled. With weights of 1, the default of what uses them,
only the sets count.
"""

RAFDB_COMPOUNDS = COMPOUND_EXPRESSIONS[:11]
"""The compound classes of RAF-DB, in its order."""

EMOTIONET_COMPOUNDS = (
    *EXPRESSIONS[1:],
    "happily surprised",
    "happily disgusted",
    "sadly angry",
    "sadly disgusted",
    "fearfully angry",
    "fearfully surprised",
    "angrily surprised",
    "angrily disgusted",
    "appalled",
    "awed",
)
"""The 6 basic and 10 compound classes of EmotioNet's emotion set.

FaceBehaviorNet (section 4) gives their number, not their names: these are the 16 columns of the label file of the
EmotioNet Challenge, as public code that reads it names them.
"""

NO_EXPRESSION = -1
"""Marks an expression that was not annotated, in arrays that have no null."""

NO_ACTION_UNIT = -1
"""Marks an action unit that was not annotated, in arrays that have no null."""


NO_COMPOUND = -1
"""Marks a compound expression that was not annotated, in arrays that have no null."""


NO_IDENTITY = -1
"""Marks who is nobody that a network tells apart, in arrays that have no null."""


def action_unit_label(action_unit: int) -> str:
    """The name used in files and answers, for example ``AU12``."""
    return f"AU{action_unit}"


def action_unit_columns(action_units: tuple[int, ...]) -> NDArray[np.intp]:
    """Positions of ``action_units`` within ACTION_UNITS."""
    return np.array([ACTION_UNITS.index(unit) for unit in action_units], dtype=np.intp)


def action_unit_weights(
    classes: tuple[str, ...], action_units: tuple[int, ...], *, weighted: bool
) -> NDArray[np.float64]:
    """p(AU | class) of FaceBehaviorNet's Table 1: one row a class, basic or compound, one column an action unit.

    1 for prototypical and observational ones, or the share of annotators for the observational ones if ``weighted``;
    0 elsewhere, and for neutral. Raises KeyError for a class that is neither.
    """
    known: dict[str, dict[int, float]] = {EXPRESSIONS[0]: {}} | EMOTION_ACTION_UNITS | COMPOUND_ACTION_UNITS
    rows = [[known[name].get(unit, 0.0) for unit in action_units] for name in classes]
    weights = np.array(rows, dtype=np.float64).reshape(len(classes), len(action_units))
    return weights if weighted else (weights > 0).astype(np.float64)


def class_positions(vocabulary: tuple[str, ...], classes: tuple[str, ...]) -> NDArray[np.int64]:
    """Position within ``classes`` of each entry of ``vocabulary``, -1 where it has none.

    One more -1 at the end, which is where the index -1 of what was not annotated leads.
    """
    return np.array([*(classes.index(name) if name in classes else -1 for name in vocabulary), -1], dtype=np.int64)
