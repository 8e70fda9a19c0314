"""A video file watched: an answer for each frame as it is decoded, and a summary at the end."""

import contextlib
import time
from collections import deque
from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.ahead import Ahead
from affect.errors import AffectError
from affect.faces.detector import Detector
from affect.media import sound
from affect.media.video import NO_LIMITS, Frame, VideoLimits, frames, probe
from affect.models.answer import FrameAnswer, VideoSummary
from affect.models.asking import Asker
from affect.preprocessing.looking import Points
from affect.watching.session import PreparedFrame, Session
from affect.watching.settings import WatchSettings
from affect.watching.summary import Summary

Heard = NDArray[np.float32] | None


class WatchedVideo:
    """Iterate over the answers for the frames of a video, in order; then ``summary`` tells of all of them.

    The file is decoded on a thread, faces are looked for on another, and the network is asked on the caller's. Memory
    does not grow with the length of the video but by some bytes a face. ``close``, or the end of a ``with`` block, ends
    the threads, also before the end of the video.

    A file that cannot be read at all, is too large, or lacks what the network takes, raises AffectError (or
    TooLargeError) at once. One that turns out to be damaged, or too large, part of the way ends there; ``summary`` says
    where and why.
    """

    def __init__(
        self,
        video: str | Path,
        asker: Asker,
        detector: Detector | None,
        settings: WatchSettings | None = None,
        limits: VideoLimits = NO_LIMITS,
        points: Points | None = None,
    ) -> None:
        """``video`` is a path or s3:// URI; ``detector`` may be None for a network that takes sound alone."""
        self.asker = asker
        self.settings = settings or WatchSettings()
        self.session = Session(asker.description, detector, self.settings, points, in_order=False)
        self._broken: str | None = None
        self._length_s = 0.0
        self._summary = Summary()
        with contextlib.ExitStack() as stack:
            path = stack.enter_context(storage.local_copy(video))
            self.info = probe(path, limits)
            """Size of the picture, nominal rate and duration as the headers say."""
            if self.session.listens and not self.info.sound:
                raise AffectError(f"{path} has no sound, which the model takes; give it a video with sound")
            decoded = stack.enter_context(Ahead(self._decoded(path, limits), self.settings.ahead))
            self._prepared = stack.enter_context(Ahead(self._prepare(decoded), self.settings.batch))
            self._answers = self._answered()
            self._resources = stack.pop_all()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> FrameAnswer:
        return next(self._answers)

    def close(self) -> None:
        """End the threads; what is on its way is dropped."""
        self._resources.close()
        self._answers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def summary(self) -> VideoSummary:
        """What the answers given so far say together; of the whole video once they have ended."""
        return self._summary.result(self._length_s, self._broken)

    def _answered(self) -> Generator[FrameAnswer, None, None]:
        for gathered in self._batches():
            for answer in self.session.describe(gathered, self.asker(self.session.stretches(gathered))):
                self._summary.add(answer)
                yield answer

    def _batches(self) -> Iterator[list[PreparedFrame]]:
        gathered: list[PreparedFrame] = []
        latency_s, due = self.settings.latency_s, 0.0
        while True:
            try:
                waits = latency_s is not None and gathered
                frame = self._prepared.within(max(0.0, due - time.monotonic()) if waits else None)
            except StopIteration:
                break
            if frame is not None:
                if not gathered and latency_s is not None:
                    due = time.monotonic() + latency_s
                gathered.append(frame)
            if frame is None or len(gathered) == self.settings.batch:
                yield gathered
                gathered = []
        if gathered:
            yield gathered

    def _prepare(self, decoded: Iterator[tuple[Frame | None, Heard]]) -> Iterator[PreparedFrame]:
        """Frames with all that the network is shown of them; those whose sound has not been heard wait for it."""
        waiting: deque[PreparedFrame] = deque()
        for frame, heard in decoded:
            if heard is not None and len(heard):
                self.session.hear(heard)
            if frame is not None:
                waiting.append(self.session.prepare(frame.picture, frame.time_s, wait_for_sound=True))
            while waiting and (ready := self.session.with_sound(waiting[0])) is not None:
                waiting.popleft()
                yield ready
        if waiting:
            self.session.end_of_sound()
            if not self.session.heard:
                raise AffectError("the video has no sound, which the model takes; give it a video with sound")
            yield from (ready for frame in waiting if (ready := self.session.with_sound(frame)) is not None)

    def _decoded(self, path: Path, limits: VideoLimits) -> Iterator[tuple[Frame | None, Heard]]:
        """Each frame with the sound from the one before up to it, and last the sound up to the end of the video."""
        rate = self.session.preprocessing.sound.rate
        source = sound.samples(path, rate, self.info.start_s) if self.session.listens else iter(())
        soundtrack = sound.Portions(source)
        try:
            for frame in frames(path, limits):
                yield frame, soundtrack.up_to(round(frame.time_s * rate))
                self._length_s = frame.time_s + frame.duration_s
            yield None, soundtrack.up_to(round(self._length_s * rate))
        except AffectError as error:
            if not self._length_s:
                raise
            self._broken = str(error)
