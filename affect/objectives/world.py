"""The workers of one process group: how many, which one this is, and what all of them have."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def world_size() -> int:
    """Number of workers in the default process group; 1 without one."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Which of them this is; 0 without a process group."""
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


def of_all(state: Any) -> list[Any]:
    """The states of all workers in the order of their ranks, so that all merge to the same last bit.

    All workers must call it; ``state`` is pickled.
    """
    states: list[Any] = [state]
    if dist.is_available() and dist.is_initialized():
        states = [None] * world_size()
        dist.all_gather_object(states, state)
    return states


def global_sum(tensor: Tensor) -> Tensor:
    """Sum of ``tensor`` over all workers, the same on each; ``tensor`` itself without a process group.

    All workers must call it in the same order with the same shapes. Its gradient is summed over the workers too, so
    that DistributedDataParallel's mean of the workers' gradients of f(global_sum(x)) is the gradient that one worker
    with everything would have.
    """
    if world_size() == 1:
        return tensor
    total: Tensor = _GlobalSum.apply(tensor)
    return total


class _GlobalSum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:  # noqa: ARG004
        total = tensor.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # noqa: ARG004
        return global_sum(gradient)
