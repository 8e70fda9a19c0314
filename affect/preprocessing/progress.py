"""Readable lines on how far a run is, for logs that are no terminal."""

import logging
import threading
import time
from types import TracebackType
from typing import Self

from affect.pacing import between_lines, duration

logger = logging.getLogger("affect.preprocess")


class Progress:
    """Use as ``with Progress(total) as progress:``; logs clips, frames a second and the time left.

    Every ``every_s`` seconds at first, more rarely the longer it takes. ``things`` is what is counted where it is not
    clips.
    """

    def __init__(self, clips: int, every_s: float = 5.0, things: str = "clips") -> None:
        self.clips, self.every_s, self.things = clips, every_s, things
        self.done = self.frames = self.set_aside = 0
        self._began = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def add(self, frames: int, set_aside: bool) -> None:
        """One more clip is settled."""
        self.done += 1
        self.frames += frames
        self.set_aside += set_aside

    def line(self) -> str:
        """For example ``12/50 clips, 1440 frames, 31.0 frames/s, 1 set aside, about 00:02:10 left``."""
        spent = time.monotonic() - self._began
        parts = [
            f"{self.done}/{self.clips} {self.things}",
            f"{self.frames} frames",
            f"{self.frames / spent:.1f} frames/s",
        ]
        if self.set_aside:
            parts.append(f"{self.set_aside} set aside")
        if self.done:
            parts.append(f"about {duration(spent / self.done * (self.clips - self.done))} left")
        return ", ".join(parts)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(between_lines(time.monotonic() - self._began, self.every_s)):
            logger.info(self.line())
