"""The job from traces to labels, on a real local Ray."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affect.annotation.plans import Unit
from affect.annotation.splits import write_splits
from affect.corpora.aff_wild2 import AffWild2
from affect.errors import AffectError
from jobs.annotate import AnnotateConfig, annotate
from tests.annotation.made_traces import course, made_trace, write_trace
from tests.made_media import make_video

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]

PICTURE = np.zeros((32, 32, 3), np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two videos, one of them of two people; noisy traces of three annotators; one trace is broken."""
    rng = np.random.default_rng(0)
    (tmp_path / "videos").mkdir()
    for name in ("alone", "pair"):
        make_video(tmp_path / "videos" / f"{name}.mp4", [PICTURE] * 60)
    for name in ("alone", "pair_left", "pair_right"):
        for dimension in ("valence", "arousal"):
            truth = course(2, rng, smooth_s=0.5)
            for annotator in "abc":
                write_trace(tmp_path / "traces", dimension, name, made_trace(annotator, truth, rng, noise=0.2))
    write_trace(tmp_path / "traces", "valence", "alone", made_trace("d", truth, rng)).write_text("nothing")
    expressions = tmp_path / "traces" / "expression" / "alone"
    expressions.mkdir(parents=True)
    (expressions / "a.txt").write_text("Neutral,Anger\n0\n1\n")
    (expressions / "b.txt").write_text("Neutral,Anger\n0\n0\n")
    return tmp_path


def config(folder: Path, **changes: Any) -> AnnotateConfig:
    return AnnotateConfig(**({"traces": f"{folder}/traces", "videos": f"{folder}/videos"} | changes))


def state(out: Path) -> dict[str, int]:
    return {str(file): file.stat().st_mtime_ns for file in (out / "annotations").rglob("*.txt")}


def test_run_read_back_run_again_and_mend(folder: Path) -> None:
    summary = annotate(config(folder), str(folder))
    assert (summary["videos"], summary["labelled_videos"], summary["set_aside"]) == (3, 3, 1)
    for by_size in summary["maic"].values():
        assert list(by_size) == ["1", "5", "15", "30"]
        assert by_size["30"] > by_size["1"]
    corpus = AffWild2(str(folder))
    clips = {clip.video: clip for clip in corpus.clips()}
    assert {name: clip.persons for name, clip in clips.items()} == {"alone": ("main",), "pair": ("left", "right")}
    alone = corpus.labels(clips["alone"])["main"]
    assert np.isfinite(alone.valence).sum() == 60
    assert alone.expression[:3].tolist() == [0, -1, -1]
    with (folder / "set_aside.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["what"].endswith("valence/alone/d.csv")
    assert "MAIC" in (folder / "agreement.html").read_text()
    assert json.loads((folder / "DONE").read_text()) == summary

    before = state(folder)
    (folder / "traces" / "valence" / "alone" / "d.csv").unlink()
    assert annotate(config(folder), str(folder))["set_aside"] == 0
    changed = {file for file, time in state(folder).items() if before[file] != time}
    assert {Path(file).stem for file in changed} == {"alone"}


def test_videos_go_to_the_splits_they_are_given(folder: Path) -> None:
    write_splits(str(folder / "splits.csv"), [Unit("pair")], ["validation"])
    out = folder / "out"
    summary = annotate(config(folder, splits=f"{folder}/splits.csv"), str(out))
    assert (summary["videos"], summary["set_aside"]) == (2, 1)
    files = sorted(str(file.relative_to(out / "annotations")) for file in (out / "annotations").rglob("*.txt"))
    assert files == ["VA_Set/Validation_Set/pair_left.txt", "VA_Set/Validation_Set/pair_right.txt"]
    write_splits(str(folder / "splits.csv"), [Unit("pair")], ["test"])
    with pytest.raises(AffectError, match="splits_digest"):
        annotate(config(folder, splits=f"{folder}/splits.csv"), str(out))
    write_splits(str(folder / "splits.csv"), [Unit("someone")], ["test"])
    with pytest.raises(AffectError, match="none of the 3 annotated videos"):
        annotate(config(folder, splits=f"{folder}/splits.csv"), str(folder / "other"))
