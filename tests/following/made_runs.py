"""Runs to follow, and what happens in them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from affect.labels import AFF_WILD2_ACTION_UNITS
from affect.metrics import FrameMetrics
from affect.networks.spec import NetworkSpec
from affect.training.following import Followed, Follower, StepFacts
from affect.training.settings import FollowSettings, TrainConfig

SPEC = NetworkSpec(encoder="arc-res", input_size=32, action_units=AFF_WILD2_ACTION_UNITS)


def followed(out: str, epochs: int = 2, steps_per_epoch: int = 4, **follow: Any) -> Followed:
    config = TrainConfig(recipe="made", network=SPEC, epochs=epochs, follow=FollowSettings(**follow))
    return Followed(config, out, steps_per_epoch, workers=1, corpora=(("made", "abc", True),))


def facts(number: int, steps_per_epoch: int = 4, loss: float | None = None, seconds: float = 0.5) -> StepFacts:
    """A step whose loss is its number, or ``loss``."""
    value = torch.tensor(float(number) if loss is None else loss, dtype=torch.float64)
    losses = {"loss": value, "expression_loss": value / 2}
    return StepFacts(number, (number - 1) // steps_per_epoch, 10, seconds, seconds / 5, 0.1 / number, losses)


def measured() -> FrameMetrics:
    """Of 60 made frames, of which the first 7 are of one expression each."""
    rng = np.random.default_rng(0)
    metrics = FrameMetrics(SPEC)
    predictions = {
        "valence_arousal": rng.uniform(-1, 1, (60, 2)),
        "expression": np.eye(7)[rng.integers(0, 7, 60)],
        "action_units": rng.uniform(0, 1, (60, 8)),
    }
    targets = {
        "valence_arousal": rng.uniform(-1, 1, (60, 2)),
        "expression": np.concatenate([np.arange(7), rng.integers(0, 7, 53)]),
        "action_units": rng.integers(0, 2, (60, 17)).astype(np.int8),
    }
    metrics.update(predictions, targets)
    return metrics


def row(epoch: int) -> dict[str, Any]:
    """Of metrics.parquet."""
    return {
        "epoch": epoch, "learning_rate": 0.1, "train_loss": 2.0 - epoch, "rows": 40, "seconds": 2.0,
        "data_wait_share": 0.2, "checkpoint_seconds": 0.1, "passes_seconds": 0.5, "score": 0.25 + epoch / 10,
    }  # fmt: skip


def tell(
    followers: Sequence[Follower], first: int = 1, last: int = 8, steps_per_epoch: int = 4, loss: float | None = None
) -> None:
    """Steps ``first`` to ``last`` of a run, and the ends of epochs among them."""
    history = [row(epoch) for epoch in range((first - 1) // steps_per_epoch)]
    for number in range(first, last + 1):
        for follower in followers:
            follower.step(facts(number, steps_per_epoch, loss))
        if number % steps_per_epoch == 0:
            epoch = number // steps_per_epoch
            history.append(row(epoch - 1))
            for follower in followers:
                follower.measured("validation", epoch, measured(), None)
                follower.epoch(history)
                follower.checkpoint(0.1)
