"""Everything that decides a sweep, typed and validated."""

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from affect.configuration import Configuration
from affect.training.settings import TrainConfig
from affect.tuning.space import SweepSpace, check


class SweepConfig(Configuration):
    """Many training runs that differ in what ``space`` names."""

    recipe: str
    paper: str = ""
    """Where the search is described."""
    train: TrainConfig
    space: SweepSpace = Field(min_length=1)
    """Distributions by dotted key of ``train``; one that is set to null is left out."""
    metric: str = "score"
    mode: Literal["max", "min"] = "max"
    search: Literal["random", "tpe"] = "random"
    """tpe learns from the trials that ended (Optuna's sampler) and pays off from some tens of trials on."""
    trials: int = Field(default=16, ge=1)
    concurrent: int | None = Field(default=None, ge=1)
    """Trials at a time; None runs as many as the cluster has room for."""
    grace_epochs: int = Field(default=1, ge=1)
    """ASHA stops no trial before this many epochs."""
    reduction_factor: float = Field(default=3.0, gt=1)
    """ASHA lets the best one in this many go on at each rung."""
    retries: int = Field(default=1, ge=0)
    """How often a trial that failed starts again, from its last checkpoint."""
    seed: int = 0
    """Of the search; ``train.seed`` is the trials'."""

    @field_validator("space", mode="before")
    @classmethod
    def _without_null(cls, space: Any) -> Any:
        return {key: value for key, value in space.items() if value is not None} if isinstance(space, dict) else space

    @model_validator(mode="after")
    def _space_fits(self) -> Self:
        check(self.space, self.train)
        if self.grace_epochs > self.train.epochs:
            raise ValueError(f"grace_epochs is {self.grace_epochs}, but a trial has {self.train.epochs} epochs")
        return self
