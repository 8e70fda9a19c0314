"""Rows: one for every frame, in groups, with exactly the labels that were given."""

from array import array

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affect.corpora.corpus import Clip, FrameLabels
from affect.preprocessing.rows import NO_FACE, NOT_THIS_PERSON, Timeline, person_tables
from affect.preprocessing.spill import Face
from affect.samples import FACES, ROWS_PER_GROUP

CLIP = Clip("made", "train", "video", "video.mp4", "video", ("left",), ("anna",))
WHO = {"person": "left", "subject": "anna"}


def timeline(counts: list[int]) -> Timeline:
    return Timeline(array("d", [index / 25 for index in range(len(counts))]), array("H", counts))


@given(
    st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=3 * ROWS_PER_GROUP), st.integers(0, 900)
)
@settings(max_examples=30, deadline=None)
def test_a_row_for_every_frame(frames: list[tuple[int, bool]], labelled: int) -> None:
    shown = [count > 0 and mine for count, mine in frames]
    faces = [Face(i, 0, b"x", [0.0] * 4, 1.0, [0.0] * 10) for i, mine in enumerate(shown) if mine]
    labels = FrameLabels.unannotated(labelled)
    labels.valence[:] = np.arange(labelled) / 1000
    tables = list(person_tables(CLIP, WHO, faces, timeline([count for count, _ in frames]), labels))
    assert all(table.num_rows == ROWS_PER_GROUP for table in tables[:-1])
    whole = pa.concat_tables(tables)
    assert whole.schema == FACES
    assert whole["frame"].to_pylist() == list(range(len(frames)))
    assert whole["success"].to_pylist() == shown
    reasons = [
        None if mine else NOT_THIS_PERSON if count else NO_FACE for (count, _), mine in zip(frames, shown, strict=True)
    ]
    assert whole["reason"].to_pylist() == reasons
    assert [image is not None for image in whole["image"].to_pylist()] == shown
    valence = [np.float32(i / 1000) if i < labelled else None for i in range(len(frames))]
    assert whole["valence"].to_pylist() == valence
    assert whole["au"].null_count == whole["expression"].null_count == len(frames)


def test_marks_become_nulls_one_by_one() -> None:
    labels = FrameLabels(
        valence=np.array([0.5, np.nan], np.float32),
        arousal=np.array([np.nan, -1.0], np.float32),
        expression=np.array([-1, 6], np.int8),
        action_units=np.array([[-1] * 17, [0, 1, -1] + [0] * 14], np.int8),
    )
    row = pa.concat_tables(person_tables(CLIP, WHO, [], timeline([0, 0, 0]), labels)).to_pydict()
    assert row["valence"] == [0.5, None, None]
    assert row["arousal"] == [None, -1.0, None]
    assert row["expression"] == [None, 6, None]
    assert row["au"] == [None, [0, 1, None] + [0] * 14, None]
    assert row["subject"] == ["anna"] * 3
    assert row["time_s"] == [0.0, 0.04, 0.08]


@pytest.mark.parametrize("who", [{"person": "0", "subject": None}, WHO])
def test_without_labels(who: dict[str, str | None]) -> None:
    table = pa.concat_tables(person_tables(CLIP, who, [], timeline([1]), None))
    assert table["person"].to_pylist() == [who["person"]]
    assert table["subject"].to_pylist() == [who["subject"]]
    assert table["valence"].null_count == 1
