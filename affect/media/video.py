"""Video files as streams of upright frames, each at its own time stamp."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import av
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from affect.configuration import Configuration
from affect.errors import AffectError

Source = str | os.PathLike[str] | BinaryIO
"""A local path, or an open file that can seek."""

CONTAINERS = (
    "mov", "matroska", "avi", "asf", "flv", "mpeg", "mpegts", "mpegvideo", "m4v", "h264", "hevc", "ivf", "mxf", "dv",
    "ogg", "gif", "wav", "w64", "aiff", "mp3", "aac", "flac", "amr",
)  # fmt: skip
"""What is read, by libavformat's names. Playlists and lists of other files are not among them: such a file from outside
could name any file of this machine, or any address."""


class TooLargeError(AffectError):
    """A video that exceeds a limit."""


class VideoLimits(Configuration):
    """The largest video that is taken; None: no limit."""

    seconds: float | None = Field(default=None, gt=0)
    pixels: int | None = Field(default=None, gt=0)
    """Of one picture."""
    frames: int | None = Field(default=None, gt=0)


NO_LIMITS = VideoLimits()


@dataclass(frozen=True)
class Frame:
    """A decoded frame, upright, RGB (height, width, 3).

    ``time_s`` counts from the first frame by the file's own time stamps, so a variable frame rate is kept.
    """

    index: int
    time_s: float
    picture: NDArray[np.uint8]
    duration_s: float = 0.0


@dataclass(frozen=True)
class VideoInfo:
    """What is known of a video from its headers and its first frame."""

    width: int  # of the upright picture
    height: int
    rate: float  # frames a second, nominal
    duration_s: float | None
    start_s: float  # the first frame's time stamp on the file's clock, which sound shares
    sound: bool


def frames(source: Source, limits: VideoLimits = NO_LIMITS) -> Iterator[Frame]:
    """Every frame in order, decoded one at a time on one thread.

    Raises AffectError when the file is not a video, holds no frame, or breaks off or is damaged part of the way, and
    TooLargeError where it exceeds ``limits``: before the first frame if its headers say so, else when it does.
    """
    with open_media(source) as container:
        stream = video_stream(container)
        _check(container, stream, limits, _name(source))
        yield from _frames(container, stream, _name(source), limits)


def probe(source: Source, limits: VideoLimits = NO_LIMITS) -> VideoInfo:
    """Facts of a video. Raises AffectError and TooLargeError as ``frames`` does."""
    with open_media(source) as container:
        stream = video_stream(container)
        _check(container, stream, limits, _name(source))
        decoded = next(_decoded(container, stream, _name(source)), None)
        if decoded is None:
            raise AffectError(f"{_name(source)} holds no frame")
        height, width = _upright(decoded).shape[:2]
        rate = float(stream.average_rate or stream.guessed_rate or 0.0)
        return VideoInfo(
            width=width,
            height=height,
            rate=rate,
            duration_s=duration(container),
            start_s=_stamp(decoded, stream, 0.0),
            sound=bool(container.streams.audio),
        )


def length(source: Source) -> float:
    """Seconds from the first frame to the end of the last, by the time stamps of all packets; nothing is decoded.

    Headers say how long the file is with its sound, on a clock that need not begin with the first frame, or nothing.
    Raises AffectError as ``probe`` does.
    """
    with open_media(source) as container:
        stream = video_stream(container)
        ends = [
            (stamp, stamp + (packet.duration or 0))
            for packet in container.demux(stream)
            if packet.size and not packet.is_discard
            for stamp in (packet.dts if packet.pts is None else packet.pts,)
            if stamp is not None
        ]
        if not ends:
            raise AffectError(f"{_name(source)} holds no frame with a time stamp")
        return float((max(end for _, end in ends) - min(start for start, _ in ends)) * stream.time_base)


def open_media(source: Source) -> Any:
    """An opened PyAV container, one of CONTAINERS. Raises AffectError when the file cannot be read as media."""
    options = {"format_whitelist": ",".join(CONTAINERS), "protocol_whitelist": "file"}
    try:
        return av.open(source if hasattr(source, "read") else os.fspath(source), options=options)
    except FileNotFoundError as error:
        raise AffectError(f"{_name(source)} does not exist") from error
    except (av.error.FFmpegError, ValueError) as error:
        raise AffectError(f"{_name(source)} is not a readable media file: {_reason(error)}") from error


def duration(container: Any) -> float | None:
    """Seconds that the headers of a container say it lasts."""
    return None if container.duration is None else container.duration / av.time_base


def moving_pictures(container: Any) -> Any:
    """The first stream of moving pictures; None where there is none, as in sound with a cover picture."""
    cover = av.stream.Disposition.attached_pic
    return next((stream for stream in container.streams.video if not stream.disposition & cover), None)


def video_stream(container: Any) -> Any:
    """``moving_pictures``, set to decode on one thread. Raises AffectError where there are none."""
    stream = moving_pictures(container)
    if stream is None:
        raise AffectError(f"{_name(container.name)} has no video stream")
    if stream.codec_context is None:
        raise AffectError(f"the video of {_name(container.name)} is of a kind that cannot be decoded; convert it first")
    stream.thread_type = "NONE"
    stream.codec_context.thread_count = 1
    return stream


def _check(container: Any, stream: Any, limits: VideoLimits, name: str) -> None:
    """Raise TooLargeError where the headers say that a video exceeds the limits."""
    _within(limits.seconds, duration(container) or 0.0, "s", name)
    _within(limits.frames, stream.frames, "frames", name)
    _within(limits.pixels, stream.codec_context.width * stream.codec_context.height, "pixels", name)
    if limits.pixels is not None:  # a stream may be larger than its headers say: the decoder refuses to begin then
        stream.codec_context.options = {"max_pixels": str(limits.pixels)}


def _within(limit: float | None, value: float, unit: str, name: str) -> None:
    if limit is not None and value > limit:
        raise TooLargeError(f"{name} has {value:g} {unit}, {limit:g} are allowed; shorten or reduce it first")


def _frames(container: Any, stream: Any, name: str, limits: VideoLimits) -> Iterator[Frame]:
    rate = float(stream.average_rate or stream.guessed_rate or 25)
    start, time_s, index = 0.0, 0.0, -1
    for index, decoded in enumerate(_decoded(container, stream, name)):
        duration = float((decoded.duration or 0) * stream.time_base) or 1 / rate
        if index == 0:
            start = _stamp(decoded, stream, 0.0)
        time_s = _stamp(decoded, stream, start + index / rate) - start
        _within(limits.seconds, time_s, "s", name)
        _within(limits.frames, index + 1, "frames", name)
        _within(limits.pixels, decoded.width * decoded.height, "pixels", name)
        yield Frame(index, time_s, _upright(decoded), duration)
    if index < 0:
        raise AffectError(f"{name} holds no frame")


def _decoded(container: Any, stream: Any, name: str) -> Iterator[Any]:
    packets, seen = 0, 0
    try:
        for packet in container.demux(stream):
            packets += packet.size > 0
            if packet.is_corrupt:
                raise AffectError(f"{name} breaks off after {seen} frames: its data ends in the middle of a frame")
            for decoded in packet.decode():
                if decoded.is_corrupt:
                    raise AffectError(f"{name} is damaged at frame {seen}")
                yield decoded
                seen += 1
    except av.error.FFmpegError as error:
        raise AffectError(f"{name} is damaged after {seen} frames: {_reason(error)}") from error
    # An MP4's index states its packets; a file cut between two of them ends without an error.
    if "mp4" in container.format.name and packets < stream.frames:
        raise AffectError(f"{name} breaks off after {seen} frames: {packets} of {stream.frames} packets are there")


def _stamp(decoded: Any, stream: Any, otherwise: float) -> float:
    """Seconds on the file's clock; ``otherwise`` where the file has none, as in a raw stream."""
    return otherwise if decoded.pts is None else float(decoded.pts * stream.time_base)


def _upright(decoded: Any) -> NDArray[np.uint8]:
    picture: NDArray[np.uint8] = decoded.to_ndarray(format="rgb24")
    side = decoded.side_data.get("DISPLAYMATRIX")
    if side is None:
        return picture
    # libavutil/display.h: shown x = a x + c y, shown y = b x + d y; only turns by 90 degrees and flips occur.
    a, b, _, c, d = np.frombuffer(side, np.int32)[:5].tolist()
    if abs(c) > abs(a):
        picture, a, d = picture.transpose(1, 0, 2), c, b
    return np.ascontiguousarray(picture[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])


def _name(source: Any) -> str:
    return str(getattr(source, "name", "the file" if hasattr(source, "read") else source))


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
