"""A video with what was said of its faces drawn on it: H.264 in MP4, without sound."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from affect.curation.writer import COLOURS, PRESET
from affect.media.video import VideoInfo
from affect.models.answer import FrameAnswer
from affect.models.drawing import draw

TICKS = 90_000
"""Of a second: frames keep their own time stamps, whatever their rate."""

CRF = 20
"""libx264's constant quality: drawn lines stay clean."""


class AnnotatedVideo:
    """Writes frames with their answers to ``path``, in order; ``close`` completes the file.

    An odd last row or column of the pictures is cut off, since yuv420p has none.
    """

    def __init__(self, path: Path, info: VideoInfo) -> None:
        self.width, self.height = info.width // 2 * 2, info.height // 2 * 2
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "faststart"})
        rate = Fraction(info.rate).limit_denominator(1001) if info.rate > 0 else Fraction(25)
        self._stream = self._container.add_stream("libx264", rate=rate, options={"preset": PRESET, "crf": str(CRF)})
        self._stream.width, self._stream.height, self._stream.pix_fmt = self.width, self.height, "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, TICKS)
        self._stream.codec_context.colorspace = COLOURS

    def add(self, picture: NDArray[np.uint8], answer: FrameAnswer) -> None:
        """The next frame, RGB (height, width, 3), upright."""
        drawn = draw(picture, answer["faces"])[: self.height, : self.width]
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(drawn), format="rgb24")
        frame.pts, frame.time_base = round(answer["time_s"] * TICKS), Fraction(1, TICKS)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()
