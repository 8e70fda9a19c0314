from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from affect import samples
from affect.checking.rows import count_rows, row_labels
from affect.corpora.corpus import FrameLabels
from affect.errors import AffectError
from affect.labels import ACTION_UNITS
from affect.preprocessing.rows import label_columns
from tests.made_rows import write_rows


@given(st.data(), st.integers(1, 6))
def test_labels_come_back_as_they_went(data: st.DataObject, frames: int) -> None:
    floats = st.sampled_from([np.nan, -1, 0, 0.25])
    labels = FrameLabels(
        valence=data.draw(arrays(np.float32, frames, elements=floats)),
        arousal=data.draw(arrays(np.float32, frames, elements=floats)),
        expression=data.draw(arrays(np.int8, frames, elements=st.integers(-1, 6))),
        action_units=data.draw(arrays(np.int8, (frames, len(ACTION_UNITS)), elements=st.integers(-1, 1))),
        compound=data.draw(arrays(np.int8, frames, elements=st.integers(-1, 14))),
    )
    table = pa.table(label_columns(labels, 0, frames + 2))  # two frames beyond the labels
    back = row_labels(pa.concat_tables([table, table]))
    for name in ("valence", "arousal", "expression", "action_units", "compound"):
        first = getattr(back, name)[:frames]
        np.testing.assert_array_equal(first, getattr(labels, name))
        np.testing.assert_array_equal(getattr(back, name)[frames + 2 : -2], first)
    assert np.isnan(back.valence[-2:]).all()
    assert (back.action_units[-2:] == -1).all()


def test_only_rows_with_a_face_are_counted(tmp_path: Path) -> None:
    write_rows(str(tmp_path), {"train": 2, "test": 1}, frames=40)
    counted = count_rows(str(tmp_path), "made")
    table = pa.concat_tables(samples.read_faces(samples.list_faces(str(tmp_path), "made"))).to_pandas()
    kept = table[table["success"]]
    assert (counted.rows, counted.missed) == (120, int((~table["success"]).sum()))
    assert counted.missed > 0
    whole = counted.tally.total()
    assert (whole.videos, whole.pictures, whole.frames) == (3, 0, len(kept))
    assert whole.labelled["expression"] == kept["expression"].notna().sum()
    assert whole.labelled["action_units"] == kept["au"].notna().sum()
    assert whole.plane.sum() == kept["valence"].notna().sum()
    happy = kept[(kept["split"] == "train") & (kept["expression"] == 4)]
    assert counted.tally.of("train").expression[4] == len(happy)
    assert counted.tally.of("train").videos_of["expression"] == 2
    assert counted.tally.of("test").subjects == {"test0"}


def test_single_pictures_are_counted_by_their_names(tmp_path: Path) -> None:
    row = {"corpus": "made", "split": "train", "person": "main", "frame": 0, "time_s": 0.0, "expression": 1}
    rows = [row | {"video": name, "success": name != "c"} for name in "abc"]
    samples.write_parquet(
        samples.faces_uri(str(tmp_path), "made", "train", "lot-00000"),
        samples.FACES,
        [pa.Table.from_pylist(rows, schema=samples.FACES)],
        "made",
    )
    whole = count_rows(str(tmp_path), "made").tally.total()
    assert (whole.pictures, whole.videos, whole.frames, whole.labelled["expression"]) == (2, 0, 0, 2)


def test_no_rows_at_all(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match="no rows of made"):
        count_rows(str(tmp_path), "made")
