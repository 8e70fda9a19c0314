"""What is left to curate: the largest first, and what was done is done until it, or what is wanted of it, changes."""

from pathlib import Path

from affect import storage
from affect.curation.outstanding import outstanding
from affect.curation.recordings import list_recordings
from affect.curation.settings import CurationSettings
from affect.curation.summary import PartSummary, RecordingSummary, clip_uris, recording_fingerprint, summary_uri
from affect.curation.trims import WHOLE

SETTINGS = CurationSettings()


def test_largest_first_then_only_what_is_left(tmp_path: Path) -> None:
    raw, out = tmp_path / "raw", str(tmp_path / "out")
    raw.mkdir()
    for name, size in (("a.mp4", 10), ("b.mp4", 30), ("c.mp4", 20)):
        (raw / name).write_bytes(b"0" * size)
    recordings = list_recordings(str(raw))
    left = outstanding(recordings, {}, out, SETTINGS)
    assert ([one.name for one in left.todo], left.settled) == (["b", "c", "a"], [])
    for one in recordings[:2]:
        clip = f"{one.name}-001"
        part = PartSummary(one.name, 1, 0.0, 1.0, clip=clip)
        fingerprint = recording_fingerprint(one, WHOLE, SETTINGS)
        done = RecordingSummary.of(one, fingerprint=fingerprint, complete=True, parts=[part])
        storage.write_text(summary_uri(out, one.name), done.to_json())
        storage.write_bytes(clip_uris(out, clip)[0], b"clip")
    left = outstanding(recordings, {}, out, SETTINGS)
    assert ([one.name for one in left.todo], [one.recording for one in left.settled]) == (["c"], ["a", "b"])
    Path(clip_uris(out, "a-001")[0]).unlink()
    assert [one.name for one in outstanding(recordings, {"b": (0.5, None)}, out, SETTINGS).todo] == ["b", "c", "a"]
    (raw / "c.mp4").unlink()
    assert [one.name for one in outstanding(recordings, {}, out, SETTINGS).todo] == ["a", "c"]
