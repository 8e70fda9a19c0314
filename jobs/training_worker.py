"""What each Ray Train worker does: streams its part of every step through Ray Data, learns, reports checkpoints."""

import contextlib
import logging
import random
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import ray
import torch
from ray import train
from ray.data import DataContext, ExecutionResources
from ray.data.collate_fn import ArrowBatchCollateFn
from ray.train.torch import get_device, prepare_model
from torch import distributed

from affect import storage
from affect.models.files import ModelDescription, TrainingData, save_model
from affect.training.batches import Collate, Step
from affect.training.beginning import begin
from affect.training.loop import Learner, score, write_history
from affect.training.reading import Course
from affect.training.settings import TrainConfig
from jobs.followers import make_followers

logger = logging.getLogger("affect.training")

BLOCK_BYTES = 32 * 2**20


class _Collate(ArrowBatchCollateFn):
    def __init__(self, config: TrainConfig) -> None:
        self.collate = Collate(config.network.input_size, config.network.takes, config.augmentation, config.seed)

    def __call__(self, batch: pa.Table) -> Step:
        return self.collate(batch)


def stream_steps(
    course: ray.ObjectRef, config: TrainConfig, rank: int, world: int, epoch: int, step: int
) -> Iterable[Step]:
    """The steps of one worker from (epoch, step) to the end of the run, read ahead by Ray Data tasks, in order."""
    reads = ray.get(course).reads(world, epoch, step)
    planned = ray.put(reads)

    def read(batch: pa.Table) -> pa.Table:
        number = batch["id"][0].as_py()
        return ray.get(course).read(ray.get(planned)[number], rank, world)

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.target_max_block_size = BLOCK_BYTES
    dataset = ray.data.range(len(reads), override_num_blocks=len(reads)).map_batches(
        read, batch_size=None, batch_format="pyarrow"
    )
    options = dataset.context.execution_options
    options.preserve_order = True
    options.resource_limits = ExecutionResources(cpu=config.resources.data_cpus_per_worker)
    steps: Iterable[Step] = dataset.iterator().iter_torch_batches(
        batch_size=1, prefetch_batches=2, collate_fn=_Collate(config), device="cpu"
    )
    return steps


def work(setup: dict[str, Any]) -> dict[str, Any]:
    """The function that Ray Train runs on every worker; rank 0's answer is the run's."""
    _log_to_stdout()
    config = TrainConfig.parse(setup["config"])
    out, course_ref = setup["out"], setup["course"]
    course: Course = ray.get(course_ref)
    context = train.get_context()
    rank, world = context.get_world_rank(), context.get_world_size()
    if get_device().type == "cpu":
        torch.set_num_threads(config.resources.threads)
    random.seed(config.seed)
    np.random.seed(config.seed)  # noqa: NPY002 - libraries may still draw from it
    torch.manual_seed(config.seed)
    # As the pictures arrive; a sixth to a third faster on a CPU than the other layout.
    network = begin(config).to(memory_format=torch.channels_last)
    model = prepare_model(network)
    torch.manual_seed(config.seed * 1009 + rank)

    def report(metrics: dict[str, Any], epoch_ended: bool) -> None:
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = None
            if rank == 0:
                learner.save(Path(folder))
                checkpoint = train.Checkpoint.from_directory(folder)
                if epoch_ended:
                    write_history(storage.join(out, "metrics.parquet"), learner.history)
            train.report(metrics, checkpoint=checkpoint)

    followers = make_followers(config, out, rank)
    learner = Learner(config, network, model, get_device(), course.train.steps_per_epoch, report, followers)
    start = train.get_checkpoint()
    if start is not None:
        with start.as_directory() as folder:
            learner.restore(Path(folder))
        logger.info("going on from epoch %d, step %d", learner.epoch + 1, learner.step + 1)
    begun = {"epoch": learner.epoch, "step": learner.step}
    with contextlib.ExitStack() as ending:
        for follower in followers:
            ending.callback(follower.close)
        learner.run(stream_steps(course_ref, config, rank, world, learner.epoch, learner.step))
    results = {phase: metrics.compute() for phase, metrics in learner.results.items()}
    for metrics in results.values():
        metrics["score"] = score(metrics)
    if "validation" not in results:  # the last epoch's was measured before this worker started
        results["validation"] = {key: value for key, value in learner.history[-1].items() if isinstance(value, float)}
    if rank == 0:
        description = ModelDescription(
            network=config.network,
            preprocessing=course.train.index.preprocessing,
            recipe=config.recipe,
            settings=config.model_dump(mode="json"),
            data=tuple(
                TrainingData(corpus=name, fingerprint=fingerprint, synthetic=synthetic)
                for name, fingerprint, synthetic in course.train.index.corpora
            ),
            metrics={f"{phase}/{name}": value for phase, metrics in results.items() for name, value in metrics.items()},
        )
        save_model(storage.join(out, "model"), network, description)
    confusion = {
        phase: metrics.confusion.tolist() for phase, metrics in learner.results.items() if metrics.confusion is not None
    }
    nodes: list[Any] = [ray.get_runtime_context().get_node_id()] * world
    if distributed.is_initialized():
        distributed.all_gather_object(nodes, nodes[0])
    return {
        "metrics": results,
        "confusion": confusion,
        "epochs": learner.epoch,
        "workers": world,
        "nodes": len(set(nodes)),
        "begun": begun,
    }


def _log_to_stdout() -> None:
    """Workers' lines reach the driver through their standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("affect")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
    logging.getLogger().setLevel(logging.WARNING)  # Ray would tell every report on every worker
