"""Video files as streams of upright frames, each at its own time stamp."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import av
import numpy as np
from numpy.typing import NDArray

from affect.errors import AffectError

Source = str | os.PathLike[str] | BinaryIO
"""A local path, or an open file that can seek."""


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


def frames(source: Source) -> Iterator[Frame]:
    """Every frame in order, decoded one at a time on one thread.

    Raises AffectError when the file is not a video, holds no frame, or breaks off or is damaged part of the way.
    """
    with open_media(source) as container:
        yield from _frames(container, video_stream(container), _name(source))


def probe(source: Source) -> VideoInfo:
    """Facts of a video. Raises AffectError as ``frames`` does."""
    with open_media(source) as container:
        stream = video_stream(container)
        decoded = next(_decoded(container, stream, _name(source)), None)
        if decoded is None:
            raise AffectError(f"{_name(source)} holds no frame")
        height, width = _upright(decoded).shape[:2]
        rate = float(stream.average_rate or stream.guessed_rate or 0.0)
        return VideoInfo(
            width=width,
            height=height,
            rate=rate,
            duration_s=None if container.duration is None else container.duration / av.time_base,
            start_s=_stamp(decoded, stream, 0.0),
            sound=bool(container.streams.audio),
        )


def open_media(source: Source) -> Any:
    """An opened PyAV container. Raises AffectError when the file cannot be read as media."""
    try:
        return av.open(source if hasattr(source, "read") else os.fspath(source))
    except FileNotFoundError as error:
        raise AffectError(f"{_name(source)} does not exist") from error
    except (av.error.FFmpegError, ValueError) as error:
        raise AffectError(f"{_name(source)} is not a readable media file: {_reason(error)}") from error


def video_stream(container: Any) -> Any:
    """The first stream of moving pictures, set to decode on one thread. Raises AffectError when there is none."""
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            stream.thread_type = "NONE"
            stream.codec_context.thread_count = 1
            return stream
    raise AffectError(f"{_name(container.name)} has no video stream")


def _frames(container: Any, stream: Any, name: str) -> Iterator[Frame]:
    rate = float(stream.average_rate or stream.guessed_rate or 25)
    start, time_s, index = 0.0, 0.0, -1
    for index, decoded in enumerate(_decoded(container, stream, name)):
        duration = float((decoded.duration or 0) * stream.time_base) or 1 / rate
        if index == 0:
            start = _stamp(decoded, stream, 0.0)
        time_s = _stamp(decoded, stream, start + index / rate) - start
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
    return str(getattr(source, "name", source))


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
