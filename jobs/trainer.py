"""A Ray Train run as every training has it: its checkpoints, how often it starts anew, and how long it waits."""

from collections.abc import Callable, Sequence
from typing import Any

from ray import train
from ray.train import CheckpointConfig, FailureConfig, RunConfig, ScalingConfig, UserCallback
from ray.train.torch import TorchConfig, TorchTrainer

from affect import storage
from affect.training.settings import Resources
from jobs.faults import EndAtMendable
from jobs.room import patience


def run_workers(
    work: Callable[[dict[str, Any]], dict[str, Any]],
    setup: dict[str, Any],
    out: str,
    resources: Resources,
    asked: ScalingConfig,
    callbacks: Sequence[UserCallback] = (),
) -> dict[str, Any]:
    """``work(setup)`` on each of the workers ``asked`` for, with checkpoints below ``out``; the first one's answer."""
    filesystem, path = storage.resolve(out)
    failures = resources.max_failures
    trainer = TorchTrainer(
        work,
        train_loop_config=setup,
        torch_config=TorchConfig(timeout_s=600),
        scaling_config=asked,
        run_config=RunConfig(
            name="checkpoints",
            storage_path=path,
            storage_filesystem=filesystem,
            failure_config=FailureConfig(max_failures=failures, controller_failure_limit=failures),
            checkpoint_config=CheckpointConfig(num_to_keep=2),
            callbacks=[EndAtMendable(), *callbacks],
        ),
    )
    with patience(asked):
        result: train.Result = trainer.fit()
    answer: dict[str, Any] = result.return_value
    return answer
