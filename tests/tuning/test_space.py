import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.configuration import Configuration
from affect.errors import AffectError
from affect.tuning.space import Choice, LogUniform, SweepSpace, Uniform, assignments, draw, grid, one_at_a_time


class Inner(Configuration):
    rate: float = 0.1
    size: int | None = None
    name: str = "a"


class Outer(Configuration):
    inner: Inner = Inner()
    flag: bool = False


@pytest.mark.parametrize(
    ("kind", "values", "word"),
    [
        (Uniform, {"low": 2, "high": 1}, "low must be below high"),
        (Uniform, {"low": 1, "high": 1}, "low must be below high"),
        (LogUniform, {"low": 0, "high": 1}, "greater than 0"),
        (LogUniform, {"low": 1, "high": 0.1}, "low must be below high"),
        (Choice, {"values": []}, "at least 1"),
        (Choice, {"values": [1, 2, 1]}, "given twice"),
        (Choice, {"values": [1], "weights": [1]}, "unknown key"),
    ],
)
def test_a_distribution_that_makes_no_sense_is_refused(
    kind: type[Configuration], values: dict[str, Any], word: str
) -> None:
    with pytest.raises(AffectError, match=word):
        kind.parse(values)


@given(
    rate=st.floats(allow_nan=False, allow_infinity=False),
    size=st.none() | st.integers(),
    name=st.sampled_from(["b", "1e-3", "null", "yes", "a: b", "x=y", "#", ""]),
    flag=st.booleans(),
)
def test_assignments_are_read_back_exactly(rate: float, size: int | None, name: str, flag: bool) -> None:
    parameters = {"inner.rate": rate, "inner.size": size, "inner.name": name, "flag": flag}
    read = Outer().override(assignments(parameters))
    assert (read.inner.rate, read.inner.size, read.inner.name, read.flag) == (rate, size, name, flag)


def test_points_follow_their_distributions() -> None:
    space = {"a": Uniform(low=-3, high=5), "b": LogUniform(low=1e-5, high=1e-1), "c": Choice(values=(32, 64, 128, "x"))}
    points = draw(space, 4000, seed=3)
    a = [point["a"] for point in points]
    b = [math.log10(point["b"]) for point in points]
    assert -3 <= min(a) < -2.9
    assert 4.9 < max(a) <= 5
    assert sum(a) / len(a) == pytest.approx(1, abs=0.15)
    assert -5 <= min(b) < -4.95
    assert -1.05 < max(b) <= -1
    assert sum(b) / len(b) == pytest.approx(-3, abs=0.08)
    assert set(Counter(point["c"] for point in points)) == {32, 64, 128, "x"}
    assert min(Counter(point["c"] for point in points).values()) > 900


def test_the_same_seed_draws_the_same_and_more_points_begin_with_the_fewer() -> None:
    space = {"a": Uniform(low=0, high=1), "c": Choice(values=(1, 2, 3))}
    assert draw(space, 5, seed=1) == draw(space, 9, seed=1)[:5]
    assert draw(space, 5, seed=1) != draw(space, 5, seed=2)


def test_a_grid_has_every_combination_once_in_an_order_of_its_seed() -> None:
    space: SweepSpace = {
        "a": Uniform(low=0, high=1, points=3),
        "b": LogUniform(low=1e-4, high=1e-2, points=3),
        "c": Choice(values=("x", None)),
    }
    points = grid(space, seed=1)
    assert len(points) == 3 * 3 * 2
    assert {(point["a"], round(math.log10(point["b"]), 6), point["c"]) for point in points} == {
        (a, b, c) for a in (0, 0.5, 1) for b in (-4, -3, -2) for c in ("x", None)
    }
    assert points == grid(space, seed=1)
    assert points != grid(space, seed=2)


def test_a_grid_of_what_has_no_end_of_values_is_refused() -> None:
    with pytest.raises(AffectError, match=r"--set space\.a\.points=5"):
        grid({"a": Uniform(low=0, high=1)}, seed=0)


def test_one_at_a_time_changes_one_parameter_of_the_recipe_in_each_point() -> None:
    space: SweepSpace = {"a": Uniform(low=0, high=1, points=3), "b": Choice(values=("x", None))}
    own = {"a": 0.5, "b": None}
    assert one_at_a_time(space, own) == [own, {"a": 0, "b": None}, {"a": 1, "b": None}, {"a": 0.5, "b": "x"}]


@pytest.mark.parametrize("own", [{"a": 2.0, "b": "x"}, {"a": 0.5, "b": "y"}])
def test_one_at_a_time_of_a_recipe_outside_the_space_is_refused(own: dict[str, Any]) -> None:
    space: SweepSpace = {"a": Uniform(low=0, high=1, points=3), "b": Choice(values=("x", None))}
    with pytest.raises(AffectError, match="lacks it"):
        one_at_a_time(space, own)
