"""The preprocess and train jobs on a Ray cluster of two nodes, as a user runs them, with work on both."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from affect.corpora.sample import SampleSettings, plan, write_clip, write_index

PROJECT = Path(__file__).parents[2]

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Two nodes of three logical CPUs each: neither can hold two workers and what feeds them."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 3, "object_store_memory": 150 * 2**20})
    cluster.add_node(num_cpus=3, object_store_memory=150 * 2**20)
    cluster.wait_for_nodes()
    yield cluster.address
    cluster.shutdown()


def job(address: str, *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=PROJECT,
        env=os.environ | {"RAY_ADDRESS": address},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return result.stdout


def test_both_nodes_work(address: str, tmp_path: Path) -> None:
    corpus, rows, run = (str(tmp_path / name) for name in ("corpus", "rows", "run"))
    settings = SampleSettings(people=8, clips=8, seconds=1.0)
    write_index(corpus, settings)
    for clip in plan(settings):
        write_clip(clip, corpus)
    job(address, "jobs.preprocess", "sample", "--root", corpus, "--out", rows, "--set", "detector.size=320")
    summary = json.loads((tmp_path / "rows" / "DONE").read_text())
    assert summary["clips"] == len(plan(settings))
    assert summary["last_run"]["nodes"] == 2
    changes = ["batch.rows_per_epoch=96", "epochs=1", "resources.cpus_per_worker=2", "network.width=0.0625"]
    sets = [word for change in changes for word in ("--set", change)]
    job(address, "jobs.train", "sample/mt-vgg", "--data", rows, "--out", run, *sets)
    answer = json.loads((tmp_path / "run" / "DONE").read_text())
    assert answer["workers"] == 2
    assert answer["nodes"] == 2
