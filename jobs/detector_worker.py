"""What each worker of a detector's training does: streams its part of every step through Ray Data, learns, reports."""

import math
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import ray
import torch
from ray import train
from ray.data import DataContext, ExecutionResources
from ray.train.torch import get_device

from affect import storage
from affect.detection.learning import DetectorLearner, Trained, begin_detector
from affect.detection.reading import Batch, DetectionPlan, read_step, sets_of
from affect.detection.settings import DetectorConfig
from affect.faces.ssh.files import save_ssh
from affect.training.history import write_history
from affect.training.loop import load_state, save_state
from affect.training.parallel import network_state, spread
from jobs.training_worker import log_to_stdout

WEIGHTS = "ssh.safetensors"
"""Of a run's folder the file that ``detector.weights`` takes."""


def stream_batches(config: DetectorConfig, rank: int, world: int, epoch: int, step: int) -> Iterable[Batch]:
    """One worker's part of the steps from (epoch, step) to the end, made ahead by Ray Data tasks, in order."""
    sets = sets_of(config)
    plan = DetectionPlan.of(config, sets)
    steps = plan.steps_per_epoch
    first, last = epoch * steps + step, config.epochs * steps
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


def work(setup: dict[str, Any]) -> dict[str, Any]:
    """The function that Ray Train runs on every worker; rank 0's answer is the run's."""
    log_to_stdout()
    config, out = DetectorConfig.parse(setup["config"]), setup["out"]
    context = train.get_context()
    rank, world = context.get_world_rank(), context.get_world_size()
    device = get_device()
    if device.type == "cpu":
        torch.set_num_threads(config.resources.threads)
    network = begin_detector(config).to(device)
    if config.compute.channels_last:
        network = network.to(memory_format=torch.channels_last)
    if config.compute.compile:
        network.compile()
    model = spread(Trained(network), "replicate")
    steps = DetectionPlan.of(config, sets_of(config)).steps_per_epoch

    def report(metrics: dict[str, Any], epoch_ended: bool) -> None:
        state = learner.state()
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = None
            if rank == 0:
                save_state(state, Path(folder))
                checkpoint = train.Checkpoint.from_directory(folder)
                if epoch_ended:
                    write_history(out, learner.history)
            train.report(metrics, checkpoint=checkpoint)

    learner = DetectorLearner(config, network, model, sets_of(config, validation=True), steps, report)
    start = train.get_checkpoint()
    if start is not None:
        with start.as_directory() as folder:
            learner.restore(load_state(Path(folder)))
    begun = {"epoch": learner.epoch, "step": learner.step}
    if learner.epoch < config.epochs:
        learner.run(stream_batches(config, rank, world, learner.epoch, learner.step))
    tensors = network_state(network)
    last = learner.history[-1]
    # Where no face was found there is no error of its landmarks.
    metrics = {name: value for name, value in last.items() if "/" in name and not math.isnan(value)}
    if rank == 0:
        synthetic = config.scenes is not None
        about = {"recipe": config.recipe, "settings": setup["config"], "metrics": metrics, "synthetic": synthetic}
        save_ssh(storage.join(out, WEIGHTS), network, tensors, about)
    return {"metrics": metrics, "epochs": learner.epoch, "workers": world, "begun": begun}
