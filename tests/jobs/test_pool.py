"""The pool on a real local Ray: every item once, whatever it is made of, also where several share a task."""

from dataclasses import dataclass
from functools import partial

import pytest

from jobs import pool
from jobs.pool import over, pool_size

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]


@dataclass(frozen=True)
class _Thing:
    number: int
    names: tuple[str, ...] = ("left", "right")


class _Doubler:
    def __init__(self, factor: int) -> None:
        self.factor = factor

    def __call__(self, thing: _Thing) -> _Thing:
        return _Thing(thing.number * self.factor, thing.names)


def test_every_item_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MAX_TASKS", 3)
    things = [_Thing(number) for number in range(8)]
    done = set(over(things, partial(_Doubler, 2), pool_size(len(things), 2)))
    assert done == {_Thing(2 * number) for number in range(8)}
    assert list(over([], partial(_Doubler, 2), 1)) == []


def test_no_more_processes_than_items() -> None:
    assert (pool_size(3, 2), pool_size(3, 5), pool_size(3), pool_size(0)) == (2, 3, 3, 1)
