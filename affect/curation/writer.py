"""One clip as MP4: H.264 and AAC, which browsers play and every tool reads, with its index in front (faststart)."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from affect.curation.soundtrack import SoundForm

COLOURS = 6
"""SMPTE 170M in the codec's numbering: the matrix of what PyAV makes of RGB, said so that players show it right."""

PRESET = "veryfast"
"""At a given quality slower ones save space, not losses."""


class ClipWriter:
    """Call ``close`` at the end, or ``abandon``.

    An odd last row or column of the pictures is cut off, since yuv420p has none.
    """

    def __init__(self, path: Path, width: int, height: int, fps: int, crf: int, sound: SoundForm | None) -> None:
        self.width, self.height = width // 2 * 2, height // 2 * 2
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "faststart"})
        self._video = self._container.add_stream("libx264", rate=fps, options={"preset": PRESET, "crf": str(crf)})
        self._video.width, self._video.height, self._video.pix_fmt = self.width, self.height, "yuv420p"
        self._video.codec_context.time_base = Fraction(1, fps)
        self._video.codec_context.colorspace = COLOURS
        self._video.codec_context.thread_count = 1
        self._audio = None
        if sound is not None:
            bit_rate = 96_000 if sound.layout == "mono" else 192_000
            self._audio = self._container.add_stream("aac", rate=sound.rate, layout=sound.layout, bit_rate=bit_rate)
        self._form = sound
        self.frames = 0
        self.samples = 0

    def picture(self, picture: NDArray[np.uint8]) -> None:
        """The next frame, RGB (height, width, 3)."""
        cut = np.ascontiguousarray(picture[: self.height, : self.width])
        frame = av.VideoFrame.from_ndarray(cut, format="rgb24")
        frame.pts, frame.time_base = self.frames, self._video.codec_context.time_base
        self._container.mux(self._video.encode(frame))
        self.frames += 1

    def sound(self, samples: NDArray[np.float32]) -> None:
        """The next samples (channels, n)."""
        if self._audio is None or self._form is None:
            raise ValueError("this clip was begun without sound")
        if samples.shape[1]:
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", self._form.layout)
            frame.sample_rate, frame.time_base, frame.pts = self._form.rate, Fraction(1, self._form.rate), self.samples
            self._container.mux(self._audio.encode(frame))
            self.samples += samples.shape[1]

    def abandon(self) -> None:
        """Let go of a file that will not be completed."""
        self._container.close()

    def close(self) -> None:
        """Write what the encoders hold back; without it the file is of no use."""
        self._container.mux(self._video.encode(None))
        if self._audio is not None:
            self._container.mux(self._audio.encode(None))
        self._container.close()
