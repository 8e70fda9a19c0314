"""Faces come back from disk as they went, track by track."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from affect.preprocessing.rows import one_per_frame
from affect.preprocessing.spill import ROWS_PER_BATCH, Face, Spill


def face(frame: int, track: int) -> Face:
    return Face(frame, track, f"{frame} {track}".encode(), [1.0, 2.0, 3.0, frame], 0.5, [float(track)] * 10)


@given(st.lists(st.sets(st.integers(0, 4), max_size=4), max_size=60), st.sets(st.integers(0, 4)))
@settings(max_examples=30)
def test_reads_the_tracks_asked_for_in_order(tmp_path_factory: object, seen: list[set[int]], wanted: set[int]) -> None:
    path = Path(tmp_path_factory.mktemp("spill")) / "faces.arrow"  # type: ignore[attr-defined]
    faces = [face(frame, track) for frame, tracks in enumerate(seen) for track in sorted(tracks)]
    with Spill(path) as spill:
        for one in faces:
            spill.add(one)
        spill.finish()
        assert list(spill.read(wanted)) == [one for one in faces if one.track in wanted]
        assert list(spill.read(range(5))) == faces
    assert not path.exists()


def test_many_batches(tmp_path: Path) -> None:
    with Spill(tmp_path / "faces.arrow") as spill:
        for frame in range(3 * ROWS_PER_BATCH + 1):
            spill.add(face(frame, frame // ROWS_PER_BATCH))
        spill.finish()
        assert [one.frame for one in spill.read([1, 3])] == [
            *range(ROWS_PER_BATCH, 2 * ROWS_PER_BATCH),
            3 * ROWS_PER_BATCH,
        ]


def test_of_two_faces_in_a_frame_the_more_prominent_track_counts() -> None:
    faces = [face(0, 2), face(1, 2), face(1, 7), face(2, 7), face(3, 7), face(3, 2)]
    assert [(one.frame, one.track) for one in one_per_frame(faces, [7, 2])] == [(0, 2), (1, 7), (2, 7), (3, 7)]
