"""What a training run asks of the cluster, and how much room the cluster has for it."""

import contextlib
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import ray
from ray.train import ScalingConfig

from affect.errors import AffectError
from affect.training.settings import Resources

logger = logging.getLogger("affect")

VARIABLE = "AFFECT_CLUSTER_NODES"
"""Set where jobs' drivers run, as in ``8xCPU=16 4xCPU=8,GPU=1``: the nodes that there can be.

Ray's autoscalers do not tell; a cluster that starts from zero would otherwise seem to have no room.
"""

START_SECONDS = "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S"
"""Ray's variable for how long a trainer waits for its workers."""
ELASTIC_SECONDS = 60


@dataclass(frozen=True)
class Nodes:
    """``count`` nodes that are alike, or may be started: each with ``resources``."""

    count: int
    resources: Mapping[str, float]

    def fit(self, bundle: Mapping[str, float]) -> float:
        """How many times ``bundle``, which cannot be split between nodes, fits into them together."""
        each = min(self.resources.get(name, 0) // amount for name, amount in bundle.items() if amount)
        return self.count * each

    def __str__(self) -> str:
        return f"{self.count} of {self.resources.get('CPU', 0):g} CPUs and {self.resources.get('GPU', 0):g} GPUs"


def cluster_nodes() -> list[Nodes]:
    """The nodes of the cluster: those that it may start, where VARIABLE tells of them, else those that are up.

    Raises AffectError where VARIABLE cannot be read.
    """
    declared = os.environ.get(VARIABLE, "")
    if declared.strip():
        return [_read(kind, declared) for kind in declared.split()]
    alike: dict[tuple[float, float], int] = {}
    for node in ray.nodes():
        if node["Alive"]:
            held = node["Resources"].get("CPU", 0.0), node["Resources"].get("GPU", 0.0)
            alike[held] = alike.get(held, 0) + 1
    return [Nodes(count, {"CPU": cpus, "GPU": gpus}) for (cpus, gpus), count in alike.items()]


def _read(kind: str, whole: str) -> Nodes:
    try:
        count, _, held = kind.partition("x")
        pairs = (pair.split("=") for pair in held.split(","))
        return Nodes(int(count), {name: float(amount) for name, amount in pairs})
    except ValueError as error:
        raise AffectError(f"{VARIABLE}={whole} is not of the form 8xCPU=16 4xCPU=8,GPU=1") from error


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
        elastic_resize_monitor_interval_s=resources.grow_seconds,
    )


@contextlib.contextmanager
def patience(asked: ScalingConfig) -> Iterator[None]:
    """How long trainers that are begun within it wait for their workers to start.

    As long as the cluster's environment says; but an elastic run starts on nodes that are there, and may take one for
    alive that has just been lost: a minute later, or sooner, it is to try again with those that are left.
    """
    before = os.environ.get(START_SECONDS)
    if isinstance(asked.num_workers, tuple):
        os.environ[START_SECONDS] = str(min(ELASTIC_SECONDS, int(before or ELASTIC_SECONDS)))
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(START_SECONDS, None)
        else:
            os.environ[START_SECONDS] = before


def runs_at_a_time(resources: Resources, asked: int | None = None) -> int:
    """How many runs with ``resources`` the cluster has room for at a time, at least one.

    As many as leave CPUs for the reading of each, or as many as are ``asked`` for, if any CPU is left for reading:
    where workers hold all of them nothing is ever read, and the runs wait for ever.
    """
    nodes = cluster_nodes()
    gpu = uses_gpu(resources, nodes)
    held_by_one = resources.workers * resources.cpus_per_worker
    reading = resources.data_cpus_per_worker
    by_cpus = _cpus(nodes) / (held_by_one + resources.workers * reading)
    if asked is not None:
        by_cpus = (_cpus(nodes) - reading) / held_by_one
    by_workers = room(_bundle(resources, gpu=gpu), nodes) / resources.workers
    most = max(1, int(min(by_cpus, by_workers)))
    if asked is not None and asked > most:
        logger.warning("%d runs at a time are asked for; the cluster has room for %d", asked, most)
    return most if asked is None else min(asked, most)


def held(resources: Resources) -> tuple[float, float]:
    """CPUs and GPUs that the workers of a run hold; what reads beside them is not counted."""
    gpu = uses_gpu(resources, [] if resources.gpu != "auto" else cluster_nodes())
    bundle = _bundle(resources, gpu=gpu)
    return resources.workers * bundle["CPU"], resources.workers * bundle.get("GPU", 0.0)


def processes() -> int:
    """Processes of one CPU each that the cluster has room for, at least one.

    Of nodes that may be started only those without GPUs count, so that none is started for its CPUs alone.
    """
    without = [node for node in cluster_nodes() if not node.resources.get("GPU")]
    return max(1, int(ray.cluster_resources().get("CPU", 0)), int(_cpus(without)))


def room(bundle: Mapping[str, float], nodes: list[Nodes]) -> float:
    """How many times ``bundle`` fits into ``nodes``."""
    return sum(group.fit(bundle) for group in nodes)


def _cpus(nodes: list[Nodes]) -> float:
    return room({"CPU": 1}, nodes)


def _bundle(resources: Resources, *, gpu: bool) -> dict[str, float]:
    return {"CPU": resources.cpus_per_worker} | ({"GPU": resources.gpus_per_worker} if gpu else {})
