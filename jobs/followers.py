"""Who follows a training run: one entry each."""

from collections.abc import Callable

from affect.following.company import Company
from affect.following.mlflow import MLflow
from affect.following.page import Page
from affect.following.progress import Progress
from affect.following.records import Records
from affect.following.tensorboard import TensorBoard
from affect.training.following import Followed, Follower
from jobs.training_metrics import TrainingMetrics

FOLLOWERS: list[Callable[[Followed], Follower | None]] = [
    lambda run: Progress(run.steps_per_epoch, run.config.epochs),
    TrainingMetrics,
    Records,
    lambda run: TensorBoard(run) if run.config.follow.tensorboard else None,
    lambda run: MLflow(run) if run.config.follow.mlflow else None,
    Page,  # after those that write what it shows
]
"""Each gives a follower of a run, or None where it is not wanted there; they are told in this order."""


def make_followers(run: Followed, rank: int) -> list[Follower]:
    """The followers of a run; workers but the first have none."""
    made = (make(run) for make in FOLLOWERS) if rank == 0 else ()
    members = [follower for follower in made if follower is not None]
    return [Company(members, run.config.follow.steps)] if members else []
