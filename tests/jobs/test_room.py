"""How much a cluster has room for: nodes that are up, nodes that may be started, bundles that must fit one node."""

import os
from typing import Any

import pytest
from ray.train import ScalingConfig

from affect.errors import AffectError
from affect.training.settings import Resources
from jobs import room as room_module
from jobs.room import START_SECONDS, VARIABLE, Nodes, cluster_nodes, patience, processes, runs_at_a_time, scaling

FOUR_GPUS = [Nodes(1, {"CPU": 64, "GPU": 4})]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Any:
    def of(nodes: list[Nodes]) -> None:
        monkeypatch.setattr(room_module, "cluster_nodes", lambda: nodes)

    return of


@pytest.mark.parametrize(
    ("nodes", "resources", "runs"),
    [
        ([Nodes(1, {"CPU": 8})], Resources(workers=2), 2),
        ([Nodes(1, {"CPU": 8})], Resources(workers=1), 4),
        ([Nodes(1, {"CPU": 1})], Resources(workers=2), 1),
        (FOUR_GPUS, Resources(workers=2), 2),
        (FOUR_GPUS, Resources(workers=2, gpus_per_worker=0.5), 4),
        (FOUR_GPUS, Resources(workers=2, gpu=False), 16),
        ([Nodes(1, {"CPU": 64, "GPU": 1})], Resources(workers=2), 16),
    ],
)
def test_runs_at_a_time(cluster: Any, nodes: list[Nodes], resources: Resources, runs: int) -> None:
    cluster(nodes)
    assert runs_at_a_time(resources) == runs


@pytest.mark.parametrize(("cpus", "asked", "runs"), [(2, 2, 1), (3, 2, 2), (8, 2, 2), (8, 9, 7), (1, 1, 1)])
def test_so_many_as_are_asked_for_leave_one_for_reading(cluster: Any, cpus: int, asked: int, runs: int) -> None:
    cluster([Nodes(1, {"CPU": cpus})])
    assert runs_at_a_time(Resources(), asked) == runs


@pytest.mark.parametrize(
    ("nodes", "resources", "workers", "bundle"),
    [
        (FOUR_GPUS, Resources(workers=4), 4, {"CPU": 1, "GPU": 1}),
        (FOUR_GPUS, Resources(workers=8, gpus_per_worker=0.5), 8, {"CPU": 1, "GPU": 0.5}),
        (FOUR_GPUS, Resources(workers=8), 8, {"CPU": 1}),  # too few GPUs for auto
        (FOUR_GPUS, Resources(workers=8, min_workers=2, gpu=True), (2, 8), {"CPU": 1, "GPU": 1}),
        # A head without CPUs and nodes that are not up yet.
        ([Nodes(1, {"CPU": 0}), Nodes(4, {"CPU": 8, "GPU": 1})], Resources(workers=4), 4, {"CPU": 1, "GPU": 1}),
    ],
)
def test_what_a_run_asks_for(
    cluster: Any, nodes: list[Nodes], resources: Resources, workers: Any, bundle: dict[str, float]
) -> None:
    cluster(nodes)
    asked = scaling(resources)
    assert (asked.num_workers, asked.resources_per_worker) == (workers, bundle)
    assert asked.use_gpu == ("GPU" in bundle)


@pytest.mark.parametrize(
    ("nodes", "resources", "told"),
    [
        ([Nodes(2, {"CPU": 4})], Resources(workers=9), r"9 workers of 1 CPUs and 0 GPUs.*2 of 4 CPUs"),
        # Enough in all, on no node enough.
        ([Nodes(4, {"CPU": 2})], Resources(workers=1, cpus_per_worker=4), r"1 workers of 4 CPUs.*4 of 2 CPUs"),
        ([Nodes(1, {"CPU": 4})], Resources(workers=4), r"4 CPUs for reading"),
        (FOUR_GPUS, Resources(workers=8, gpu=True), r"1 of 64 CPUs and 4 GPUs"),
        (FOUR_GPUS, Resources(workers=8, min_workers=5, gpu=True), "5 workers"),
    ],
)
def test_what_does_not_fit_is_told(cluster: Any, nodes: list[Nodes], resources: Resources, told: str) -> None:
    cluster(nodes)
    with pytest.raises(AffectError, match=told):
        scaling(resources)


def test_nodes_that_are_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    up = [
        {"Alive": True, "Resources": {"CPU": 4.0}},
        {"Alive": True, "Resources": {"CPU": 4.0}},
        {"Alive": True, "Resources": {"CPU": 8.0, "GPU": 2.0}},
        {"Alive": False, "Resources": {"CPU": 4.0}},
    ]
    monkeypatch.setattr(room_module.ray, "nodes", lambda: up)
    assert cluster_nodes() == [Nodes(2, {"CPU": 4, "GPU": 0}), Nodes(1, {"CPU": 8, "GPU": 2})]


def test_nodes_that_may_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, " 8xCPU=8,GPU=1  2xCPU=16 ")
    assert cluster_nodes() == [Nodes(8, {"CPU": 8, "GPU": 1}), Nodes(2, {"CPU": 16})]


@pytest.mark.parametrize("declared", ["8", "CPU=8", "8xCPU", "8xCPU=many", "manyxCPU=8"])
def test_nodes_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, declared: str) -> None:
    monkeypatch.setenv(VARIABLE, declared)
    with pytest.raises(AffectError, match=f"{VARIABLE}={declared} is not of the form"):
        cluster_nodes()


@pytest.mark.parametrize(
    ("up", "nodes", "expected"),
    [
        (0, [], 1),
        (4, [Nodes(1, {"CPU": 4})], 4),
        (12, [Nodes(1, {"CPU": 4}), Nodes(1, {"CPU": 8, "GPU": 1})], 12),
        (0, [Nodes(8, {"CPU": 16}), Nodes(10, {"CPU": 8, "GPU": 1})], 128),
    ],
    ids=["nothing", "one node", "GPU nodes that are up", "nodes that may be started"],
)
def test_processes(cluster: Any, monkeypatch: pytest.MonkeyPatch, up: int, nodes: list[Nodes], expected: int) -> None:
    cluster(nodes)
    monkeypatch.setattr(room_module.ray, "cluster_resources", lambda: {"CPU": float(up)} if up else {})
    assert processes() == expected


@pytest.mark.parametrize(
    ("workers", "given", "waits"), [(2, "1800", "1800"), ((1, 2), "1800", "60"), ((1, 2), "30", "30")]
)
def test_an_elastic_run_does_not_wait_for_nodes_that_are_lost(
    monkeypatch: pytest.MonkeyPatch, workers: Any, given: str, waits: str
) -> None:
    monkeypatch.setenv(START_SECONDS, given)
    with patience(ScalingConfig(num_workers=workers)):
        assert os.environ[START_SECONDS] == waits
    assert os.environ[START_SECONDS] == given
