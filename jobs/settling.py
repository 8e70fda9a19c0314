"""Everything of a corpus settled by a pool of workers: what became of each, how far it is, and how fast it went."""

import logging
import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

import ray

from affect.preprocessing.progress import Progress
from jobs.pool import over


class Summary(Protocol):
    """What became of one thing."""

    frames: int
    set_aside: str | None


Item = TypeVar("Item")
Settled = TypeVar("Settled", bound=Summary)

logger = logging.getLogger("affect")


class _Timed:
    def __init__(self, make_work: Callable[[], Callable[[Any], Any]]) -> None:
        self.work = make_work()
        self.node = ray.get_runtime_context().get_node_id()

    def __call__(self, item: Any) -> tuple[Any, float, float, str]:
        began = time.time()
        return self.work(item), began, time.time(), self.node


def settle(
    things: str,
    items: Sequence[Item],
    make_work: Callable[[], Callable[[Item], Settled]],
    workers: int,
    tell: Callable[[Settled], None],
    gpus: float = 0,
) -> tuple[list[Settled], dict[str, Any]]:
    """What ``work`` of a ``jobs.pool`` made of each item, of which it is told at once, and how fast all went.

    ``things`` is what the items are called, as "clips".
    """
    summaries: list[Settled] = []
    began, ended, submitted = math.inf, 0.0, time.time()
    nodes: set[str] = set()
    with Progress(len(items), things=things) as progress:
        for one, start, end, node in over(items, partial(_Timed, make_work), workers, gpus):
            summaries.append(one)
            began, ended = min(began, start), max(ended, end)
            nodes.add(node)
            progress.add(one.frames, set_aside=one.set_aside is not None)
            tell(one)
        logger.info(progress.line())
    frames, working = sum(one.frames for one in summaries), max(0.0, ended - began)
    return summaries, {
        things: len(summaries),
        "frames": frames,
        "workers": workers if items else 0,
        "nodes": len(nodes),
        "start_up_seconds": round(began - submitted, 3) if items else 0.0,
        "working_seconds": round(working, 3),
        "frames_per_second": round(frames / working, 2) if working else 0.0,
    }
