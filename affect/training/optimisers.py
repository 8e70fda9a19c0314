"""Optimisers and learning-rate schedules of the papers, from torch."""

from collections.abc import Iterable

import torch
from torch.optim import lr_scheduler

from affect.training.settings import OptimiserSettings, ScheduleSettings


def build_optimiser(settings: OptimiserSettings, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
    if settings.name == "sgd":
        return torch.optim.SGD(
            parameters, lr=settings.learning_rate, momentum=settings.momentum, weight_decay=settings.weight_decay
        )
    return torch.optim.Adam(parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay)


def build_schedule(
    settings: ScheduleSettings, optimiser: torch.optim.Optimizer, steps: int
) -> lr_scheduler.LRScheduler:
    """A schedule that is stepped once each training step of a run of ``steps``."""
    if settings.name == "exponential":
        return lr_scheduler.StepLR(optimiser, step_size=settings.every, gamma=settings.factor)
    if settings.name == "one-cycle":
        return lr_scheduler.OneCycleLR(
            optimiser,
            max_lr=[group["lr"] for group in optimiser.param_groups],
            total_steps=steps + 1,
            pct_start=max(settings.warm_up, 2 / (steps + 1)),  # a run of few steps rises in the first of them
            cycle_momentum=False,
        )
    return lr_scheduler.ConstantLR(optimiser, factor=1.0)
