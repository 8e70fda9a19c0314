"""The second of two passes over a recording: its clips, written side by side while it is decoded once more."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affect.curation.plan import Part
from affect.curation.rate import chosen_frames
from affect.curation.settings import CurationSettings
from affect.curation.soundtrack import SoundForm, sound_form
from affect.curation.writer import ClipWriter
from affect.media.sound import SoundPart, sound_parts
from affect.media.video import frames, probe

Seen = Callable[[int, int, NDArray[np.uint8]], None]
"""Called for each frame written, with the clip's number, its frame and the upright picture."""

SILENCE_S = 1.0
"""Silence is made in pieces of this length, so that a long gap needs no more memory."""


def clip_frames(times: NDArray[np.float64], part: Part, fps: int) -> NDArray[np.int64]:
    """The recording's frame for each frame of a clip; ``times`` are as in Watched."""
    return chosen_frames(times[part.begin : part.end + 1], fps) + part.begin


def cut_clips(
    media: Path,
    times: NDArray[np.float64],
    clips: Sequence[tuple[Path, Part]],
    settings: CurationSettings,
    seen: Seen,
    *,
    with_sound: bool = True,
) -> SoundForm | None:
    """Write each of ``clips`` to its path; returns what their sound is, None where the recording has none.

    Sound is as long as the pictures; where the recording has a gap in it, or ends early, there is silence. Raises
    AffectError where pictures cannot be read, and of its kind SoundError where the sound cannot.
    """
    info = probe(media)
    form = sound_form(media) if with_sound else None
    heard = _Heard(sound_parts(media, "fltp", form.layout, form.rate, info.start_s) if form else iter(()))
    waiting = [
        (number, _Cut(path, times, part, settings, form, (info.width, info.height)))
        for number, (path, part) in enumerate(clips)
    ]
    try:
        for frame in frames(media):
            for number, cut in waiting:
                for place in range(*np.searchsorted(cut.sources, [frame.index, frame.index + 1]).tolist()):
                    cut.show(frame.picture)
                    seen(number, place, frame.picture)
            # Pictures and sound go side by side, or the file's writer would have to hold one of them back.
            if form is not None:
                heard.until(round(frame.time_s * form.rate), [cut for _, cut in waiting])
            for _, cut in waiting:
                if cut.sources[-1] <= frame.index:
                    heard.until(cut.sound_end, [cut for _, cut in waiting])
                    cut.finish()
            waiting = [(number, cut) for number, cut in waiting if cut.sources[-1] > frame.index]
            if not waiting:
                break
    finally:
        for _, cut in waiting:
            cut.abandon()
    return form


class _Cut:
    """A clip that is waited for or written."""

    def __init__(
        self,
        path: Path,
        times: NDArray[np.float64],
        part: Part,
        settings: CurationSettings,
        form: SoundForm | None,
        size: tuple[int, int],
    ) -> None:
        self.sources = clip_frames(times, part, settings.fps)
        rate = form.rate if form else 0
        self._sound_begin = round(times[part.begin] * rate)
        self.sound_end = self._sound_begin + round(len(self.sources) / settings.fps * rate)
        """Samples of the recording."""
        self._piece = max(1, round(SILENCE_S * rate))
        self._channels = 1 if form is None or form.layout == "mono" else 2
        self._open = partial(ClipWriter, path, *size, settings.fps, settings.crf, form)
        self._writer: ClipWriter | None = None

    @property
    def writer(self) -> ClipWriter:
        if self._writer is None:  # a recording may have hundreds of clips, and few at a time
            self._writer = self._open()
        return self._writer

    def show(self, picture: NDArray[np.uint8]) -> None:
        self.writer.picture(picture)

    def hear(self, part: SoundPart) -> None:
        """Take what of ``part`` belongs to the clip, and silence for what is missing before it."""
        if part.position >= self.sound_end or part.position + part.samples.shape[1] <= self._sound_begin:
            return
        self._silence(part.position)
        due = self._sound_begin + self.writer.samples
        self.writer.sound(part.samples[:, max(0, due - part.position) : max(0, self.sound_end - part.position)])

    def finish(self) -> None:
        self._silence(self.sound_end)
        self.writer.close()
        self._writer = None  # an encoder holds megabytes

    def abandon(self) -> None:
        if self._writer is not None:
            self._writer.abandon()

    def _silence(self, until: int) -> None:
        while (missing := min(until, self.sound_end) - self._sound_begin - self.writer.samples) > 0:
            self.writer.sound(np.zeros((self._channels, min(missing, self._piece)), np.float32))


class _Heard:
    """The sound of a recording, gone through once for all its clips."""

    def __init__(self, parts: Iterator[SoundPart]) -> None:
        self._parts = parts
        self._reached: float = -np.inf

    def until(self, position: int, cuts: Sequence[_Cut]) -> None:
        """Give ``cuts`` all parts that begin before ``position``."""
        while self._reached < position:
            part = next(self._parts, None)
            if part is None:
                self._reached = np.inf
                return
            self._reached = part.position + part.samples.shape[1]
            for cut in cuts:
                cut.hear(part)
