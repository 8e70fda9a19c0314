"""Label files are what the reader of Aff-Wild2 reads."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from affect.annotation.label_files import action_unit_file, expression_file, label_uri, valence_arousal_file
from affect.corpora.annotation_file import parse_annotation
from affect.labels import ACTION_UNITS, AFF_WILD2_ACTION_UNITS, action_unit_columns

VALUES = st.one_of(st.just(np.nan), st.floats(-1, 1))


@given(pairs=st.lists(st.tuples(VALUES, VALUES), max_size=20))
def test_valence_and_arousal_come_back(pairs: list[tuple[float, float]]) -> None:
    values = np.array(pairs, np.float64).reshape(-1, 2)
    read = parse_annotation(valence_arousal_file(*values.T).encode(), "va", "f")
    np.testing.assert_allclose(read, np.where(np.isnan(values).any(axis=1, keepdims=True), np.nan, values), atol=1e-6)


@given(labels=hnp.arrays(np.int8, st.integers(0, 20), elements=st.integers(-1, 6)))
def test_expressions_come_back(labels: np.ndarray) -> None:
    np.testing.assert_array_equal(parse_annotation(expression_file(labels).encode(), "expr", "f"), labels)


@given(rows=hnp.arrays(np.int8, st.tuples(st.integers(0, 20), st.just(8)), elements=st.integers(-1, 1)))
def test_action_units_come_back(rows: np.ndarray) -> None:
    labels = np.full((len(rows), len(ACTION_UNITS)), -1, np.int8)
    labels[:, action_unit_columns(AFF_WILD2_ACTION_UNITS)] = rows
    text = action_unit_file(labels, AFF_WILD2_ACTION_UNITS)
    assert text.startswith("AU1,AU2,AU4,AU6,AU12,AU15,AU20,AU25\n")
    np.testing.assert_array_equal(parse_annotation(text.encode(), "au", "f"), labels)


def test_files_lie_where_the_first_challenge_had_them() -> None:
    assert label_uri("s3://b/out", "va", "validation", "a_left") == (
        "s3://b/out/annotations/VA_Set/Validation_Set/a_left.txt"
    )
