"""Columns of predictions: labels there and back, and whose prediction a row takes."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.evaluation.predictions import label_columns, nearest, outputs, predicted, schema, targets
from affect.labels import ACTION_UNITS, EMOTIONET_COMPOUNDS, EXPRESSIONS
from affect.networks.spec import NetworkSpec
from affect.samples import FACES
from affect.training.index import label_arrays

SPEC = NetworkSpec(
    encoder="arc-res",
    heads=("valence_arousal", "expression", "action_units", "compound"),
    action_units=(4, 12),
    compounds=EMOTIONET_COMPOUNDS,
)


def made_faces() -> pa.Table:
    """Nothing annotated, everything annotated, and some of it."""
    units = [[None] * len(ACTION_UNITS), [1, 0] * 8 + [1], [None, 1, *[None] * 15]]
    columns = {
        "valence": [None, -0.25, 0.5],
        "arousal": [None, 0.75, None],
        "expression": [None, 3, None],
        "compound": [None, None, 5],
        "au": units,
    }
    place = {"corpus": "made", "split": "test", "video": "a", "person": "main", "time_s": 0.0, "success": True}
    rows = [
        place | {"frame": number} | {name: values[number] for name, values in columns.items()} for number in range(3)
    ]
    return pa.Table.from_pylist(rows, schema=FACES)


def test_labels_there_and_back() -> None:
    """What metrics are given of predictions is what training is given of the rows."""
    faces = made_faces()
    expected = label_arrays(faces)
    found = targets(pa.table(label_columns(faces)))
    assert found.keys() == expected.keys() - {"identity"}
    for name, values in found.items():
        np.testing.assert_array_equal(values, expected[name])
        assert values.dtype == expected[name].dtype


def test_what_is_not_annotated_is_null_and_names_are_names() -> None:
    columns = label_columns(made_faces())
    assert columns["expression"].to_pylist() == [None, EXPRESSIONS[3], None]
    assert columns["AU2"].to_pylist() == [None, 0, 1]
    assert columns["AU1"].to_pylist() == [None, 1, None]
    assert columns["valence"].to_pylist() == [None, -0.25, 0.5]


def test_columns_follow_the_outputs() -> None:
    names = schema(SPEC).names
    assert names[:3] == ["corpus", "split", "video"]
    assert outputs(SPEC)["action_units"] == ["p_AU4", "p_AU12"]
    made = [name for columns in outputs(SPEC).values() for name in columns]
    assert names[-len(made) :] == made
    assert len(set(names)) == len(names)
    alone = schema(SPEC.model_copy(update={"heads": ("expression",)})).names
    assert [name for name in alone if name.startswith("p")][1:] == ["predicted_from", *(f"p_{n}" for n in EXPRESSIONS)]


def test_predictions_are_read_by_their_columns() -> None:
    names = [name for columns in outputs(SPEC).values() for name in columns]
    table = pa.table(
        {name: pa.array([place / 64, None], pa.float32()) for place, name in reversed([*enumerate(names)])}
    )
    found = predicted(table, SPEC)
    assert np.concatenate([found[head][0] for head in SPEC.heads]).tolist() == [n / 64 for n in range(len(names))]
    assert all(np.isnan(values[1]).all() for values in found.values())


@given(
    own=st.lists(st.lists(st.booleans(), min_size=1, max_size=12), min_size=1, max_size=4),
    steps=st.lists(st.sampled_from([0.01, 0.04, 0.5]), min_size=48, max_size=48),
)
def test_the_nearest_of_the_same_track(own: list[list[bool]], steps: list[float]) -> None:
    """Against looking at every row of every track."""
    flat = np.concatenate(own)
    tracks = np.repeat(np.arange(len(own)), [len(one) for one in own])
    times = np.concatenate([np.cumsum(steps[: len(one)]) for one in own])
    found = nearest(flat, times, tracks)
    for row, source in enumerate(found.tolist()):
        there = [other for other in np.flatnonzero(flat).tolist() if tracks[other] == tracks[row]]
        if not there:
            assert source == -1
        else:
            assert source in there
            assert abs(times[source] - times[row]) <= min(abs(times[other] - times[row]) for other in there) + 1e-9
            assert not flat[row] or source == row


def test_of_two_equally_near_the_earlier() -> None:
    frames = np.arange(301)
    found = nearest(frames % 2 == 0, frames / 30, np.zeros(301, np.int64))  # whose differences binary makes unequal
    assert found.tolist() == (frames - frames % 2).tolist()


@pytest.mark.parametrize("own", [[], [False, False]])
def test_nothing_to_take(own: list[bool]) -> None:
    found = nearest(np.array(own, bool), np.arange(len(own)) / 30, np.zeros(len(own), np.int64))
    assert found.tolist() == [-1] * len(own)
