"""What clusters do to long runs: nodes that come and go, reclaimed nodes, full disks, storage that vanishes."""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from ray.cluster_utils import Cluster

from affect import storage
from tests.cluster.conftest import TwoNodes
from tests.cluster.test_two_nodes import train, until
from tests.made_rows import write_rows
from tests.s3_server import s3_server

pytestmark = [pytest.mark.ray, pytest.mark.cluster]

LONG = ["epochs=6", "batch.size=32", "batch.rows_per_epoch=640", "network.width=0.0625"]
ONE = "resources.workers=1"


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("rows"))
    write_rows(folder, {"train": 8, "validation": 2}, size=96)
    return folder


@pytest.fixture(scope="module")
def changing() -> Iterator[tuple[Cluster, TwoNodes]]:
    """A cluster whose head runs the drivers; the tests add and take away the nodes that work."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 150 * 2**20})
    yield cluster, TwoNodes(cluster.address)
    cluster.shutdown()


def steps_kept(out: Path) -> Callable[[], bool]:
    """Whether a checkpoint has been kept, and the run's controller knows of it."""
    kept = out / "checkpoints" / "checkpoint_manager_snapshot.json"
    return lambda: kept.exists() and "checkpoint_2" in kept.read_text()


def test_an_elastic_run_takes_in_a_node_and_goes_on_without_another(
    changing: tuple[Cluster, TwoNodes], rows: str, tmp_path: Path
) -> None:
    cluster, jobs = changing
    first = cluster.add_node(num_cpus=2, object_store_memory=150 * 2**20)
    cluster.wait_for_nodes()
    out = tmp_path / "run"
    elastic = ["resources.workers=2", "resources.min_workers=1", "resources.grow_seconds=5"]
    room = ["resources.cpus_per_worker=2", "resources.data_cpus_per_worker=0.5"]
    changes = [*LONG, *elastic, *room, "epochs=12", "checkpoint_steps=5"]
    job = jobs.start(*train(rows, str(out), changes), start_seconds=30)
    assert job.stdout is not None
    until(steps_kept(out))
    second = cluster.add_node(num_cpus=2, object_store_memory=150 * 2**20)
    assert any("with 2 workers" in line for line in job.stdout)
    cluster.remove_node(first, allow_graceful=False)
    output, _ = job.communicate(timeout=280)
    assert job.returncode == 0, output[-4000:]
    answer = json.loads((out / "DONE").read_text())
    assert (answer["workers"], answer["epochs"]) == (1, 12)
    assert answer["begun"] != {"epoch": 0, "step": 0}
    history = pd.read_parquet(io.BytesIO((out / "metrics.parquet").read_bytes()))
    assert history["epoch"].tolist() == list(range(12))
    cluster.remove_node(second, allow_graceful=False)


def test_a_checkpoint_is_kept_before_a_reclaimed_node_goes(
    changing: tuple[Cluster, TwoNodes], rows: str, tmp_path: Path
) -> None:
    cluster, jobs = changing
    node = cluster.add_node(num_cpus=2, object_store_memory=150 * 2**20)
    cluster.wait_for_nodes()
    out = tmp_path / "run"
    changes = ["epochs=2", "batch.size=16", "batch.rows_per_epoch=6400", "network.width=0.0625", ONE]
    job = jobs.start(
        *train(rows, str(out), [*changes, "checkpoint_steps=null", "resources.cpus_per_worker=2",
                                "resources.data_cpus_per_worker=0.5"])
    )  # fmt: skip
    assert job.stdout is not None
    assert any("epoch 1/2 step" in line for line in job.stdout)  # until the first line that tells of a step
    assert not steps_kept(out)()
    drain = [str(Path(sys.executable).parent / "ray"), "drain-node", "--address", cluster.address,
             "--node-id", node.node_id, "--reason", "DRAIN_NODE_REASON_PREEMPTION",
             "--reason-message", "spot", "--deadline-remaining-seconds", "600"]  # fmt: skip
    subprocess.run(drain, check=True, capture_output=True)
    assert any("about to be taken away" in line for line in job.stdout)  # Ray may bring it after the checkpoint
    until(steps_kept(out))
    assert job.poll() is None
    job.kill()
    job.communicate()
    cluster.remove_node(node, allow_graceful=False)


def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_room(
    two_nodes: TwoNodes, rows: str, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=True)
    try:
        arguments = train(rows, str(disk / "run"), [*LONG, ONE, "epochs=2"])
        job = two_nodes.start(*arguments)
        output, _ = job.communicate()
        assert job.returncode == 2, output[-4000:]
        assert "no space is left" in output
        subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
        two_nodes.run(*arguments)
        assert (disk / "run" / "DONE").exists()
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_an_s3_that_vanishes_is_told_and_the_run_goes_on_when_it_is_back(tmp_path: Path) -> None:
    with s3_server(tmp_path) as server:
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 3, "object_store_memory": 150 * 2**20})
        try:
            rows, out = f"{server.bucket}/rows", f"{server.bucket}/run"
            write_rows(rows, {"train": 8, "validation": 2}, size=96)
            arguments = train(rows, out, [*LONG, ONE, "resources.max_failures=0", "checkpoint_steps=5"])
            job = TwoNodes(cluster.address).start(*arguments)
            kept = f"{out}/checkpoints/checkpoint_manager_snapshot.json"
            until(lambda: storage.exists(kept) and "checkpoint_2" in storage.read_text(kept))
            server.kill()
            output, _ = job.communicate(timeout=280)
            assert job.returncode == 2, output[-4000:]
            assert "the storage does not answer" in output
            assert "the same command goes on" in " ".join(output.split())
            server.start()
            TwoNodes(cluster.address).run(*arguments)
            answer = json.loads(storage.read_text(f"{out}/DONE"))
            assert answer["begun"] != {"epoch": 0, "step": 0}
            history = pd.read_parquet(io.BytesIO(storage.read_bytes(f"{out}/metrics.parquet")))
            assert history["epoch"].tolist() == list(range(6))
        finally:
            cluster.shutdown()
