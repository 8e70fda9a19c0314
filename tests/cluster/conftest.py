"""A Ray cluster of two nodes, and jobs run on it as a user runs them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from affect.corpora.sample import SampleSettings, plan, write_clip, write_index
from jobs.room import START_SECONDS

PROJECT = Path(__file__).parents[2]


class TwoNodes:
    """Jobs sent to ``address``."""

    def __init__(self, address: str) -> None:
        self.address = address

    def start(self, *arguments: str, start_seconds: int = 180) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=PROJECT,
            # Ray's own minute may not do for the imports of several workers on few cores.
            env=os.environ | {"RAY_ADDRESS": self.address, START_SECONDS: str(start_seconds)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> None:
        job = self.start(*arguments)
        output, _ = job.communicate()
        assert job.returncode == 0, output[-5000:]


@pytest.fixture(scope="module")
def two_nodes() -> Iterator[TwoNodes]:
    """Two nodes of three logical CPUs each: neither can hold two workers of two CPUs, nor six processes."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 3, "object_store_memory": 150 * 2**20})
    cluster.add_node(num_cpus=3, object_store_memory=150 * 2**20)
    cluster.wait_for_nodes()
    yield TwoNodes(cluster.address)
    cluster.shutdown()


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, int]:
    """A sample corpus of one-second clips, and how many clips it has."""
    corpus = str(tmp_path_factory.mktemp("corpus"))
    settings = SampleSettings(people=8, clips=10, seconds=1.0)
    write_index(corpus, settings)
    clips = plan(settings)
    for clip in clips:
        write_clip(clip, corpus)
    return corpus, len(clips)
