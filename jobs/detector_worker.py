"""What each worker of a detector's training does: learns from the steps it streams, reports checkpoints."""

import math
from typing import Any

import torch
from ray import train
from ray.train.torch import get_device

from affect import storage
from affect.detection.learning import DetectorLearner, Trained, begin_detector
from affect.detection.reading import DetectionPlan, sets_of
from affect.detection.settings import DetectorConfig
from affect.faces.ssh.files import WEIGHTS, save_ssh
from affect.training.parallel import network_state, spread
from jobs.detector_steps import stream_batches
from jobs.worker import go_on, log_to_stdout, report, set_up_cpu


def work(setup: dict[str, Any]) -> dict[str, Any]:
    """The function that Ray Train runs on every worker; rank 0's answer is the run's."""
    try:
        return _work(setup)
    finally:
        torch.set_flush_denormal(False)  # of the whole process, which in local mode is the caller's own


def _work(setup: dict[str, Any]) -> dict[str, Any]:
    log_to_stdout()
    config, out = DetectorConfig.parse(setup["config"]), setup["out"]
    context = train.get_context()
    rank, world = context.get_world_rank(), context.get_world_size()
    device = get_device()
    if device.type == "cpu":
        set_up_cpu(config.resources.threads)
    network = begin_detector(config).to(device)
    if config.compute.channels_last:
        network = network.to(memory_format=torch.channels_last)
    if config.compute.compile:
        network.compile()
    model = spread(Trained(network), "replicate")
    steps = DetectionPlan.of(config, sets_of(config)).steps_per_epoch
    learner = DetectorLearner(
        config,
        network,
        model,
        sets_of(config, validation=True),
        steps,
        lambda metrics, epoch_ended: report(learner, out, metrics, epoch_ended=epoch_ended),
    )
    begun = go_on(learner)
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
