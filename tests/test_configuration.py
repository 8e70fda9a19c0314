"""Overrides are typed, complete and refuse what is unknown by its nearest right name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.configuration import Configuration, differences, flatten
from affect.errors import AffectError


class Inner(Configuration):
    rate: float = 0.1
    names: tuple[str, ...] = ()


class Outer(Configuration):
    seed: int = 0
    inner: Inner = Inner()
    maybe: Inner | None = None


def test_values_are_read_as_yaml_and_typed() -> None:
    changed = Outer().override(["seed=3", "inner.rate=1e-4", "inner.names=[a, b]", "maybe.rate=2"])
    assert changed == Outer(seed=3, inner=Inner(rate=1e-4, names=("a", "b")), maybe=Inner(rate=2))
    assert Outer() == Outer(seed=0)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("sed=1", "did you mean 'seed'"),
        ("inner.rat=1", "did you mean 'rate'"),
        ("iner.rate=1", "did you mean 'inner'"),
        ("seed.x=1", "no 'seed' to set a value in"),
        ("seed=many", "seed: .*valid integer"),
        ("seed", "no '='"),
        ("inner.names=[a", r"--set 'inner.names=\[a' has a value that is not YAML"),
    ],
)
def test_a_wrong_override_names_the_mend(assignment: str, message: str) -> None:
    with pytest.raises(AffectError, match=message):
        Outer().override([assignment])


def test_a_file_that_is_not_yaml_is_told_and_an_empty_one_has_every_default() -> None:
    with pytest.raises(AffectError, match="not YAML: .*line 1"):
        Outer.from_yaml("seed: [1")
    assert Outer.from_yaml("# nothing yet\n") == Outer()


@given(seed=st.integers(), rate=st.floats(allow_nan=False), names=st.lists(st.text(max_size=5), max_size=3))
def test_yaml_round_trip(seed: int, rate: float, names: list[str]) -> None:
    config = Outer(seed=seed, inner=Inner(rate=rate, names=tuple(names)))
    assert Outer.from_yaml(config.to_yaml()) == config


def test_differences_name_each_value() -> None:
    changed = Outer(seed=1, inner=Inner(rate=0.2))
    assert differences(Outer(), changed) == ["inner.rate: 0.1 -> 0.2", "seed: 0 -> 1"]
    assert differences(changed, changed) == []
    assert flatten(changed.model_dump())["inner.rate"] == 0.2
