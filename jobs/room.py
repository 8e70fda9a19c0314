"""What a training run asks of the cluster, and how much room the cluster has for it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import ray
from ray._private.state import state as ray_state
from ray.train import ScalingConfig

from affect.errors import AffectError
from affect.training.settings import Resources


@dataclass(frozen=True)
class Nodes:
    """``count`` nodes that are alike, or may be started: each with ``resources``."""

    count: float
    resources: Mapping[str, float]

    def fit(self, bundle: Mapping[str, float]) -> float:
        """How many times ``bundle``, which cannot be split between nodes, fits into them together."""
        each = min(self.resources.get(name, 0) // amount for name, amount in bundle.items() if amount)
        return self.count * each if each else 0

    def __str__(self) -> str:
        held = f"{self.resources.get('CPU', 0):g} CPUs and {self.resources.get('GPU', 0):g} GPUs"
        return f"any number of nodes of {held}" if math.isinf(self.count) else f"{self.count:g} of {held}"


def cluster_nodes() -> list[Nodes]:
    """The nodes of the cluster: where it scales by itself those that it may start, else those that are up."""
    config = ray_state.get_cluster_config()
    if config is not None and config.node_group_configs:
        return [
            Nodes(math.inf if group.max_count < 0 else max(group.max_count, group.min_count), dict(group.resources))
            for group in config.node_group_configs
        ]
    alike: dict[tuple[float, float], int] = {}
    for node in ray.nodes():
        if node["Alive"]:
            held = node["Resources"].get("CPU", 0.0), node["Resources"].get("GPU", 0.0)
            alike[held] = alike.get(held, 0) + 1
    return [Nodes(count, {"CPU": cpus, "GPU": gpus}) for (cpus, gpus), count in alike.items()]


def uses_gpu(resources: Resources, nodes: list[Nodes]) -> bool:
    """Whether the workers get GPUs: as asked, or with auto where there are enough."""
    if resources.gpu != "auto":
        return resources.gpu
    return room(_bundle(resources, gpu=True), nodes) >= resources.workers


def scaling(resources: Resources) -> ScalingConfig:
    """Workers and what each asks for; AffectError when the cluster cannot give it, naming both."""
    nodes = cluster_nodes()
    gpu = uses_gpu(resources, nodes)
    bundle = _bundle(resources, gpu=gpu)
    fewest = resources.min_workers or resources.workers
    found, reading = room(bundle, nodes), fewest * resources.data_cpus_per_worker
    if found < fewest or _cpus(nodes) < fewest * resources.cpus_per_worker + reading:
        raise AffectError(
            f"the run asks for {fewest} workers of {bundle['CPU']:g} CPUs and {bundle.get('GPU', 0):g} GPUs, each on "
            f"one node, and {reading:g} CPUs for reading beside them; the cluster has {', '.join(map(str, nodes))}. "
            "Lower resources.workers, resources.cpus_per_worker or resources.data_cpus_per_worker, or add nodes"
        )
    return ScalingConfig(
        num_workers=(fewest, resources.workers) if fewest < resources.workers else resources.workers,
        use_gpu=gpu,
        resources_per_worker=bundle,
    )


def runs_at_a_time(resources: Resources) -> int:
    """How many runs with ``resources`` the cluster has room for at a time, at least one."""
    nodes = cluster_nodes()
    gpu = uses_gpu(resources, nodes)
    by_cpus = _cpus(nodes) / (resources.workers * (resources.cpus_per_worker + resources.data_cpus_per_worker))
    by_workers = room(_bundle(resources, gpu=gpu), nodes) / resources.workers
    return max(1, int(min(by_cpus, by_workers, MOST_AT_A_TIME)))


MOST_AT_A_TIME = 64
"""Of runs in a cluster that may grow without limit."""


def room(bundle: Mapping[str, float], nodes: list[Nodes]) -> float:
    """How many times ``bundle`` fits into ``nodes``."""
    return sum(group.fit(bundle) for group in nodes)


def _cpus(nodes: list[Nodes]) -> float:
    return room({"CPU": 1}, nodes)


def _bundle(resources: Resources, *, gpu: bool) -> dict[str, float]:
    return {"CPU": resources.cpus_per_worker} | ({"GPU": resources.gpus_per_worker} if gpu else {})
