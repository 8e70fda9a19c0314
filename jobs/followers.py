"""Who follows a training run: one entry each."""

from collections.abc import Callable

from affect.training.following import Follower
from affect.training.settings import TrainConfig
from jobs.training_metrics import TrainingMetrics

FOLLOWERS: list[Callable[[TrainConfig, str], Follower | None]] = [TrainingMetrics]
"""Each gives a follower for a run of a configuration in a folder, or None where it is not wanted there."""


def make_followers(config: TrainConfig, out: str, rank: int) -> list[Follower]:
    """The followers of a run in the folder ``out``; workers but the first have none."""
    made = (make(config, out) for make in FOLLOWERS) if rank == 0 else ()
    return [follower for follower in made if follower is not None]
