"""How many frames a video has and how fast they come, for labels that are not given frame by frame."""

import av

from affect import storage
from affect.errors import AffectError
from affect.media.video import open_media, probe, video_stream


def frame_count(uri: str) -> int:
    """The number of frames in a video file, without decoding them: each lies in a packet of its own.

    Raises AffectError naming what is not a video or is damaged.
    """
    try:
        with storage.local_copy(uri) as path, open_media(path) as container:
            return sum(packet.size > 0 for packet in container.demux(video_stream(container)))
    except (AffectError, av.error.FFmpegError) as error:
        raise AffectError(f"the frames of {uri} cannot be counted: {error}") from error


def frame_rate(uri: str) -> float:
    """Frames a second of a video file. Raises AffectError naming what is not a video or does not say."""
    try:
        with storage.local_copy(uri) as path:
            rate = probe(path).rate
    except AffectError as error:
        raise AffectError(f"the frame rate of {uri} cannot be read: {error}") from error
    if rate <= 0:
        raise AffectError(f"{uri} does not say how many frames a second it has; convert it to a fixed rate")
    return rate
