"""The preprocess and train jobs on two Ray nodes: work on both, and a killed job goes on where it was."""

import io
import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.cluster.conftest import TwoNodes
from tests.made_rows import write_rows

pytestmark = [pytest.mark.ray, pytest.mark.cluster]

SMALL = ["epochs=1", "batch.rows_per_epoch=96", "resources.cpus_per_worker=2", "network.width=0.0625"]


def train(rows: str, out: str, changes: list[str]) -> list[str]:
    sets = [word for change in changes for word in ("--set", change)]
    return ["jobs.train", "sample/mt-vgg", "--data", rows, "--out", out, *sets]


def until(what: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_both_nodes_work(two_nodes: TwoNodes, small_corpus: tuple[str, int], tmp_path: Path) -> None:
    corpus, clips = small_corpus
    rows, run = str(tmp_path / "rows"), str(tmp_path / "run")
    two_nodes.run("jobs.preprocess", "sample", "--root", corpus, "--out", rows, "--set", "detector.size=320")
    summary = json.loads((tmp_path / "rows" / "DONE").read_text())
    assert summary["clips"] == clips
    assert summary["last_run"]["nodes"] == 2
    two_nodes.run(*train(rows, run, SMALL))
    answer = json.loads((tmp_path / "run" / "DONE").read_text())
    assert (answer["workers"], answer["nodes"]) == (2, 2)
    assert "SYNTHETIC" in (tmp_path / "run" / "report.html").read_text()


def test_a_killed_preprocess_goes_on(two_nodes: TwoNodes, small_corpus: tuple[str, int], tmp_path: Path) -> None:
    corpus, clips = small_corpus
    out = tmp_path / "rows"
    arguments = ["jobs.preprocess", "sample", "--root", corpus, "--out", str(out), "--workers", "1"]
    job = two_nodes.start(*arguments)
    until(lambda: len(list(out.glob("faces/**/*.parquet"))) >= 2)
    job.send_signal(signal.SIGKILL)
    job.wait()
    time.sleep(2)  # its actors end with it
    before = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in out.glob("faces/**/*.parquet")}
    assert 2 <= len(before) < clips
    assert not (out / "DONE").exists()
    two_nodes.run(*arguments)
    summary = json.loads((out / "DONE").read_text())
    assert summary["clips"] == clips
    assert summary["last_run"]["clips"] == clips - len(before)
    assert before == {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in before}
    assert len(list(out.glob("faces/**/*.parquet"))) == clips


def test_a_killed_training_goes_on(two_nodes: TwoNodes, tmp_path: Path) -> None:
    rows, out = str(tmp_path / "rows"), tmp_path / "run"
    write_rows(rows, {"train": 8, "validation": 2, "test": 2}, size=96)
    changes = ["epochs=4", "batch.rows_per_epoch=192", "network.width=0.0625", "resources.workers=1"]
    job = two_nodes.start(*train(rows, str(out), changes))
    kept = out / "checkpoints" / "checkpoint_manager_snapshot.json"
    until(lambda: kept.exists() and "checkpoint_2" in kept.read_text())
    job.send_signal(signal.SIGKILL)
    job.wait()
    assert not (out / "DONE").exists()
    two_nodes.run(*train(rows, str(out), changes))
    history = pd.read_parquet(io.BytesIO((out / "metrics.parquet").read_bytes()))
    assert history["epoch"].tolist() == [0, 1, 2, 3]
    answer = json.loads((out / "DONE").read_text())
    assert answer["epochs"] == 4
    assert answer["begun"]["epoch"] >= 1
