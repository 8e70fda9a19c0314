"""What a sweep varies: one distribution for each dotted key of a configuration."""

import itertools
from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

import numpy as np
import yaml
from pydantic import Field, model_validator

from affect.configuration import Configuration
from affect.errors import AffectError

Scalar = bool | int | float | str | None


class _Range(Configuration):
    """A number from ``low`` to ``high``."""

    kind: str
    low: float
    high: float
    points: int | None = Field(default=None, ge=2)
    """How many values a grid takes of it: both ends, and between them in equal shares of what is drawn."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low must be below high, not {self.low} and {self.high}")
        return self

    def edges(self) -> tuple[Scalar, ...]:
        """The most extreme values that can be drawn."""
        return (self.low, self.high)

    def holds(self, value: Scalar) -> bool:
        """Whether it can be drawn."""
        return isinstance(value, int | float) and self.low <= value <= self.high

    @abstractmethod
    def at(self, share: float) -> float:
        """The value below which ``share`` of the distribution lies."""

    def grid(self) -> list[float]:
        """The values that a grid takes, where ``points`` says how many."""
        assert self.points is not None
        return [self.at(share) for share in np.linspace(0, 1, self.points).tolist()]


class Uniform(_Range):
    """Any number from ``low`` to ``high``, all equally likely."""

    kind: Literal["uniform"] = "uniform"

    def at(self, share: float) -> float:
        return self.low + share * (self.high - self.low)


class LogUniform(_Range):
    """A number from ``low`` to ``high`` whose logarithm is uniform."""

    kind: Literal["loguniform"] = "loguniform"
    low: float = Field(gt=0)

    def at(self, share: float) -> float:
        return float(min(max(self.low * (self.high / self.low) ** share, self.low), self.high))


class Choice(Configuration):
    """One of ``values``, all equally likely."""

    kind: Literal["choice"] = "choice"
    values: tuple[Scalar, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len({(type(value), value) for value in self.values}) < len(self.values):
            raise ValueError(f"a value is given twice in {list(self.values)}")
        return self

    def edges(self) -> tuple[Scalar, ...]:
        """Every value that can be drawn."""
        return self.values

    def at(self, share: float) -> Scalar:
        """The value that covers ``share`` in [0, 1) when the values divide it equally."""
        return self.values[int(share * len(self.values))]

    def holds(self, value: Scalar) -> bool:
        """Whether it can be drawn."""
        return value in self.values

    def grid(self) -> list[Scalar]:
        """Every value."""
        return list(self.values)


Distribution = Annotated[Uniform | LogUniform | Choice, Field(discriminator="kind")]
SweepSpace = dict[str, Distribution]


def assignments(parameters: dict[str, Any]) -> list[str]:
    """Parameters as ``key=value``, the form that ``Configuration.override`` and ``--set`` read back exactly."""
    return [f"{key}={_yaml(value)}" for key, value in parameters.items()]


def draw(space: SweepSpace, count: int, seed: int) -> list[dict[str, Scalar]]:
    """``count`` points of the space, each parameter drawn by itself.

    The same seed draws the same, and more points begin with the fewer.
    """
    generator = np.random.default_rng(seed)
    return [{key: distribution.at(generator.random()) for key, distribution in space.items()} for _ in range(count)]


def grid(space: SweepSpace, seed: int) -> list[dict[str, Scalar]]:
    """Every combination of the values of each parameter, in an order of the seed.

    So that what a budget leaves of it covers the whole space, not one corner. Raises AffectError where a parameter has
    no end of values and ``points`` does not say how many are to be taken.
    """
    combinations = [dict(zip(space, point, strict=True)) for point in itertools.product(*_values(space, "a grid"))]
    return [combinations[place] for place in np.random.default_rng(seed).permutation(len(combinations))]


def one_at_a_time(space: SweepSpace, base: dict[str, Scalar]) -> list[dict[str, Scalar]]:
    """``base``, then every value of each parameter alone, all others as in ``base``.

    Raises AffectError as ``grid`` does, and where ``base`` lies outside the space.
    """
    points = [base]
    for key, values in zip(space, _values(space, "one at a time"), strict=True):
        own = base[key]
        if not space[key].holds(own):
            raise AffectError(f"one at a time begins with the recipe's own {key}={_yaml(own)}: space.{key} lacks it")
        points += [base | {key: value} for value in values if value != own]
    return points


def _values(space: SweepSpace, search: str) -> list[Sequence[Scalar]]:
    values: list[Sequence[Scalar]] = []
    for key, distribution in space.items():
        if not isinstance(distribution, Choice) and distribution.points is None:
            raise AffectError(
                f"{search} needs to know how many values of {key} to take: --set space.{key}.points=5, or give it as "
                f"{{kind: choice, values: [...]}}"
            )
        values.append(distribution.grid())
    return values


def _yaml(value: Any) -> str:
    # repr and JSON write 1e-05, which YAML takes for a word; YAML's own writer puts 1.0e-05.
    return yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("\n").removesuffix("\n...")
