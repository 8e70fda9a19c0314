"""Sound to one log-magnitude spectrogram (BMVC 2019, section 3), and to the picture of it that a video frame gets."""

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, NamedTuple

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.media.video import Source, open_media
from affect.preprocessing.settings import SoundSettings

CHUNK_COLUMNS = 512
"""Columns computed at a time: what bounds the memory, about 5 MB."""

CLOCK_TOLERANCE_S = 0.05
"""A larger jump of the sound's time stamps is a gap or an overlap, not jitter."""

SILENCE = np.uint8(0)


class SoundError(AffectError):
    """The sound is damaged, whatever the pictures are."""


class SoundPart(NamedTuple):
    """Samples (channels, n), the first of them number ``position`` after what positions are counted from."""

    position: int
    samples: NDArray[Any]


def spectrogram(
    source: Source, settings: SoundSettings, start_s: float = 0.0, duration_s: float | None = None
) -> Iterator[NDArray[np.uint8]]:
    """Columns of the spectrogram in chunks (n, bins), n at most CHUNK_COLUMNS; nothing at all for a file without sound.

    Column k is the Hann window centred at k * hop / rate seconds after ``start_s`` on the file's clock (the first
    frame's time stamp); there are columns up to ``duration_s`` or the end of the sound, the earlier of the two. 0 is
    ``floor_db`` and below, 255 is 0 dB, the level of a sine at full scale, in equal steps of dB.
    """
    columns = Columns(settings)
    for part in samples(source, settings.rate, start_s, duration_s):
        columns.add(part)
        while columns.ready >= CHUNK_COLUMNS:
            yield columns.take(CHUNK_COLUMNS)
    columns.end()
    while columns.ready:
        yield columns.take(min(columns.ready, CHUNK_COLUMNS))


