"""A sound file, or a video's track, heard by a network that takes sound alone."""

from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

from affect import storage
from affect.ahead import Ahead
from affect.errors import AffectError
from affect.media import sound
from affect.media.video import NO_LIMITS, TooLargeError, VideoLimits, duration, moving_pictures, open_media, probe
from affect.models.answer import FrameAnswer
from affect.models.asking import Asker
from affect.watching.session import PreparedFrame, Session
from affect.watching.settings import WatchSettings

RATE = 30.0
"""Answers a second where there is no video to take the rate from: about that of the corpora."""


def watch_sound(
    media: str | Path,
    asker: Asker,
    settings: WatchSettings | None = None,
    limits: VideoLimits = NO_LIMITS,
    rate: float | None = None,
) -> Iterator[FrameAnswer]:
    """Answers at ``rate`` a second, from 0 s to the end of the sound, for a path or s3:// URI.

    None: as many as the video has frames, by its nominal rate, or RATE. Times count from the video's first frame where
    there is one. No picture but the first is decoded. Of ``limits`` only the seconds count.

    Raises AffectError, before the first answer, where there is no sound or the network takes more than sound, and
    TooLargeError where it is too long; where the sound is damaged part of the way, after the answers for what came
    before.
    """
    if asker.description.network.streams != ("sound",):
        raise AffectError("the model looks at faces too, not at sound alone; give it a video")
    settings = settings or WatchSettings()
    session = Session(asker.description, None, settings, in_order=False)
    return _answers(media, session, asker, settings, limits, rate)


def _answers(
    media: str | Path,
    session: Session,
    asker: Asker,
    settings: WatchSettings,
    limits: VideoLimits,
    rate: float | None,
) -> Iterator[FrameAnswer]:
    with storage.local_copy(media) as path:
        start_s, nominal, duration_s = _clock(path)
        if limits.seconds is not None and duration_s is not None and duration_s > limits.seconds:
            raise TooLargeError(f"{path} lasts {duration_s:g} s, {limits.seconds:g} s are allowed; shorten it first")
        heard = _moments(path, session, start_s, limits.seconds, rate or nominal)
        with Ahead(heard, settings.batch) as moments:
            while gathered := list(islice(moments, settings.batch)):
                yield from session.describe(gathered, asker(session.stretches(gathered)))


def _moments(
    path: Path, session: Session, start_s: float, longest_s: float | None, rate: float
) -> Iterator[PreparedFrame]:
    hertz, total = session.preprocessing.sound.rate, 0
    numbers = count()
    waiting = session.prepare(None, next(numbers) / rate, wait_for_sound=True)
    for part in sound.samples(path, hertz, start_s):
        session.hear(part)
        total += len(part)
        if longest_s is not None and total > longest_s * hertz:
            raise TooLargeError(f"{path} lasts more than the {longest_s:g} s that are allowed; shorten it first")
        while (ready := session.with_sound(waiting)) is not None:
            yield ready
            waiting = session.prepare(None, next(numbers) / rate, wait_for_sound=True)
    if not session.heard:
        raise AffectError(f"{path} has no sound; give a file that has")
    session.end_of_sound()
    while waiting.time_s < total / hertz:
        ready = session.with_sound(waiting)
        assert ready is not None
        yield ready
        waiting = session.prepare(None, next(numbers) / rate, wait_for_sound=True)


def _clock(path: Path) -> tuple[float, float, float | None]:
    """Where times begin on the file's clock, the rate of a video's frames or RATE, and how long it lasts, if known."""
    with open_media(path) as container:
        lasts_s, pictures = duration(container), moving_pictures(container)
    if pictures is None:
        return 0.0, RATE, lasts_s
    info = probe(path)
    return info.start_s, info.rate or RATE, lasts_s
