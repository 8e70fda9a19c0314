"""The steps of a detector's training as Ray Data makes them; its tasks load this and no more than they need."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import ray
from ray.data import DataContext, ExecutionResources

from affect.detection.reading import Batch, DetectionPlan, read_step, sets_of
from affect.detection.settings import DetectorConfig


def stream_batches(config: DetectorConfig, rank: int, world: int, epoch: int, step: int) -> Iterable[Batch]:
    """One worker's part of the steps from (epoch, step) to the end of the run, made ahead by Ray Data tasks, in order.

    With ``resources.data_cpus_per_worker`` 0 the worker makes them by itself, each when it comes to it.
    """
    sets = sets_of(config)
    plan = DetectionPlan.of(config, sets)
    steps = plan.steps_per_epoch
    first, last = epoch * steps + step, config.epochs * steps
    if not config.resources.data_cpus_per_worker:
        for number in range(first, last):
            yield read_step(config, plan, sets, divmod(number, steps), (rank, world))
        return
    shared = ray.put((config, plan, sets))

    def read(batch: dict[str, Any]) -> dict[str, Any]:
        import cv2  # noqa: PLC0415 - in the task

        cv2.setNumThreads(1)
        number = first + int(batch["id"][0])
        config, plan, sets = ray.get(shared)
        made = read_step(config, plan, sets, divmod(number, steps), (rank, world))
        return {name: values[None] for name, values in made.items()}

    context = DataContext.get_current()
    context.enable_progress_bars = False
    dataset = ray.data.range(last - first, override_num_blocks=max(1, last - first)).map_batches(read, batch_size=None)
    options = dataset.context.execution_options
    options.preserve_order = True
    options.resource_limits = ExecutionResources(cpu=config.resources.data_cpus_per_worker)
    for batch in dataset.iterator().iter_batches(batch_size=1, prefetch_batches=2):
        yield {name: np.asarray(values[0]) for name, values in batch.items()}
