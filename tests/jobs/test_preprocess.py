"""The preprocess job on a real local Ray: complete, resumable, and the same when run again."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from affect import samples
from affect.errors import AffectError
from affect.preprocessing.settings import Preprocessing
from jobs import preprocess as job
from jobs.preprocess import PreprocessConfig, preprocess
from tests.made_media import FolderOfClips, make_video, portrait

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]

EMPTY = np.full((96, 96, 3), 90, np.uint8)
FACE = portrait(96)


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    make_video(folder / "one.mp4", [FACE] * 6 + [EMPTY] * 2, sound=None)
    make_video(folder / "two.mov", [FACE] * 4, sound=np.zeros(44_100))
    (folder / "two.labels").write_text("6")
    (folder / "empty.mp4").write_bytes(b"")
    data = make_video(folder / "cut.mp4", list(np.random.default_rng(0).integers(0, 255, (9, 64, 64, 3), np.uint8)))
    data.write_bytes(data.read_bytes()[:-9000])
    return folder


@pytest.fixture(autouse=True)
def made_corpus(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    options: dict[str, Any] = {}
    monkeypatch.setattr(job, "open_corpus", lambda name, root, _: FolderOfClips(root, name=name, **options))
    return options


def config(media: Path, *assignments: str) -> PreprocessConfig:
    return PreprocessConfig(corpus="made", root=str(media)).override(assignments)


def state(out: Path) -> dict[str, tuple[int, bytes]]:
    return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in out.rglob("*") if file.is_file()}


def test_run_run_again_grow_and_mend(media: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    summary = preprocess(config(media), str(out), workers=2)
    counts = {"clips": 4, "set_aside": 2, "without_sound": 1, "frames": 12, "rows": 12, "faces_missed": 2}
    assert counts.items() <= summary.items()
    assert (summary["labels_beyond"], summary["synthetic"], summary["last_run"]["clips"]) == (2, True, 4)
    assert summary["last_run"]["stage_seconds"]["detect"] > 0
    with (out / "set_aside.csv").open() as file:
        listed = {(row["video"], row["part"]): row["reason"] for row in csv.DictReader(file)}
    assert set(listed) == {("cut", "clip"), ("empty", "clip"), ("one", "sound")}
    assert "breaks off" in listed["cut", "clip"] or "damaged" in listed["cut", "clip"]
    assert json.loads((out / "summary.json").read_text()) == json.loads((out / "DONE").read_text()) == summary
    assert (out / "crops.jpg").exists()
    assert "set aside" in (out / "log.txt").read_text()
    one = samples.faces_uri(str(out), "made", "train", "one")
    assert samples.open_parquet(one).read()["success"].to_pylist() == [True] * 6 + [False] * 2

    before = state(out)
    assert preprocess(config(media), str(out), workers=2) == summary
    assert state(out) == before

    make_video(media / "three.mp4", [FACE] * 3)
    make_video(media / "empty.mp4", [EMPTY] * 2)
    grown = preprocess(config(media), str(out), workers=2)
    assert (grown["clips"], grown["set_aside"], grown["frames"], grown["last_run"]["clips"]) == (5, 1, 17, 2)
    kept = {name: entry for name, entry in before.items() if name.endswith(".parquet")}
    assert kept.items() <= state(out).items()

    with pytest.raises(AffectError, match=r"detector\.size: 640 -> 320"):
        preprocess(config(media, "detector.size=320"), str(out))


def test_an_interrupted_run_goes_on(media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patched:
        patched.setattr(job, "_write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            preprocess(config(media), str(out), workers=2)
    assert not (out / "DONE").exists()
    one = samples.faces_uri(str(out), "made", "train", "one")
    os.unlink(one)  # as if it had been under way
    kept = {name: entry for name, entry in state(out).items() if name.endswith(".parquet")}
    assert len(kept) == 2
    summary = preprocess(config(media), str(out), workers=2)
    assert (summary["clips"], summary["frames"], summary["last_run"]["frames"]) == (4, 12, 8)
    assert kept.items() <= state(out).items()
    assert Path(one).exists()
    assert (out / "DONE").exists()


def test_a_worker_that_is_killed_is_replaced(media: Path, tmp_path: Path, made_corpus: dict[str, Any]) -> None:
    made_corpus["driver"] = os.getpid()
    summary = preprocess(config(media), str(tmp_path / "out"), workers=1)
    assert (media / "killed").exists()
    assert (summary["clips"], summary["set_aside"], summary["frames"]) == (4, 2, 12)


def test_command_line(media: Path, tmp_path: Path) -> None:
    arguments = ["made", "--root", str(media), "--out", str(tmp_path / "out"), "--set", "alignment.size=64"]
    result = CliRunner().invoke(job.app, [*arguments, "--workers", "2"])
    assert result.exit_code == 0, result.output
    assert "synthetic corpus made" in result.output
    assert "4, 2 set aside, 1 without sound" in result.output
    one = samples.faces_uri(str(tmp_path / "out"), "made", "train", "one")
    assert samples.details_of(one)["settings"]["alignment"]["size"] == 64
    wrong = CliRunner().invoke(job.app, [*arguments, "--set", "detector.sise=320"])
    assert isinstance(wrong.exception, AffectError)
    assert "did you mean 'size'" in str(wrong.exception)


@pytest.mark.parametrize(
    ("runtime", "gpus", "workers", "share"),
    [("opencv", 4, 8, 0), ("onnxruntime", 0, 8, 0), ("onnxruntime", 1, 3, 0.33), ("onnxruntime", 8, 2, 1)],
)
def test_gpus_are_shared_out_where_the_detector_uses_them(
    runtime: str, gpus: float, workers: int, share: float
) -> None:
    assert job.gpu_share(Preprocessing().override([f"detector.runtime={runtime}"]), gpus, workers) == share
