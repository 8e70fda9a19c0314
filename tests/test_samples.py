"""The row schema on disk: round trip, row groups, versions, broken files."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from affect import samples
from affect.errors import AffectError
from affect.labels import ACTION_UNITS

ROW = {
    "corpus": "c", "split": "train", "video": "v", "person": "main", "frame": 0, "time_s": 0.0, "success": True,
    "image": b"jpeg", "valence": 0.5, "au": [1, None] + [0] * (len(ACTION_UNITS) - 2),
}  # fmt: skip


def write(folder: Path, rows: int = 600, split: str = "train") -> str:
    table = pa.Table.from_pylist([ROW | {"frame": frame, "split": split} for frame in range(rows)], samples.FACES)
    uri = samples.faces_uri(str(folder), "c", split, "v")
    assert samples.write_parquet(uri, samples.FACES, [table], "print", lambda: {"synthetic": True}) == rows
    return uri


def test_round_trip_in_row_groups(tmp_path: Path) -> None:
    uri = write(tmp_path)
    tables = list(samples.read_faces([uri], columns=["frame", "valence", "arousal", "au"]))
    assert [table.num_rows for table in tables] == [256, 256, 88]
    rows = pa.concat_tables(tables).to_pylist()
    assert [row["frame"] for row in rows] == list(range(600))
    assert rows[0]["arousal"] is None
    assert rows[0]["au"][:3] == [1, None, 0]
    assert samples.fingerprint_of(uri) == "print"
    assert samples.details_of(uri) == {"synthetic": True}
    assert samples.fingerprint_of(uri + ".other") is None


def test_files_are_found_by_corpus_and_split(tmp_path: Path) -> None:
    train, held_out = write(tmp_path, 1), write(tmp_path, 1, "test")
    assert samples.list_faces(str(tmp_path)) == sorted([train, held_out])
    assert samples.list_faces(str(tmp_path), split="test") == [held_out]
    assert samples.list_faces(str(tmp_path), corpus="other") == []


def test_another_version_and_broken_files_are_refused(tmp_path: Path) -> None:
    old = tmp_path / "old.parquet"
    pq.write_table(pa.table({"frame": [1]}), old)
    with pytest.raises(AffectError, match="schema version none"):
        samples.open_parquet(str(old))
    broken = Path(write(tmp_path))
    broken.write_bytes(broken.read_bytes()[:-20])
    with pytest.raises(AffectError, match="not a readable Parquet file"):
        samples.open_parquet(str(broken))
    with pytest.raises(AffectError, match="does not exist"):
        samples.open_parquet(str(tmp_path / "none.parquet"))
