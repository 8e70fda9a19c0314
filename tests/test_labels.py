"""The vocabulary agrees with the papers' counts and with itself."""

import numpy as np
import pytest

from affect.labels import (
    ACTION_UNIT_NAMES,
    ACTION_UNITS,
    AFF_WILD2_ACTION_UNITS,
    COMPOUND_ACTION_UNITS,
    COMPOUND_EMOTIONS,
    COMPOUND_EXPRESSIONS,
    EMOTION_ACTION_UNITS,
    EMOTIONET_ACTION_UNITS,
    EMOTIONET_COMPOUNDS,
    EXPRESSIONS,
    FERA_2015_ACTION_UNITS,
    FERA_2017_ACTION_UNITS,
    RAFDB_COMPOUNDS,
    action_unit_columns,
    action_unit_label,
    action_unit_weights,
    class_positions,
)


def test_counts_of_the_papers() -> None:
    assert len(EXPRESSIONS) == 7
    assert len(ACTION_UNITS) == 17
    assert set(AFF_WILD2_ACTION_UNITS) < set(ACTION_UNITS)
    challenges = FERA_2015_ACTION_UNITS, FERA_2017_ACTION_UNITS, EMOTIONET_ACTION_UNITS
    assert [len(units) for units in challenges] == [11, 10, 11]
    assert all(sorted(units) == list(units) and set(units) < set(ACTION_UNITS) for units in challenges)
    assert set(FERA_2015_ACTION_UNITS) - set(FERA_2017_ACTION_UNITS) == {2}
    assert ACTION_UNIT_NAMES.keys() == set(ACTION_UNITS)
    assert set(EMOTION_ACTION_UNITS) == set(EXPRESSIONS) - {"neutral"}


def test_table_1_uses_no_unit_without_an_output_but_au11() -> None:
    for table in (EMOTION_ACTION_UNITS, COMPOUND_ACTION_UNITS):
        units = {unit for weights in table.values() for unit in weights}
        assert units - set(ACTION_UNITS) == {11}


def test_compound_expressions() -> None:
    assert (len(COMPOUND_EXPRESSIONS), len(RAFDB_COMPOUNDS), len(EMOTIONET_COMPOUNDS)) == (15, 11, 16)
    assert set(COMPOUND_EXPRESSIONS) == COMPOUND_EMOTIONS.keys() == COMPOUND_ACTION_UNITS.keys()
    assert set(EMOTIONET_COMPOUNDS) <= {*EXPRESSIONS, *COMPOUND_EXPRESSIONS}
    assert (RAFDB_COMPOUNDS[0], RAFDB_COMPOUNDS[-1]) == ("happily surprised", "disgustedly surprised")
    assert len(set(EMOTIONET_COMPOUNDS)) == 16


@pytest.mark.parametrize("name", [name for name in COMPOUND_EXPRESSIONS if " " in name])
def test_a_compound_is_named_after_its_emotions(name: str) -> None:
    stems = {"happ": "happiness", "sad": "sadness", "fear": "fear", "angr": "anger"}
    stems |= {"disgust": "disgust", "surpris": "surprise"}
    assert COMPOUND_EMOTIONS[name] == tuple(
        next(emotion for stem, emotion in stems.items() if word.startswith(stem)) for word in name.split()
    )


# A public transcription of the table by those seen in most faces, which leaves AU24 out.
SEEN_BY_60_PERCENT = {
    "happily surprised": {1, 2, 5, 12, 25, 26},
    "happily disgusted": {6, 10, 12, 25},
    "sadly fearful": {1, 4, 20, 25},
    "sadly angry": {4, 15},
    "sadly surprised": {1, 4, 25, 26},
    "sadly disgusted": {4, 6, 10},
    "fearfully angry": {4, 20, 25},
    "fearfully surprised": {1, 2, 5, 20, 25},
    "angrily surprised": {4, 25, 26},
    "angrily disgusted": {4, 7, 10, 17},
    "disgustedly surprised": {1, 2, 5, 10, 17},
    "fearfully disgusted": {1, 2, 4, 10, 20, 25},
    "appalled": {4, 10, 17},
    "hatred": {4, 10, 17},
    "awed": {1, 2, 5, 20, 25},
}


@pytest.mark.parametrize("name", COMPOUND_EXPRESSIONS)
def test_frequent_units_of_compounds(name: str) -> None:
    frequent = {unit for unit, weight in COMPOUND_ACTION_UNITS[name].items() if weight >= 0.6}
    assert frequent - {24} == SEEN_BY_60_PERCENT[name]


def test_weights_of_classes() -> None:
    found = action_unit_weights(("happiness", "neutral", "happily surprised"), (1, 6, 12), weighted=True)
    np.testing.assert_array_equal(found, [[0, 0.51, 1], [0, 0, 0], [1, 0, 1]])
    found = action_unit_weights(("happiness", "fear"), (6, 26), weighted=False)
    np.testing.assert_array_equal(found, [[1, 0], [0, 1]])


def test_positions_of_classes() -> None:
    table = class_positions(EXPRESSIONS, EMOTIONET_COMPOUNDS)
    np.testing.assert_array_equal(table[[0, 1, 6, -1]], [-1, 0, 5, -1])
    assert len(table) == len(EXPRESSIONS) + 1


def test_columns_and_names() -> None:
    assert [ACTION_UNITS[column] for column in action_unit_columns(AFF_WILD2_ACTION_UNITS)] == [
        1,
        2,
        4,
        6,
        12,
        15,
        20,
        25,
    ]
    assert action_unit_label(12) == "AU12"
