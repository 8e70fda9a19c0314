"""One function over every clip of a corpus, on all CPUs of the cluster."""

import json
import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Generic, TypeVar

import cv2
import ray
from ray.data import ActorPoolStrategy, DataContext

from affect.corpora.corpus import Clip, Corpus
from jobs.room import processes

Result = TypeVar("Result")

MAX_TASKS = 5_000
"""More clips than this share tasks."""


@dataclass(frozen=True)
class Done(Generic[Result]):
    """What became of the ``index``-th clip, on which process, and what its reader could not use until then."""

    index: int
    result: Result
    process: str
    faults: list[tuple[str, str]]


class _Worker:
    """One process of the pool, with one thread and its own copy of the corpus's reader."""

    def __init__(self, corpus: Corpus, work: Callable[[Corpus, Clip, int], Any]) -> None:
        cv2.setNumThreads(1)
        self.corpus, self.work = corpus, work
        self.process = ray.get_runtime_context().get_actor_id() or ""

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        clip = Clip(**json.loads(row["clip"]))
        clip = replace(clip, persons=tuple(clip.persons), subjects=tuple(clip.subjects))
        result = self.work(self.corpus, clip, row["index"])
        done = Done(row["index"], result, self.process, self.corpus.faults())
        return {"done": pickle.dumps(done)}  # as bytes, since no Arrow type fits


def over_clips(
    corpus: Corpus,
    clips: Sequence[Clip],
    work: Callable[[Corpus, Clip, int], Result],
    workers: int | None = None,
) -> Iterator[Done[Result]]:
    """``work(corpus, clip, index)`` of each of ``clips``, as they are done, in no certain order.

    ``work`` must not raise for a clip at fault: that would end the run.
    """
    if not clips:
        return
    if not ray.is_initialized():
        ray.init()
    DataContext.get_current().enable_progress_bars = False
    workers = min(workers or processes(), len(clips))
    tasks = min(len(clips), MAX_TASKS)
    rows = [{"index": index, "clip": json.dumps(asdict(clip))} for index, clip in enumerate(clips)]
    spread = [row for start in range(tasks) for row in rows[start::tasks]]
    pool = ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=1)
    dataset = ray.data.from_items(spread, override_num_blocks=tasks)
    results = dataset.map(_Worker, fn_constructor_args=(corpus, work), compute=pool, num_cpus=1)
    # Without prefetching, which would hold back a result until the next one is there.
    for part in results.iter_batches(batch_size=None, prefetch_batches=0, batch_format="numpy"):
        yield from map(pickle.loads, part["done"])
