"""One function over many things, on all CPUs of the cluster."""

import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import cv2
import ray
from ray.data import ActorPoolStrategy, DataContext

from jobs.room import processes

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_TASKS = 5_000
"""More items than this share tasks, so that a million pictures are not a million tasks."""


class _Process:
    """One process of the pool, with one thread. Items and results pass as bytes, since no Arrow type fits them."""

    def __init__(self, make_work: Callable[[], Callable[[Any], Any]]) -> None:
        cv2.setNumThreads(1)
        self.work = make_work()

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        item = pickle.loads(row["item"])  # noqa: S301 - made by ``over``
        return {"result": pickle.dumps(self.work(item))}


def pool_size(items: int, asked: int | None = None) -> int:
    """How many processes work on so many ``items``: those ``asked`` for, or all CPUs. Starts Ray where it is not up."""
    if not ray.is_initialized():
        ray.init()
    return max(1, min(asked or processes(), items))


def over(
    items: Sequence[Item], make_work: Callable[[], Callable[[Item], Result]], workers: int, gpus: float = 0
) -> Iterator[Result]:
    """``work(item)`` of each of ``items``, as they are done, in no certain order.

    Each of ``workers`` processes, with ``gpus`` of its own, calls ``make_work`` for its ``work``, which must not raise
    for an item at fault: that would end the run.
    """
    if not items:
        return
    DataContext.get_current().enable_progress_bars = False
    tasks = min(len(items), MAX_TASKS)
    rows = [{"item": pickle.dumps(item)} for start in range(tasks) for item in items[start::tasks]]
    # All CPUs may go to the pool: its input is in memory, so nothing else of the pipeline needs one. One task at a
    # time and process, so that no item waits behind a long one while another process is idle.
    pool = ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=1)
    dataset = ray.data.from_items(rows, override_num_blocks=tasks)
    results = dataset.map(_Process, fn_constructor_args=(make_work,), compute=pool, num_cpus=1, num_gpus=gpus)
    # Without prefetching, which would hold back a result until the next one is there.
    for part in results.iter_batches(batch_size=None, prefetch_batches=0, batch_format="numpy"):
        yield from map(pickle.loads, part["result"])
