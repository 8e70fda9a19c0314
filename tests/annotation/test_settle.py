"""One video on disk: done once, done again when something changed, and never with what an earlier run left."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affect.annotation.settings import AnnotationSettings
from affect.annotation.settle import Sources, record_uri, settle
from affect.annotation.traces import find_traces
from affect.corpora.aff_wild2 import AffWild2
from tests.annotation.made_traces import course, made_trace, write_trace
from tests.made_media import make_video

RATE = AnnotationSettings(rate=30)
RNG = np.random.default_rng(0)


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    truth = course(3, RNG, smooth_s=0.5)
    for dimension in ("valence", "arousal"):
        for name in ("a", "b", "c"):
            write_trace(tmp_path / "traces", dimension, "one", made_trace(name, truth, RNG, noise=0.05))
    return tmp_path / "traces"


def sources(traces: Path, **changes: Any) -> Sources:
    files = find_traces(str(traces))["one"]
    return Sources(**({"name": "one", "person": "main", "split": "train", "files": files} | changes))


def labels(out: Path, split: str = "Training_Set") -> Path:
    return out / "annotations" / "VA_Set" / split / "one.txt"


def test_labels_follow_the_videos_own_time_stamps_and_aff_wild2s_reader_reads_them(
    traces: Path, tmp_path: Path
) -> None:
    times = [0.0, 0.04, 0.2, 1.0, 1.01, 2.5]
    (tmp_path / "videos").mkdir()
    video = make_video(tmp_path / "videos" / "one.mp4", [np.zeros((32, 32, 3), np.uint8)] * 6, times=times)
    record = settle(sources(traces, video=str(video)), AnnotationSettings(median_filter=1), str(tmp_path))
    assert (record["files"], record["set_aside"], record["dimensions"]["valence"]["frames"]) == (["va"], [], 6)
    corpus = AffWild2(str(tmp_path))
    (clip,) = corpus.clips()
    read = corpus.labels(clip)["main"]
    kept = [
        np.loadtxt(traces / "valence" / "one" / f"{name}.csv", delimiter=",", skiprows=1)
        for name in record["dimensions"]["valence"]["kept"]
    ]
    expected = np.mean([[one[np.abs(one[:, 0] - time).argmin(), 1] for time in times] for one in kept], axis=0)
    np.testing.assert_allclose(read.valence, expected, atol=0.05)


def test_what_is_done_is_not_done_again_until_something_changes(traces: Path, tmp_path: Path) -> None:
    out = str(tmp_path)
    first = settle(sources(traces), RATE, out)
    labels(tmp_path).write_text("kept")
    assert settle(sources(traces), RATE, out) == json.loads(json.dumps(first))
    assert labels(tmp_path).read_text() == "kept"
    write_trace(traces, "valence", "one", made_trace("a", course(3, RNG, 0.5), RNG))
    assert settle(sources(traces), RATE, out)["fingerprint"] != first["fingerprint"]
    assert labels(tmp_path).read_text().startswith("valence,arousal\n")
    other = settle(sources(traces), RATE.model_copy(update={"median_filter": 5}), out)
    assert other["fingerprint"] != first["fingerprint"]


def test_labels_that_are_no_longer_made_go_away(traces: Path, tmp_path: Path) -> None:
    settle(sources(traces), RATE, str(tmp_path))
    settle(sources(traces, split="test"), RATE, str(tmp_path))
    assert not labels(tmp_path).exists()
    for name in ("a", "b"):
        (traces / "arousal" / "one" / f"{name}.csv").unlink()
    record = settle(sources(traces, split="test"), RATE, str(tmp_path))
    assert record["files"] == []
    assert "1 of at least 2" in str(record["set_aside"])
    assert not labels(tmp_path, "Test_Set").exists()


def test_a_bad_trace_is_set_aside_and_tried_again(traces: Path, tmp_path: Path) -> None:
    bad = traces / "valence" / "one" / "bad.csv"
    bad.write_text("time_s,value\n0,hello\n")
    record = settle(sources(traces), RATE, str(tmp_path))
    assert record["files"] == ["va"]
    assert [file for file, _ in record["set_aside"]] == [str(bad)]
    assert record["dimensions"]["valence"]["annotators"] == ["a", "b", "c"]
    write_trace(traces, "valence", "one", made_trace("bad", course(3, RNG), RNG))
    mended = settle(sources(traces), RATE, str(tmp_path))
    assert (len(mended["dimensions"]["valence"]["annotators"]), mended["set_aside"]) == (4, [])


@pytest.mark.parametrize("video", [None, "missing.mp4"])
def test_without_time_stamps_there_are_no_labels(traces: Path, tmp_path: Path, video: str | None) -> None:
    record = settle(sources(traces, video=video), AnnotationSettings(), str(tmp_path))
    assert record["files"] == []
    assert ("does not exist" if video else "--set rate=30") in str(record["set_aside"])
    assert Path(record_uri(str(tmp_path), "one")).exists()


def test_an_annotators_second_trace_of_one_video_is_set_aside(traces: Path, tmp_path: Path) -> None:
    (traces / "valence" / "one.csv").write_text("time;a;d\n0;0;0\n3;1;1\n")
    record = settle(sources(traces), RATE, str(tmp_path))
    ((file, reason),) = record["set_aside"]
    assert file.endswith("valence/one/a.csv")
    assert "another trace of a" in reason
    assert record["dimensions"]["valence"]["annotators"] == ["a", "d", "b", "c"]
