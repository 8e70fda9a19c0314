"""Where Ray puts a training run on nodes with GPUs: declared ones, as no work is done on them."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ray.cluster_utils import Cluster

from tests.cluster.conftest import TwoNodes
from tests.made_rows import write_rows

pytestmark = [pytest.mark.ray, pytest.mark.cluster]


@pytest.fixture(scope="module")
def gpu_nodes() -> Iterator[TwoNodes]:
    """A head without GPUs, a node of two and a node of one, with more CPUs than any of the runs asks for."""
    store = 150 * 2**20
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 4, "num_gpus": 0, "object_store_memory": store})
    for gpus in (2, 1):
        cluster.add_node(num_cpus=4, num_gpus=gpus, object_store_memory=store)
    cluster.wait_for_nodes()
    yield TwoNodes(cluster.address)
    cluster.shutdown()


def told(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in folder.glob("*.json")]


def placed(gpu_nodes: TwoNodes, out: Path, *changes: str, rows: str = "") -> list[dict[str, Any]]:
    gpu_nodes.run("tests.cluster.placement", str(out), rows, *changes)
    return told(out / "workers")


def test_workers_share_gpus(gpu_nodes: TwoNodes, tmp_path: Path) -> None:
    found = placed(gpu_nodes, tmp_path, "resources.workers=4", "resources.gpus_per_worker=0.5")
    assert sorted(worker["rank"] for worker in found) == list(range(4))
    assert all(worker["resources"] == {"CPU": 1, "GPU": 0.5} for worker in found)
    on_gpu = Counter((worker["node"], *worker["gpus"]) for worker in found)
    assert all(len(gpu) == 2 for gpu in on_gpu), "a worker sees one GPU"
    assert set(on_gpu.values()) == {2}


def test_too_few_gpus_are_left_alone(gpu_nodes: TwoNodes, tmp_path: Path) -> None:
    found = placed(gpu_nodes, tmp_path, "resources.workers=4")
    assert len(found) == 4
    assert all(worker["gpus"] == [] and worker["resources"] == {"CPU": 1} for worker in found)


def test_reading_has_its_cpus_beside_the_gpus(gpu_nodes: TwoNodes, tmp_path: Path) -> None:
    rows = str(tmp_path / "rows")
    write_rows(rows, {"train": 8, "validation": 2}, size=96)
    changes = ["resources.workers=2", "resources.gpu=true", "resources.cpus_per_worker=2", "epochs=2", "batch.size=32"]
    workers = placed(gpu_nodes, tmp_path, *changes, "batch.window_groups=1", rows=rows)
    assert all(worker["resources"] == {"CPU": 2, "GPU": 1} for worker in workers)
    assert len({(worker["node"], *worker["gpus"]) for worker in workers}) == 2
    reads = told(tmp_path / "reads")
    assert {read["rank"] for read in reads} == {0, 1}
    assert all(read["resources"]["CPU"] == 1 and read["gpus"] == [] for read in reads)
    # Eight more CPUs are free: it is the workers' share, one each, that bounds how many read at a time.
    for rank in (0, 1):
        spans = sorted((read["began"], read["ended"]) for read in reads if read["rank"] == rank)
        assert len(spans) > 4
        assert all(ended <= began for (_, ended), (began, _) in pairwise(spans))
