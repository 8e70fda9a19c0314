"""A video or a sound watched on a thread of its own, and the answer as it streams."""

import asyncio
import json
import logging
import math
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from affect.errors import AffectError
from affect.interface.problems import problem
from affect.media.video import TooLargeError
from affect.models.answer import FrameAnswer
from affect.watching.watched import Watched
from serve.problems import ProblemError
from serve.upload import Upload

LINES = "application/x-ndjson"
logger = logging.getLogger("ray.serve")


class Watching:
    """All calls of one Watched, on one thread; ``end`` lets go of it, of the upload and of whatever else is held."""

    def __init__(self, upload: Upload, answer_s: float, watch_s: float, release: Callable[[], None]) -> None:
        """``answer_s``: seconds to each next answer, ``watch_s``: to the last."""
        self.upload = upload
        self.answer_s = answer_s
        self.watch_s = watch_s
        self.release = release
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="watching")
        self.watched: Watched | None = None

    async def begin(self, make: Callable[[str], Watched]) -> Watched:
        """Open the upload. Raises video_broken, video_too_large or deadline_exceeded."""

        def open_it() -> Watched:
            self.watched = make(self.upload.path)
            return self.watched

        watched: Watched = await self._on_thread(open_it)
        return watched

    async def answers(self) -> AsyncIterator[FrameAnswer]:
        """Raises as ``begin`` does."""
        assert self.watched is not None
        answers: Iterator[FrameAnswer] = iter(self.watched)
        clock = asyncio.get_running_loop().time
        ends = clock() + self.watch_s
        while (answer := await self._on_thread(lambda: next(answers, None), ends - clock())) is not None:
            yield answer

    def end(self) -> None:
        """Stop, as soon as what is at work returns; does not wait for it."""
        loop = asyncio.get_running_loop()

        def close() -> None:
            try:
                if self.watched is not None:
                    self.watched.close()
            finally:
                self.upload.close()
                loop.call_soon_threadsafe(self.release)

        self.thread.submit(close)
        self.thread.shutdown(wait=False)

    async def _on_thread(self, work: Callable[[], Any], left_s: float = math.inf) -> Any:
        try:
            future = asyncio.get_running_loop().run_in_executor(self.thread, work)
            return await asyncio.wait_for(future, min(self.answer_s, left_s))
        except TimeoutError as error:
            detail = f"there was no answer within {self.answer_s:g} s; ask again later"
            if left_s < self.answer_s:
                detail = f"the file was not answered within {self.watch_s:g} s; send a shorter one"
            raise ProblemError("deadline_exceeded", detail) from error
        except TooLargeError as error:
            raise ProblemError("video_too_large", self._told(error)) from error
        except AffectError as error:
            raise ProblemError("video_broken", self._told(error)) from error

    def _told(self, error: AffectError) -> str:
        """Without the name, which says nothing to whoever sent the file."""
        told = str(error).replace(self.upload.path, "the file")
        return re.sub(rf"^{os.path.basename(self.upload.path)}\b", "the file", told)


class Streamed(StreamingResponse):
    """An answer that streams; ``watching`` ends with it, also where the client leaves, or does not read."""

    def __init__(self, body: AsyncIterator[str], media_type: str, watching: Watching) -> None:
        super().__init__(body, media_type=media_type)
        self.watching = watching

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            # In watch_s the body ends by itself, and says so to whoever reads.
            async with asyncio.timeout(self.watching.watch_s + self.watching.answer_s):
                await super().__call__(scope, receive, send)
        finally:
            self.watching.end()


async def lines(
    first: dict[str, Any], watching: Watching, path: str, each: Callable[[Any], None]
) -> AsyncIterator[str]:
    """What is known first, an answer each, and the summary, or the problem that ended it, as a line of JSON each."""
    yield _line(first)
    try:
        async for answer in watching.answers():
            each(answer)
            yield _line(answer)
        assert watching.watched is not None
        yield _line({"summary": watching.watched.summary()})
    except ProblemError as error:
        yield _line({"error": problem(error.code, error.detail, path)})
    except Exception:
        logger.exception("A video could not be watched to its end.")
        yield _line({"error": problem("internal", "the server failed; its log says why", path)})


def _line(value: Any) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"
