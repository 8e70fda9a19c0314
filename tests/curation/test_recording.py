"""From a raw recording to clips, tracks and the index."""

import csv
import io
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from affect import storage
from affect.corpora import open_corpus
from affect.corpora.corpus import FrameLabels
from affect.curation.index import describe, index_csv, set_aside_csv, totals
from affect.curation.recording import settle_recording
from affect.curation.recordings import Recording, list_recordings
from affect.curation.settings import CurationSettings
from affect.curation.summary import RecordingSummary, clip_uris, finished, read_summary, recording_fingerprint
from affect.curation.trims import WHOLE, Trim
from affect.faces.centerface import CenterFace
from affect.media.video import frames
from tests.curation.made_recordings import BLUE, GREEN, GREY, PALE, RED, SIDE, Squares, scene
from tests.made_media import make_video, portrait, turn

SETTINGS = CurationSettings(min_length_s=1)


def settle(path: Path, out: Path, trim: Trim = WHOLE, settings: CurationSettings = SETTINGS) -> RecordingSummary:
    return settle_recording(recording(path), trim, str(out), settings, Squares())


def recording(path: Path) -> Recording:
    return Recording(path.stem, path.name, str(path))


def rows(out: Path, clip: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(clip_uris(str(out), clip)[1]).to_pylist()
    return rows


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Nobody, one, two together, three, and one for a moment: scenes of 45, 60, 60, 45 and 25 frames."""
    pictures = [scene(ground=PALE)] * 45
    pictures += [scene((RED, 20 + frame)) for frame in range(60)]
    pictures += [scene((RED, 150), (BLUE, 20), ground=PALE)] * 60
    pictures += [scene((RED, 10), (BLUE, 90), (GREEN, 180))] * 45
    pictures += [scene((GREEN, 100), ground=PALE)] * 25
    return make_video(tmp_path / "raw.mov", pictures, sound=np.zeros(8 * 44_100))


def test_a_recording_becomes_clips(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    summary = settle(raw, out)
    assert (summary.set_aside, summary.no_sound, summary.complete, summary.frames) == (None, None, True, 235)
    lines = list(csv.DictReader(io.StringIO(index_csv([summary]))))
    assert [(line["start_s"], line["end_s"], line["persons"], line["reason"].split(":")[0]) for line in lines] == [
        ("0.0", "1.5", "", "nobody who counts is seen"),
        ("1.5", "3.5", "main", ""),
        ("3.5", "5.5", "left; right", ""),
        ("5.5", "7.0", "", "a crowd"),
        ("7.0", "7.833", "", "too short"),
    ]
    assert [line["clip"] for line in lines] == ["", "raw-001", "raw-002", "", ""]
    assert (lines[2]["fps"], lines[2]["frames"], lines[2]["width"], lines[2]["height"]) == ("30", "60", "256", "144")
    boxes = [[float(value) for value in box.split()] for box in lines[2]["boxes"].split("; ")]
    np.testing.assert_allclose(boxes, [[20, 40, SIDE, SIDE], [150, 40, SIDE, SIDE]], atol=2)
    counts = {"clips": 2, "clips_of_two": 1, "clip_seconds": 4.0, "dropped_seconds": 3.833}
    assert counts.items() <= totals([summary], 30).items()
    assert totals([summary], 30)["dropped"] == {"a crowd": 1, "nobody who counts is seen": 1, "too short": 1}

    shown = [frame.picture for frame in frames(clip_uris(str(out), "raw-001")[0])]
    tracks = rows(out, "raw-001")
    assert [row["frame"] for row in tracks] == list(range(60))
    assert {row["person"] for row in tracks} == {"main"}
    assert 10 <= sum(bool(row["seen"]) for row in tracks) <= 15
    for picture, row in zip(shown, tracks, strict=True):  # the box is where the square is, also between looks
        found = Squares()(picture).boxes[0]
        if row["frame"] < 54:
            np.testing.assert_allclose(row["box"], found, atol=3)
    assert [row["person"] for row in rows(out, "raw-002")] == ["left"] * 60 + ["right"] * 60
    assert (out / "strips" / "raw-002.jpg").stat().st_size > 1000
    assert not list(out.rglob("*.part"))


def test_what_is_written_is_read_as_a_corpus(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    settle(raw, out)
    [*clips] = open_corpus("folder", str(out / "batch1")).clips()
    assert [clip.video for clip in clips] == ["raw-001", "raw-002"]
    folder = out / "annotations" / "VA_Set" / "Training_Set"
    folder.mkdir(parents=True)
    for name in ("raw-001", "raw-002_left", "raw-002_right"):
        (folder / f"{name}.txt").write_text("valence,arousal\n" + "0.5,-0.5\n" * 60)
    corpus = open_corpus("aff-wild2", str(out))
    assert [(clip.video, clip.persons) for clip in corpus.clips()] == [
        ("raw-001", ("main",)),
        ("raw-002", ("left", "right")),
    ]
    labels: dict[str, FrameLabels] = corpus.labels(next(iter(corpus.clips())))
    assert len(labels["main"]) == 60


def test_trimmed_by_the_list(raw: Path, tmp_path: Path) -> None:
    summary = settle(raw, tmp_path / "out", (2.0, 5.0))
    assert [(part.start_s, part.end_s, part.clip, part.reason) for part in summary.parts] == [
        (2.0, 3.5, "raw-001", None),
        (3.5, 5.0, "raw-002", None),
        (0.0, 2.0, None, "trimmed by the list"),
        (5.0, pytest.approx(8.0, abs=0.1), None, "trimmed by the list"),
    ]


def test_done_again_and_made_of_something_else(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    summary = settle(raw, out)
    clips = {clip_uris(str(out), clip)[0] for clip in summary.clips}
    fingerprint = recording_fingerprint(recording(raw), WHOLE, SETTINGS)
    done = finished(str(out), "raw", fingerprint, clips)
    assert done is not None
    assert (done.skipped, done.parts) == (True, summary.parts)
    assert finished(str(out), "raw", fingerprint, set(list(clips)[:1])) is None
    assert finished(str(out), "raw", recording_fingerprint(recording(raw), (0.0, 9.0), SETTINGS), clips) is None
    other = CurationSettings(min_length_s=2)
    assert finished(str(out), "raw", recording_fingerprint(recording(raw), WHOLE, other), clips) is None

    make_video(raw, [scene((RED, 20))] * 40)
    assert settle(raw, out).clips == ["raw-001"]
    assert [path.name for path in sorted(out.rglob("raw-*"))] == ["raw-001.mp4", "raw-001.jpg", "raw-001.parquet"]

    (out / "recordings" / "raw.json").write_text('{"parts": 7')
    assert read_summary(str(out), "raw") is None


def test_stopped_while_copying(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patched:
        (out / "batch1").mkdir(parents=True)
        (out / "batch1" / "raw-002.mp4").mkdir()  # what cannot be replaced by a file
        with pytest.raises(OSError, match="raw-002"):
            settle(raw, out)
        patched.undo()
    assert read_summary(str(out), "raw").complete is False
    (out / "batch1" / "raw-002.mp4").rmdir()
    make_video(raw, [scene(ground=GREY)] * 40)
    empty = settle(raw, out)
    assert describe(empty) == "raw.mov: 1 scene, no clip; dropped 1 part (nobody who counts is seen)"
    assert not list(out.rglob("raw-*"))


def test_a_broken_recording_is_set_aside(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    raw.write_bytes(raw.read_bytes()[: raw.stat().st_size // 2])
    summary = settle(raw, out)
    assert summary.set_aside is not None
    assert "raw.mov" in summary.set_aside
    again = finished(str(out), "raw", recording_fingerprint(recording(raw), WHOLE, SETTINGS), set())
    assert again is not None
    assert again.set_aside == summary.set_aside
    assert set_aside_csv([summary]).splitlines()[1].startswith("raw.mov,recording,")
    raw.unlink()
    assert "does not exist" in str(settle(raw, out).set_aside)


def test_a_turned_recording_stands_upright(tmp_path: Path) -> None:
    pictures = [scene((RED, 20), ground=PALE)] * 60
    path = make_video(tmp_path / "plain.mp4", pictures)
    turned = turn(path, tmp_path / "turned.mp4", (0, 1, -1, 0))
    out = tmp_path / "out"
    [part] = settle(turned, out).parts
    assert (part.width, part.height) == (144, 256)
    picture = next(frames(clip_uris(str(out), "turned-001")[0])).picture
    assert picture.shape == (256, 144, 3)
    np.testing.assert_allclose(Squares()(picture).boxes[0], part.boxes[0], atol=2)
    assert part.boxes[0][1] == pytest.approx(20, abs=2)


def test_portraits_together_and_apart(tmp_path: Path) -> None:
    """With the real detector: two people, of whom one leaves, who is then alone with us."""
    face = portrait(160)
    two = np.full((200, 400, 3), 120, np.uint8)
    two[20:180, 20:180], two[20:180, 220:380] = face, face[:, ::-1]
    one = two.copy()
    one[20:180, 220:380] = 120
    leaving = [np.concatenate([two[:, :200], np.roll(two[:, 200:], step, axis=1)], axis=1) for step in range(0, 200, 8)]
    for step, picture in enumerate(leaving):
        picture[:, 200 : 200 + 8 * step] = 120
    path = make_video(tmp_path / "raw.mp4", [two] * 35 + leaving + [one] * 15)
    out = tmp_path / "out"
    detector = CenterFace(SETTINGS.detector)
    summary = settle_recording(recording(path), WHOLE, str(out), SETTINGS, detector)
    [part] = summary.parts
    assert part.persons == ["left", "right"]
    assert (part.frames, summary.no_sound) == (75, "the recording has no sound")
    assert part.seen[0] == pytest.approx(1, abs=0.1)
    assert part.seen[1] == pytest.approx(0.7, abs=0.15)
    last = {name: max(row["frame"] for row in rows(out, part.clip) if row["person"] == name) for name in part.persons}
    assert last["left"] == 74
    assert 40 <= last["right"] <= 66


def test_from_and_to_s3(raw: Path, s3: str) -> None:
    with storage.whole_file(f"{s3}/raw/raw.mov") as path:
        path.write_bytes(raw.read_bytes())
    [remote] = list_recordings(f"{s3}/raw")
    summary = settle_recording(remote, WHOLE, f"{s3}/curated", SETTINGS, Squares())
    assert (summary.clips, summary.set_aside) == (["raw-001", "raw-002"], None)
    there = set(storage.list_files(f"{s3}/curated/batch1"))
    assert finished(f"{s3}/curated", "raw", recording_fingerprint(remote, WHOLE, SETTINGS), there) is not None
