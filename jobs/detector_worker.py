"""What each worker of a detector's training does: learns from the steps it streams, reports checkpoints."""

import math
import tempfile
from pathlib import Path
from typing import Any

import torch
from ray import train
from ray.train.torch import get_device

from affect import storage
from affect.detection.learning import DetectorLearner, Trained, begin_detector
from affect.detection.reading import DetectionPlan, sets_of
from affect.detection.settings import DetectorConfig
from affect.faces.ssh.files import WEIGHTS, save_ssh
from affect.training.history import write_history
from affect.training.loop import load_state, save_state
from affect.training.parallel import network_state, spread
from jobs.detector_steps import stream_batches
from jobs.training_worker import log_to_stdout


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
