"""What a run has yet to do, found without decoding anything."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Settled = TypeVar("Settled")

CHECKS_AT_ONCE = 16
"""Most of a check is waiting for storage."""


@dataclass(frozen=True)
class Outstanding(Generic[Item, Settled]):
    """``todo`` with the largest file first, since a long one begun last would keep one worker busy alone."""

    todo: list[Item]
    settled: list[Settled]
    """What became of those that are done, or were set aside by an earlier run and are unchanged since."""


def look_at_all(
    items: Iterable[Item], check: Callable[[Item], tuple[int, Settled | None]]
) -> Outstanding[Item, Settled]:
    """Divide ``items`` by what ``check`` gives of each: its bytes, and what became of it unless that is to be done."""
    everything = list(items)
    with ThreadPoolExecutor(CHECKS_AT_ONCE) as pool:
        checks = list(pool.map(check, everything))
    todo = [(size, item) for item, (size, settled) in zip(everything, checks, strict=True) if settled is None]
    todo.sort(key=lambda entry: -entry[0])
    return Outstanding([item for _, item in todo], [settled for _, settled in checks if settled is not None])
