"""How many requests are let in at once, and how long each may take."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from affect.interface.problems import Code
from serve.problems import ProblemError
from serve.settings import Limits

_RETRY_AFTER_S = 1


class Admission:
    """The bounds of one replica of the interface."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.held = 0
        self.working = asyncio.Semaphore(limits.at_once)
        self.videos = Places(limits.videos, "videos are watched")
        self.live = Places(limits.live, "live streams are open")

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for one request. Raises overloaded, at once, where there is none."""
        if self.held >= self.limits.queue:
            raise ProblemError("overloaded", "too many requests wait; ask again later", retry_after_s=_RETRY_AFTER_S)
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1

    @asynccontextmanager
    async def arriving(self, seconds: float | None = None) -> AsyncIterator[None]:
        """Around the reading of a body, in ``limits.body_s`` unless told otherwise. Raises body_slow."""
        seconds = seconds or self.limits.body_s
        async with _within(seconds, "body_slow", f"the body did not arrive within {seconds:g} s; send a smaller one"):
            yield

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[None]:
        """Around the work on a body that is here. Raises deadline_exceeded; what is still at work is cancelled."""
        seconds = self.limits.request_s
        async with _within(seconds, "deadline_exceeded", f"there was no answer within {seconds:g} s; ask again later"):
            yield


class Places:
    """So many of a kind at once, each for as long as it is taken."""

    def __init__(self, most: int, what: str) -> None:
        self.free = most
        self.what = what

    def take(self) -> None:
        """Raises overloaded, at once, where there is none."""
        if not self.free:
            raise ProblemError("overloaded", f"too many {self.what}; ask again later", retry_after_s=_RETRY_AFTER_S)
        self.free -= 1

    def give_back(self) -> None:
        self.free += 1


@asynccontextmanager
async def _within(seconds: float, code: Code, detail: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds) as timeout:
            yield
    except TimeoutError as error:
        if not timeout.expired():
            raise
        raise ProblemError(code, detail) from error
