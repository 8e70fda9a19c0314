"""A sound file, or a video's track, heard by a network that takes sound alone."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from affect import storage
from affect.errors import AffectError
from affect.media import sound
from affect.media.video import NO_LIMITS, TooLargeError, VideoLimits, duration, moving_pictures, open_media, probe
from affect.models.asking import Asks
from affect.watching.session import PreparedFrame, Session
from affect.watching.settings import WatchSettings
from affect.watching.watched import Watched

RATE = 30.0
"""Answers a second where there is no video to take the rate from: about that of the corpora."""
MOST_RATE = 100.0
"""Answers a second, at most."""


class WatchedSound(Watched):
    """Answers at a fixed rate, from 0 s to the end of the sound, each with "sound" and without faces.

    A file that cannot be read at all, has no sound or is too long, raises AffectError (or TooLargeError) at once, and
    so does a network that takes more than sound. Sound that turns out to be damaged, or too long, part of the way ends
    there; ``summary`` says where and why.
    """

    def __init__(
        self,
        media: str | Path,
        asker: Asks,
        settings: WatchSettings | None = None,
        limits: VideoLimits = NO_LIMITS,
        rate: float | None = None,
    ) -> None:
        """``media`` is a path or s3:// URI of a sound or a video, whose pictures are not decoded but for the first.

        ``rate`` is in answers a second; None: the nominal rate of a video's frames, up to MOST_RATE, or RATE. Times
        count from the video's first frame where there is one. Of ``limits`` the frames do not count.
        """
        if asker.description.network.streams != ("sound",):
            raise AffectError("the model looks at faces too, not at sound alone; give it a video")
        super().__init__(Session(asker.description, None, settings or WatchSettings(), in_order=False), asker)
        with self._resources as stack:
            path = stack.enter_context(storage.local_copy(media))
            start_s, self.rate = _begins(path, limits)
            """Answers a second."""
            self.rate = rate or self.rate
            self._begin(self._moments(path, start_s, limits))
            self._resources = stack.pop_all()

    def _moments(self, path: Path, start_s: float, limits: VideoLimits) -> Iterator[PreparedFrame]:
        hertz, total = self.session.preprocessing.sound.rate, 0
        moments = (self.session.prepare(None, number / self.rate, wait_for_sound=True) for number in count())
        moment = next(moments)
        try:
            for part in sound.samples(path, hertz, start_s):
                self.session.hear(part)
                total += len(part)
                if limits.seconds is not None and total > limits.seconds * hertz:
                    raise TooLargeError(f"{path} lasts more than the {limits.seconds:g} s that are allowed")
                self._length_s = total / hertz
                while (ready := self.session.with_sound(moment)) is not None:
                    yield ready
                    moment = next(moments)
        except AffectError as error:
            self._broken = str(error)
        self.session.end_of_sound()
        while moment.time_s < total / hertz and (ready := self.session.with_sound(moment)) is not None:
            yield ready
            moment = next(moments)


def _begins(path: Path, limits: VideoLimits) -> tuple[float, float]:
    """Where times begin on the file's clock, and the rate of a video's frames or RATE."""
    with open_media(path) as container:
        lasts_s, pictures = duration(container), moving_pictures(container)
        if not container.streams.audio:
            raise AffectError(f"{path} has no sound; give a file that has")
    if limits.seconds is not None and lasts_s is not None and lasts_s > limits.seconds:
        raise TooLargeError(f"{path} lasts {lasts_s:g} s, {limits.seconds:g} s are allowed; shorten it first")
    if pictures is None:
        return 0.0, RATE
    info = probe(path, limits.model_copy(update={"frames": None}))
    return info.start_s, info.rate if 0 < info.rate <= MOST_RATE else RATE
