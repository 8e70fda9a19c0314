"""The vocabulary agrees with the papers' counts and with itself."""

from affect.labels import (
    ACTION_UNIT_NAMES,
    ACTION_UNITS,
    AFF_WILD2_ACTION_UNITS,
    EMOTION_ACTION_UNITS,
    EXPRESSIONS,
    action_unit_columns,
    action_unit_label,
)


def test_counts_of_the_papers() -> None:
    assert len(EXPRESSIONS) == 7
    assert len(ACTION_UNITS) == 17
    assert set(AFF_WILD2_ACTION_UNITS) < set(ACTION_UNITS)
    assert ACTION_UNIT_NAMES.keys() == set(ACTION_UNITS)
    assert set(EMOTION_ACTION_UNITS) == set(EXPRESSIONS) - {"neutral"}


def test_table_1_uses_no_unit_without_an_output_but_au11() -> None:
    units = {unit for weights in EMOTION_ACTION_UNITS.values() for unit in weights}
    assert units - set(ACTION_UNITS) == {11}


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
