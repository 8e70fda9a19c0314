"""What each Ray Train worker does: streams its part of every step through Ray Data, learns, reports checkpoints."""

import contextlib
import logging
import random
from typing import Any

import numpy as np
import ray
import torch
from ray import train
from ray.train.torch import get_device, prepare_model

from affect import storage
from affect.errors import AffectError
from affect.evaluation.examples import examples_of
from affect.models.files import ModelDescription, TrainingData, save_model
from affect.networks import Network
from affect.objectives.world import of_all
from affect.training.beginning import begin
from affect.training.following import Followed
from affect.training.loop import Learner, score
from affect.training.not_finite import NotFiniteError, save_batch
from affect.training.parallel import network_state, spread
from affect.training.reading import Course
from affect.training.settings import TrainConfig
from jobs.followers import make_followers
from jobs.training_steps import stream_steps
from jobs.worker import go_on, log_to_stdout, report, set_up_cpu

logger = logging.getLogger("affect.training")


def work(setup: dict[str, Any]) -> dict[str, Any]:
    """The function that Ray Train runs on every worker; rank 0's answer is the run's."""
    try:
        return _work(setup)
    finally:
        torch.set_flush_denormal(False)  # of the whole process, which in local mode is the caller's own


def _work(setup: dict[str, Any]) -> dict[str, Any]:
    log_to_stdout()
    config = TrainConfig.parse(setup["config"])
    out, course_ref = setup["out"], setup["course"]
    course: Course = ray.get(course_ref)
    context = train.get_context()
    rank, world = context.get_world_rank(), context.get_world_size()
    network, model = build(config)
    run = Followed(config, out, course.train.steps_per_epoch, world, course.train.index.corpora)
    followers = make_followers(run, rank)
    learner = Learner(
        config,
        network,
        model,
        get_device(),
        course.train.steps_per_epoch,
        lambda metrics, epoch_ended: report(learner, out, metrics, epoch_ended=epoch_ended),
        followers,
        new_examples=examples_of(config, course.passes["validation", False].index),
        leaving=lambda: train.get_preemption_info() is not None,
    )
    begun = go_on(learner)
    with contextlib.ExitStack() as ending:
        for follower in followers:
            ending.callback(follower.close)
        try:
            learner.run(stream_steps(course_ref, config, rank, world, learner.epoch, learner.step))
        except NotFiniteError as error:
            saved = save_batch(storage.join(out, "not-finite"), error, rank)
            # Without its frames, which would keep the reading of further steps open as long as it is looked at.
            raise AffectError(f"{error}; the batch is kept in {saved}") from error.with_traceback(None)
    results = {phase: metrics.compute() for phase, metrics in learner.results.items()}
    for metrics in results.values():
        metrics["score"] = score(metrics)
    if "validation" not in results:  # the last epoch's was measured before this worker started
        results["validation"] = {key: value for key, value in learner.history[-1].items() if isinstance(value, float)}
    _save_model(learner, course, results, out)
    confusion = {
        phase: metrics.confusion.tolist() for phase, metrics in learner.results.items() if metrics.confusion is not None
    }
    nodes = of_all(ray.get_runtime_context().get_node_id())
    return {
        "metrics": results,
        "confusion": confusion,
        "epochs": learner.epoch,
        "workers": world,
        "nodes": len(set(nodes)),
        "begun": begun,
    }


def build(config: TrainConfig) -> tuple[Network, torch.nn.Module]:
    """The network a run begins with, on its device, and what to call of it in training."""
    device = get_device()
    if device.type == "cpu":
        set_up_cpu(config.resources.threads)
    random.seed(config.seed)
    np.random.seed(config.seed)  # noqa: NPY002 - libraries may still draw from it
    torch.manual_seed(config.seed)
    # Only plain memory can be shared out.
    last = config.compute.channels_last and config.compute.parallel == "replicate"
    layout = torch.channels_last if last else torch.contiguous_format
    network = begin(config).to(memory_format=layout)
    network = prepare_model(network, parallel_strategy=None)
    if config.compute.compile:
        network.compile()
    return network, spread(network, config.compute.parallel)


def _save_model(learner: Learner, course: Course, results: dict[str, dict[str, float]], out: str) -> None:
    """Write the finished model; all workers must call it."""
    config = learner.config
    tensors = network_state(learner.learnt)
    if train.get_context().get_world_rank():
        return
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
    save_model(storage.join(out, "model"), tensors, description)
