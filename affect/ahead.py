"""Items made on a thread of their own while those before them are used."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

Item = TypeVar("Item")

_NOTHING: Any = object()


class Ahead(Generic[Item]):
    """``items`` in order, up to ``depth`` of them made ahead; what making one raises is raised in its place.

    ``close``, or the end of a ``with`` block, ends the thread and closes ``items``; so does the last item.
    """

    def __init__(self, items: Iterator[Item], depth: int = 1) -> None:
        self._items = items
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._coming: deque[Future[Item]] = deque()
        self._ended = False
        for _ in range(depth):
            self._ask()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Item:
        item = self.within(None)
        assert item is not None
        return item

    def within(self, timeout_s: float | None) -> Item | None:
        """The next item; None where it is not there in time. Raises StopIteration after the last."""
        if self._ended:
            raise StopIteration
        try:
            item = self._coming[0].result(timeout_s)
        except TimeoutError:
            if not self._coming[0].done():
                return None
            self.close()
            raise
        except BaseException:
            self.close()
            raise
        self._coming.popleft()
        if item is _NOTHING:
            self.close()
            raise StopIteration
        self._ask()
        return item

    def close(self) -> None:
        """Make no more items. Waits for the one that is being made."""
        if self._ended:
            return
        self._ended = True
        for future in self._coming:
            future.cancel()
        wait(self._coming)
        self._executor.shutdown()
        close = getattr(self._items, "close", None)
        if close is not None:
            close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self) -> None:
        self._coming.append(self._executor.submit(next, self._items, _NOTHING))