class Columns:
    """Columns of the spectrogram of sound that comes part by part, each as soon as its window is full.

    Column k is the Hann window centred on sample k * hop; before the first sample stands silence.
    """

    def __init__(self, settings: SoundSettings) -> None:
        self.settings = settings
        self.heard = 0
        """Samples so far."""
        self._taken = 0
        self._taper = np.hanning(settings.window).astype(np.float32)
        self._buffer = np.zeros(settings.window // 2, np.float32)
        self._ended = False

    def add(self, part: NDArray[np.float32]) -> None:
        """The next mono samples at the settings' rate, in [-1, 1]."""
        self._buffer, self.heard = np.concatenate([self._buffer, part]), self.heard + len(part)

    def end(self) -> None:
        """No more sound comes: silence follows it, and columns are ready that are centred on a sample there was."""
        self._buffer = np.concatenate([self._buffer, np.zeros(self.settings.window, np.float32)])
        self._ended = True

    @property
    def ready(self) -> int:
        """How many columns can be taken."""
        full = max(0, (len(self._buffer) - self.settings.window) // self.settings.hop + 1)
        return min(full, -(-self.heard // self.settings.hop) - self._taken) if self._ended else full

    def take(self, count: int) -> NDArray[np.uint8]:
        """The next ``count`` columns of those ready, (count, bins)."""
        if not count:
            return np.empty((0, self.settings.window // 2 + 1), np.uint8)
        columns = _columns(self._buffer, count, self._taper, self.settings)
        self._buffer, self._taken = self._buffer[count * self.settings.hop :], self._taken + count
        return columns


class Hearing:
    """Pictures of sound that is heard part by part, for frames whose times only grow; keeps the columns they need."""

    def __init__(self, settings: SoundSettings) -> None:
        self.settings = settings
        self._columns = Columns(settings)
        self._begins = 0
        self._spectrum = np.empty((0, settings.window // 2 + 1), np.uint8)
        self._ended = False

    @property
    def heard(self) -> int:
        """Samples so far."""
        return self._columns.heard

    def hear(self, part: NDArray[np.float32]) -> None:
        """The next mono samples at the settings' rate, in [-1, 1]; the first of all is at 0 s."""
        self._columns.add(part)
        self._take()

    def end(self) -> None:
        """No more sound comes."""
        self._columns.end()
        self._ended = True
        self._take()

    def reaches(self, time_s: float) -> bool:
        """Whether all has been heard that the picture at ``time_s`` shows."""
        last = first_column(time_s, self.settings) + self.settings.columns
        return self._ended or self._begins + len(self._spectrum) >= last

    def picture(self, time_s: float) -> NDArray[np.uint8]:
        """``frame_picture`` at ``time_s``, with silence in place of what has not been heard (yet)."""
        forgotten = min(max(0, first_column(time_s, self.settings) - self._begins), len(self._spectrum))
        self._begins, self._spectrum = self._begins + forgotten, self._spectrum[forgotten:]
        return frame_picture(self._spectrum, time_s, self.settings, self._begins)

    def _take(self) -> None:
        self._spectrum = np.concatenate([self._spectrum, self._columns.take(self._columns.ready)])


def column_time(column: int, settings: SoundSettings) -> float:
    """Seconds of the centre of a column's window, on the clock of the frames' time stamps."""
    return column * settings.hop / settings.rate


def first_column(time_s: float, settings: SoundSettings) -> int:
    """Number of the first column around a video frame at ``time_s``, negative near the beginning.

    The columns are those centred on it, or with ``causal`` those whose windows end by then.
    """
    if settings.causal:
        last = int(np.floor((time_s * settings.rate - settings.window // 2) / settings.hop + 1e-9))
        return last - settings.columns + 1
    return round(time_s * settings.rate / settings.hop) - settings.columns // 2


def frame_picture(
    spectrum: NDArray[np.uint8], time_s: float, settings: SoundSettings, begins: int = 0
) -> NDArray[np.uint8]:
    """The picture of the sound around a video frame, (columns, columns), row 0 the lowest frequencies; 0 is silence.

    ``spectrum`` holds a clip's columns from number ``begins`` on as stored, (n, bins). Beyond the ends of the sound
    stands silence: what the window over zeros gives.
    """
    first = first_column(time_s, settings) - begins
    cut = np.full((settings.columns, spectrum.shape[1]), SILENCE, np.uint8)
    low, high = max(first, 0), min(first + settings.columns, len(spectrum))
    if low < high:
        cut[low - first : high - first] = spectrum[low:high]
    side = settings.columns, settings.columns
    return np.asarray(cv2.resize(cut.T, side, interpolation=cv2.INTER_AREA), np.uint8)


def samples(
    source: Source, rate: int, start_s: float = 0.0, duration_s: float | None = None
) -> Iterator[NDArray[np.float32]]:
    """Mono samples in [-1, 1] at ``rate``, the first at ``start_s`` on the file's clock, none past ``duration_s``.

    Gaps in the file's time stamps become zeros. Raises SoundError when the sound is damaged.
    """
    end = np.inf if duration_s is None else round(duration_s * rate)
    written = 0
    # 16 bits, since libswresample scales a mix of channels so that it cannot clip for whole numbers only.
    for position, (part,) in sound_parts(source, "s16", "mono", rate, start_s):
        while written < min(position, end):
            gap = np.zeros(min(position - written, rate), np.float32)[: int(min(end - written, rate))]
            written += len(gap)
            yield gap
        fresh = part[max(0, written - position) :].astype(np.float32) / 32768
        fresh = fresh[: int(min(end - written, len(fresh)))]
        if len(fresh):
            written += len(fresh)
            yield fresh
        if written >= end:
            return


class Portions:
    """Samples as ``samples`` yields them, in portions that end where they are asked to."""

    def __init__(self, source: Iterator[NDArray[np.float32]]) -> None:
        self._source = source
        self._left = np.empty(0, np.float32)
        self._given = 0

    def up_to(self, end: int) -> NDArray[np.float32]:
        """The next samples, up to number ``end`` or the end of the sound; none where that is past."""
        parts = [self._left]
        count = len(self._left)
        while self._given + count < end and (part := next(self._source, None)) is not None:
            parts.append(part)
            count += len(part)
        whole = np.concatenate(parts)
        portion, self._left = np.split(whole, [max(0, end - self._given)])
        self._given += len(portion)
        return portion


def sound_parts(source: Source, sample_format: str, layout: str, rate: int, start_s: float) -> Iterator[SoundPart]:
    """All of the sound in order, as FFmpeg's ``sample_format`` and ``layout`` at ``rate``; none of a file without.

    Positions count from ``start_s`` on the file's clock, and are less than 0 before it. Where time stamps jump, so do
    they. Raises SoundError when the sound is damaged.
    """
    with open_media(source) as container:
        if not container.streams.audio:
            return
        resampler = av.AudioResampler(format=sample_format, layout=layout, rate=rate)
        clock: float | None = None  # when the next input sample is due
        position = 0
        try:
            for frame in _decoded(container, container.streams.audio[0]):
                due = clock or 0.0
                stamp = due if frame.pts is None else float(frame.pts * frame.time_base) - start_s
                if clock is None or abs(stamp - due) > CLOCK_TOLERANCE_S:
                    position += round((stamp - due) * rate)
                    due = stamp
                clock = due + frame.samples / frame.sample_rate
                for part in resampler.resample(frame):
                    yield SoundPart(position, part.to_ndarray())
                    position += part.samples
            if clock is not None:
                for part in resampler.resample(None):
                    yield SoundPart(position, part.to_ndarray())
                    position += part.samples
        except (av.error.FFmpegError, ValueError) as error:
            name = PurePath(container.name).name
            raise SoundError(f"the sound of {name} is damaged after {clock or 0:.2f} s: {error}") from error


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    for packet in container.demux(stream):
        if packet.is_corrupt:
            raise ValueError("its data ends in the middle of a packet")
        yield from packet.decode()


def _columns(
    buffer: NDArray[np.float32], count: int, taper: NDArray[np.float32], settings: SoundSettings
) -> NDArray[np.uint8]:
    windows = np.lib.stride_tricks.sliding_window_view(buffer, settings.window)[: count * settings.hop : settings.hop]
    magnitude = np.abs(np.fft.rfft(windows[:count] * taper, axis=1)) / (taper.sum() / 2)  # a full-scale sine gives 1
    decibels = np.clip(20 * np.log10(np.maximum(magnitude, 1e-12)), settings.floor_db, 0)
    levels: NDArray[np.uint8] = np.rint((1 - decibels / settings.floor_db) * 255).astype(np.uint8)
    return levels
