"""Everything that decides a sweep, typed and validated."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from affect.configuration import Configuration
from affect.errors import AffectError
from affect.training.settings import STAGE, Chain, Resources, TrainConfig
from affect.tuning.prices import Prices
from affect.tuning.space import SweepSpace, assignments, draw, grid, one_at_a_time

OF_STAGES = "stages."
"""Before the name of a stage, in keys of the space."""


class SweepConfig(Configuration):
    """Many training runs that differ in what ``space`` names."""

    changeable: ClassVar[frozenset[str]] = frozenset({"prices", "best", "seeds"})

    recipe: str
    paper: str = ""
    """Where the search is described."""
    train: TrainConfig
    """The run that is searched; of a chain the last stage."""
    stage: str = ""
    """Of a chain, the name of its last stage."""
    stages: dict[str, TrainConfig] = Field(default_factory=dict)
    """Of a chain, the stages before the last. Those that no parameter touches are trained once, for all trials."""
    given: dict[str, str] = Field(default_factory=dict)
    """Stages that are not trained, since their models are there: URIs as in Start.model, by stage."""
    space: SweepSpace = Field(min_length=1)
    """Distributions by dotted key of ``train``, or of an earlier stage as ``stages.NAME.key``; null leaves one out."""
    metric: str = "score"
    mode: Literal["max", "min"] = "max"
    search: Literal["random", "grid", "one-at-a-time", "tpe"] = "random"
    """one-at-a-time tries the run as it is, then each value of each parameter alone: what each part gives.

    tpe learns from the trials that ended (Optuna's sampler) and pays off from some tens of trials on."""
    trials: int | None = Field(default=None, ge=1)
    """Trials at most: 16 unless set; of a grid and of one-at-a-time all of it."""
    hours: float | None = Field(default=None, gt=0)
    """After so long no new trial starts; those that run go on to their end."""
    samples: int | None = Field(default=None, ge=1)
    """As ``hours``, once all trials together have seen so many training rows."""
    concurrent: int | None = Field(default=None, ge=1)
    """Trials at a time; None runs as many as the cluster has room for."""
    grace_epochs: int = Field(default=1, ge=1)
    """ASHA stops no trial before this many epochs."""
    reduction_factor: float = Field(default=3.0, gt=1)
    """ASHA lets the best one in this many go on at each rung."""
    retries: int = Field(default=1, ge=0)
    """How often a trial that failed starts again, from its last checkpoint."""
    best: int = Field(default=3, ge=0)
    """So many of the best trials are trained again in full with other seeds; 0 leaves it."""
    seeds: int = Field(default=3, ge=0)
    """How many seeds each of them is trained with."""
    prices: Prices | None = None
    """Of hours of CPUs and GPUs, for the report to say what trials cost."""
    seed: int = 0
    """Of the search; ``train.seed`` is the trials'."""

    @field_validator("space", mode="before")
    @classmethod
    def _without_null(cls, space: Any) -> Any:
        return {key: value for key, value in space.items() if value is not None} if isinstance(space, dict) else space

    @model_validator(mode="after")
    def _space_fits(self) -> Self:
        for key, distribution in self.space.items():
            for value in distribution.edges():
                try:
                    self.resolve({key: value})
                except AffectError as error:
                    raise AffectError(f"the sweep cannot set {key} to {value!r}: {error}") from error
        if self.grace_epochs > self.train.epochs:
            raise ValueError(f"grace_epochs is {self.grace_epochs}, but a trial has {self.train.epochs} epochs")
        self._all_points()
        return self

    def resolve(
        self, parameters: Mapping[str, Any], trained: Callable[[str], str] | None = None
    ) -> TrainConfig | Chain:
        """The run with ``parameters``; of a chain the chain, in which the stages ``shared`` are ``trained(name)``.

        Raises AffectError where a parameter is none of the run's, or a value is not valid there.
        """
        of_stage: dict[str, dict[str, Any]] = {}
        for key, value in parameters.items():
            stage, rest = self._place(key)
            of_stage.setdefault(stage, {})[rest] = value
        train = self.train.override(assignments(of_stage.pop(self.stage, {})))
        if not self.stage:
            return train
        stages = {name: one.override(assignments(of_stage.get(name, {}))) for name, one in self.stages.items()}
        given = dict(self.given) | ({name: trained(name) for name in self.shared()} if trained else {})
        return Chain(
            recipe=self.recipe, paper=train.paper, tables=train.tables, stages=stages | {self.stage: train}, given=given
        )

    def _place(self, key: str) -> tuple[str, str]:
        """The stage of a key of the space, and the key in it."""
        if not self.stage or not key.startswith(OF_STAGES):
            return self.stage, key
        rest = key.removeprefix(OF_STAGES)
        for name in [*self.stages, self.stage]:
            if rest.startswith(f"{name}."):
                return name, rest.removeprefix(f"{name}.")
        names = ", ".join([*self.stages, self.stage])
        raise AffectError(f"{key} names no stage; the stages are {names}")

    def shared(self) -> list[str]:
        """The stages before the last that no parameter touches, nor any stage that they begin with; given ones not."""
        touched = {self._place(key)[0] for key in self.space}
        shared = []
        for name, one in self.stages.items():
            begun = {start.model.removeprefix(STAGE) for start in one.start if start.model.startswith(STAGE)}
            if name in touched or begun & touched:
                touched.add(name)
            elif name not in self.given:
                shared.append(name)
        return shared

    def points(self) -> list[dict[str, Any]] | None:
        """The points to try in their order, where they are known beforehand: of all searches but tpe."""
        if self.search == "tpe":
            return None
        whole = self._all_points()
        return draw(self.space, self.planned, self.seed) if whole is None else whole[: self.trials]

    @property
    def planned(self) -> int:
        """How many trials there will be, if no budget ends the search before."""
        whole = self.whole
        return self.trials or 16 if whole is None else min(whole, self.trials or whole)

    @property
    def whole(self) -> int | None:
        """How many points the search has, where they have an end."""
        points = self._all_points()
        return None if points is None else len(points)

    def _all_points(self) -> list[dict[str, Any]] | None:
        if self.search == "grid":
            return grid(self.space, self.seed)
        if self.search == "one-at-a-time":
            return one_at_a_time(self.space, {key: self._as_it_is(key) for key in self.space})
        return None

    def _as_it_is(self, key: str) -> Any:
        """The value of a parameter in the run that is searched."""
        stage, rest = self._place(key)
        value: Any = (self.train if stage == self.stage else self.stages[stage]).model_dump()
        for part in rest.split("."):
            value = None if value is None else value[part]
        return value

    @property
    def first_rung(self) -> int:
        """ASHA stops no trial before this many epochs; one at a time none, as a part of a run measures nothing."""
        return self.train.epochs if self.search == "one-at-a-time" else self.grace_epochs

    def used_up(self, seconds: float, rows: int) -> str:
        """The budget that a search of so many seconds and training rows has used up; "" while there is none."""
        if self.hours is not None and seconds >= self.hours * 3600:
            return f"the budget of {self.hours:g} hours"
        if self.samples is not None and rows >= self.samples:
            return f"the budget of {self.samples:,} samples"
        return ""

    def largest(self) -> Resources:
        """The most that a trial may ask of the cluster."""
        edges = {
            self._place(key)[1]: max(distribution.edges(), key=_size)
            for key, distribution in self.space.items()
            if "resources." in key
        }
        return self.train.override(assignments(edges)).resources


def _size(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
