"""The preprocess job on two Ray nodes: a killed one goes on where it was."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster.conftest import TwoNodes

pytestmark = [pytest.mark.ray, pytest.mark.cluster]


def train(rows: str, out: str, changes: list[str]) -> list[str]:
    sets = [word for change in changes for word in ("--set", change)]
    return ["jobs.train", "sample/mt-vgg", "--data", rows, "--out", out, *sets]


def until(what: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


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
