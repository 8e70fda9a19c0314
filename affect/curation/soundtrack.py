"""The sound of a recording in parts that know their place, with its own rate and channels where AAC has them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.media.sound import CLOCK_TOLERANCE_S
from affect.media.video import open_media

AAC_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""Up to 48 kHz, which every player takes; other rates become 48 kHz."""


class SoundError(AffectError):
    """The sound is damaged, whatever the pictures are."""


@dataclass(frozen=True)
class SoundPart:
    """Samples (channels, n) in [-1, 1], the first of them number ``position`` after the first frame of the video."""

    position: int
    samples: NDArray[np.float32]


@dataclass(frozen=True)
class SoundForm:
    rate: int
    layout: str
    """``mono`` or ``stereo``, which more channels are mixed down to."""


def sound_form(media: Path) -> SoundForm | None:
    """What ``sound_parts`` gives of a file; None where it has no sound."""
    with open_media(media) as container:
        if not container.streams.audio:
            return None
        stream = container.streams.audio[0]
        rate = stream.rate if stream.rate in AAC_RATES else AAC_RATES[-1]
        return SoundForm(rate, "mono" if stream.channels == 1 else "stereo")


def sound_parts(media: Path, form: SoundForm, start_s: float) -> Iterator[SoundPart]:
    """All of the sound, in order; positions count from ``start_s`` on the file's clock, and are less than 0 before it.

    Where time stamps jump, so does the position. Raises SoundError when the sound is damaged.
    """
    with open_media(media) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="fltp", layout=form.layout, rate=form.rate)
        due: float | None = None  # when the next input sample is due
        position = 0
        try:
            for frame in _decoded(container, stream):
                expected = due or 0.0
                stamp = expected if frame.pts is None else float(frame.pts * frame.time_base) - start_s
                if due is None or abs(stamp - expected) > CLOCK_TOLERANCE_S:
                    position += round((stamp - expected) * form.rate)
                    expected = stamp
                due = expected + frame.samples / frame.sample_rate
                for part in _parts(position, resampler.resample(frame)):
                    yield part
                    position = part.position + part.samples.shape[1]
            if due is not None:
                yield from _parts(position, resampler.resample(None))
        except (av.error.FFmpegError, ValueError) as error:
            raise SoundError(f"the sound of {media.name} is damaged after {due or 0:.2f} s: {error}") from error


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    for packet in container.demux(stream):
        if packet.is_corrupt:
            raise ValueError("its data ends in the middle of a packet")
        yield from packet.decode()


def _parts(position: int, frames: list[Any]) -> Iterator[SoundPart]:
    for frame in frames:
        samples = frame.to_ndarray()
        yield SoundPart(position, samples)
        position += samples.shape[1]
