"""Answers as they stream from a file, and the summary of all of them."""

import contextlib
import time
from collections.abc import Generator, Iterator
from types import TracebackType
from typing import Self

from affect.ahead import Ahead
from affect.models.answer import FrameAnswer, VideoSummary
from affect.models.asking import Asks
from affect.watching.session import PreparedFrame, Session
from affect.watching.summary import Summary


class Watched:
    """Iterate over the answers, in order; then ``summary`` tells of all of them. Of one file, once.

    ``close``, or the end of a ``with`` block, ends the threads, also before the end of the file.
    """

    def __init__(self, session: Session, asker: Asks) -> None:
        self.session = session
        self.asker = asker
        self._length_s = 0.0
        self._broken: str | None = None
        self._summary = Summary()
        self._resources = contextlib.ExitStack()
        self._answers: Generator[FrameAnswer, None, None]

    def _begin(self, prepared: Iterator[PreparedFrame]) -> None:
        """``prepared`` frames are made on a thread of their own from now on."""
        ahead = self._resources.enter_context(Ahead(prepared, self.session.settings.batch))
        self._answers = self._answered(ahead)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> FrameAnswer:
        return next(self._answers)

    def close(self) -> None:
        """End the threads; what is on its way is dropped. To be called on the thread that iterates."""
        self._resources.close()
        self._answers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def summary(self) -> VideoSummary:
        """What the answers given so far say together; of the whole file once they have ended."""
        return self._summary.result(self._length_s, self._broken)

    def _answered(self, prepared: Ahead[PreparedFrame]) -> Generator[FrameAnswer, None, None]:
        for gathered in self._batches(prepared):
            for answer in self.session.describe(gathered, self.asker(self.session.stretches(gathered))):
                self._summary.add(answer)
                yield answer

    def _batches(self, prepared: Ahead[PreparedFrame]) -> Iterator[list[PreparedFrame]]:
        settings, gathered, due = self.session.settings, list[PreparedFrame](), 0.0
        while True:
            waits_s = max(0.0, due - time.monotonic()) if gathered and settings.latency_s is not None else None
            try:
                frame = prepared.within(waits_s)
            except StopIteration:
                break
            if frame is not None:
                if not gathered:
                    due = time.monotonic() + (settings.latency_s or 0.0)
                gathered.append(frame)
            if frame is None or len(gathered) == settings.batch:
                yield gathered
                gathered = []
        if gathered:
            yield gathered
