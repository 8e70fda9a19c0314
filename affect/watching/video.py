"""A video file watched: an answer for each frame as it is decoded, and a summary at the end."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.ahead import Ahead
from affect.errors import AffectError
from affect.faces.detector import Detector
from affect.media import sound
from affect.media.video import NO_LIMITS, Frame, VideoLimits, frames, probe
from affect.models.asking import Asks
from affect.preprocessing.looking import Points
from affect.watching.session import PreparedFrame, Session
from affect.watching.settings import WatchSettings
from affect.watching.watched import Watched

Heard = NDArray[np.float32]
"""Mono samples."""


class WatchedVideo(Watched):
    """Answers for each frame of a video.

    The file is decoded on a thread, faces are looked for on another, and the network is asked on the caller's. Memory
    does not grow with the length of the video but by some bytes a face.

    A file that cannot be read at all, is too large, or lacks what the network takes, raises AffectError (or
    TooLargeError) at once. One that turns out to be damaged, or too large, part of the way ends there; ``summary`` says
    where and why.
    """

    def __init__(
        self,
        video: str | Path,
        asker: Asks,
        detector: Detector | None,
        settings: WatchSettings | None = None,
        limits: VideoLimits = NO_LIMITS,
        points: Points | None = None,
    ) -> None:
        """``video`` is a path or s3:// URI; ``detector`` may be None for a network that takes sound alone.

        ``points`` finds 68 landmarks where the network takes them or they are asked for; None: the project's own.
        """
        settings = settings or WatchSettings()
        super().__init__(Session(asker.description, detector, settings, points, in_order=False), asker)
        with self._resources as stack:
            path = stack.enter_context(storage.local_copy(video))
            self.info = probe(path, limits)
            """Size of the upright picture, nominal rate, and duration as the headers say."""
            if self.session.listens and not self.info.sound:
                raise AffectError(f"{path} has no sound, which the model takes; give it a video with sound")
            decoded = stack.enter_context(Ahead(self._decoded(path, limits), settings.ahead))
            self._begin(self._prepare(path, decoded))
            self._resources = stack.pop_all()

    def _prepare(self, path: Path, decoded: Iterator[tuple[Frame | None, Heard]]) -> Iterator[PreparedFrame]:
        """Frames with all that the network is shown of them; those whose sound has not been heard wait for it."""
        waiting: deque[PreparedFrame] = deque()
        for frame, heard in decoded:
            if len(heard):
                self.session.hear(heard)
            if frame is not None:
                waiting.append(self.session.prepare(frame.picture, frame.time_s, wait_for_sound=True))
            while waiting and (ready := self.session.with_sound(waiting[0])) is not None:
                waiting.popleft()
                yield ready
        if waiting:
            if not self.session.heard:
                raise AffectError(f"{path} has no sound, which the model takes; give it a video with sound")
            self.session.end_of_sound()
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
            self._broken = str(error)
