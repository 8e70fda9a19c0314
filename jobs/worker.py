"""What the workers of every training share: how their process is set up, and a run's checkpoints."""

import logging
import sys
import tempfile
from pathlib import Path
from typing import Any, Protocol

import torch
from ray import train

from affect.training.history import write_history
from affect.training.loop import load_state, save_state

logger = logging.getLogger("affect.training")


class Learner(Protocol):
    """Learns step by step, and can be saved and restored between any two."""

    epoch: int
    step: int
    history: list[dict[str, Any]]

    def state(self) -> dict[str, Any]: ...

    def restore(self, state: dict[str, Any]) -> None: ...


def set_up_cpu(threads: int) -> None:
    """Of the whole process; ``torch.set_flush_denormal(False)`` takes it back, for a caller's own in local mode."""
    torch.set_num_threads(threads)
    # As training goes on, gradients of units that are nearly still get denormal, and CPUs take many times as long
    # for them: a CNN-RNN lost a third of its speed within a hundred steps. GPUs flush or take no longer.
    torch.set_flush_denormal(True)


def go_on(learner: Learner) -> dict[str, int]:
    """Go on from the run's last checkpoint, if there is one; where the worker begins."""
    start = train.get_checkpoint()
    if start is not None:
        with start.as_directory() as folder:
            learner.restore(load_state(Path(folder)))
        workers = train.get_context().get_world_size()
        where = f"epoch {learner.epoch + 1}, step {learner.step + 1}"
        logger.info("going on from %s with %d worker%s", where, workers, "s" * (workers > 1))
    return {"epoch": learner.epoch, "step": learner.step}


def report(learner: Learner, out: str, metrics: dict[str, Any], *, epoch_ended: bool) -> None:
    """Hand Ray Train a checkpoint, which the first worker writes."""
    state = learner.state()
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = None
        if train.get_context().get_world_rank() == 0:
            save_state(state, Path(folder))
            checkpoint = train.Checkpoint.from_directory(folder)
            if epoch_ended:
                write_history(out, learner.history)
        train.report(metrics, checkpoint=checkpoint)


def log_to_stdout() -> None:
    """Workers' lines reach the driver through their standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("affect")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
    logging.getLogger().setLevel(logging.WARNING)  # Ray would tell every report on every worker
