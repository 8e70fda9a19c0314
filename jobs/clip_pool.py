"""One function over every clip of a corpus, on all CPUs of the cluster."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import ray

from affect.corpora.corpus import Clip, Corpus
from jobs.pool import over, pool_size

Result = TypeVar("Result")


@dataclass(frozen=True)
class Done(Generic[Result]):
    """What became of the ``index``-th clip, on which process, and what its reader could not use until then."""

    index: int
    result: Result
    process: str
    faults: list[tuple[str, str]]


class _Worker:
    """Works with its own copy of the corpus's reader."""

    def __init__(self, corpus: Corpus, work: Callable[[Corpus, Clip, int], Any]) -> None:
        self.corpus, self.work = corpus, work
        self.process = ray.get_runtime_context().get_actor_id() or ""

    def __call__(self, numbered: tuple[int, Clip]) -> Done[Any]:
        index, clip = numbered
        result = self.work(self.corpus, clip, index)
        return Done(index, result, self.process, self.corpus.faults())


def over_clips(
    corpus: Corpus,
    clips: Sequence[Clip],
    work: Callable[[Corpus, Clip, int], Result],
    workers: int | None = None,
) -> Iterator[Done[Result]]:
    """``work(corpus, clip, index)`` of each of ``clips``, as they are done, in no certain order.

    ``work`` must not raise for a clip at fault: that would end the run.
    """
    return over(list(enumerate(clips)), partial(_Worker, corpus, work), pool_size(len(clips), workers))
