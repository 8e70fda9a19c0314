"""Items come in order, a few made ahead, faults in their place, and no thread stays."""

import threading
import time
from collections.abc import Iterator

import pytest

from affect.ahead import Ahead


def threads() -> int:
    return sum(thread.name.startswith("ahead") for thread in threading.enumerate())


@pytest.mark.parametrize("depth", [1, 3, 50])
def test_order_and_end(depth: int) -> None:
    with Ahead(iter(range(20)), depth) as items:
        assert list(items) == list(range(20))
        with pytest.raises(StopIteration):
            next(items)
    assert threads() == 0


def test_no_more_than_depth_are_made_ahead() -> None:
    made: list[int] = []

    def make() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    with Ahead(make(), 4) as items:
        for taken in range(1, 6):
            next(items)
            time.sleep(0.05)
            assert len(made) == taken + 4


def test_a_fault_is_raised_in_its_place_and_ends_all() -> None:
    def make() -> Iterator[int]:
        yield 1
        yield 2
        raise TimeoutError("of all things")

    items = Ahead(make(), 10)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(TimeoutError, match="of all things"):
        items.within(5)
    assert threads() == 0
    with pytest.raises(StopIteration):
        next(items)


def test_closing_ends_the_thread_and_what_makes_the_items() -> None:
    ended = False

    def make() -> Iterator[int]:
        nonlocal ended
        try:
            while True:
                yield 0
        finally:
            ended = True

    items = Ahead(make(), 2)
    next(items)
    items.close()
    assert ended
    assert threads() == 0


def test_what_is_late_is_not_lost() -> None:
    gate = threading.Event()

    def make() -> Iterator[int]:
        gate.wait()
        yield 7

    with Ahead(make()) as items:
        assert items.within(0.01) is None
        gate.set()
        assert items.within(5) == 7
