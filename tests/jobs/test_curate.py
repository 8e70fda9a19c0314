"""The curate job on a real local Ray: complete, resumable, and the same when run again."""

import csv
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from affect.errors import AffectError
from affect.media.video import frames
from jobs import curate as job
from jobs.curate import CurateConfig, curate
from tests.made_media import make_video, portrait

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]

EMPTY = np.full((128, 128, 3), 90, np.uint8)
FACE = portrait(128)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    (folder / "more").mkdir(parents=True)
    make_video(folder / "one.mp4", [EMPTY] * 20 + [FACE] * 40)
    make_video(folder / "more" / "two.mov", [FACE] * 60, rate=25, sound=np.zeros(3 * 44_100))
    make_video(folder / "none.mp4", [EMPTY] * 40)
    (folder / "broken.mp4").write_bytes(b"no video")
    return folder


def config(raw: Path, *assignments: str) -> CurateConfig:
    return CurateConfig(root=str(raw), min_length_s=1).override(assignments)


def state(out: Path) -> dict[str, tuple[int, bytes]]:
    return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in out.rglob("*") if file.is_file()}


def lines(file: Path) -> list[dict[str, str]]:
    with file.open() as stream:
        return list(csv.DictReader(stream))


def test_run_run_again_grow_and_mend(raw: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="affect")  # as a command does
    out = tmp_path / "out"
    summary = curate(config(raw), str(out), workers=2)
    counts: dict[str, Any] = {"recordings": 4, "set_aside": 1, "without_sound": 1, "clips": 2, "clip_frames": 40 + 72}
    assert counts.items() <= summary.items()
    assert summary["last_run"]["recordings"] == 4
    kept = {line["clip"]: line for line in lines(out / "clips.csv") if line["clip"]}
    assert set(kept) == {"one-001", "more__two-001"}
    assert kept["more__two-001"]["recording"] == "more/two.mov"
    assert kept["more__two-001"]["sound"] == "44100 Hz mono"
    assert sorted(file.name for file in (out / "batch1").iterdir()) == ["more__two-001.mp4", "one-001.mp4"]
    assert len(list(frames(out / "batch1" / "more__two-001.mp4"))) == 72
    assert {(line["recording"], line["part"]) for line in lines(out / "set_aside.csv")} == {
        ("broken.mp4", "recording"),
        ("one.mp4", "sound"),
    }
    assert json.loads((out / "summary.json").read_text()) == json.loads((out / "DONE").read_text()) == summary
    log = (out / "log.txt").read_text()
    assert "one.mp4: 2 scenes, 1 clip of 1.3 s; dropped 1 part (nobody who counts is seen)" in log
    assert "set aside broken.mp4" in log

    before = state(out)
    assert curate(config(raw), str(out), workers=2) == summary
    assert state(out) == before

    make_video(raw / "broken.mp4", [FACE] * 40)
    make_video(raw / "three.mp4", [FACE] * 45)
    (out / "batch1" / "one-001.mp4").unlink()
    grown = curate(config(raw), str(out), workers=2)
    assert (grown["recordings"], grown["set_aside"], grown["clips"]) == (5, 0, 4)
    assert grown["last_run"]["recordings"] == 3
    two = str(out / "batch1" / "more__two-001.mp4")
    assert state(out)[two] == before[two]
    assert state(out)[str(out / "batch1" / "one-001.mp4")][1] == before[str(out / "batch1" / "one-001.mp4")][1]

    with pytest.raises(AffectError, match=r"min_length_s: 1\.0 -> 2\.0"):
        curate(config(raw, "min_length_s=2"), str(out))


def test_a_changed_trim_list_is_followed(raw: Path, tmp_path: Path) -> None:
    (raw / "broken.mp4").unlink()
    listed, out = tmp_path / "trim.csv", tmp_path / "out"
    listed.write_text("video,start_s,end_s\none,,0.6\n")
    with_trim = config(raw, f"trim={listed}")
    assert curate(with_trim, str(out), workers=2)["clips"] == 1
    listed.write_text("video,start_s,end_s\none,,\nmore/two.mov,1,\n")
    summary = curate(with_trim, str(out), workers=2)
    assert (summary["clips"], summary["last_run"]["recordings"]) == (2, 2)
    assert summary["clip_frames"] == 40 + 42


def test_command_line(raw: Path, tmp_path: Path) -> None:
    arguments = ["--root", str(raw), "--out", str(tmp_path / "out"), "--set", "min_length_s=1", "--workers", "2"]
    result = CliRunner().invoke(job.app, arguments)
    assert result.exit_code == 0, result.output
    assert "4, 1 set aside, 1 without sound" in result.output
    assert "2 of 3.7 s in all, 0 of two people" in result.output
    wrong = CliRunner().invoke(job.app, [*arguments, "--set", "min_lenght_s=1"])
    assert isinstance(wrong.exception, AffectError)
    assert "did you mean 'min_length_s'" in str(wrong.exception)
