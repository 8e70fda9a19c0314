"""Small videos, pictures and sounds for tests, and a corpus of whatever lies in a folder."""

import os
import signal
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

from affect.corpora.corpus import Clip, FrameLabels, Still
from affect.labels import ACTION_UNITS
from affect.media.pictures import decode_picture

TICKS = 90_000


def portrait(side: int = 224) -> NDArray[np.uint8]:
    """A real face, about half of the picture high."""
    return cv2.resize(skimage.data.astronaut()[20:244, 110:334], (side, side), interpolation=cv2.INTER_AREA)


def make_video(
    path: Path,
    pictures: Sequence[NDArray[np.uint8]],
    rate: Fraction | int = 30,
    times: Sequence[float] | None = None,
    sound: NDArray[np.float64] | None = None,
    sound_rate: int = 44_100,
    sound_start: float = 0.0,
    layout: str = "mono",
) -> Path:
    """H.264 with uncompressed sound in the container that the name's ending tells; ``times`` in seconds."""
    times = [float(index / Fraction(rate)) for index in range(len(pictures))] if times is None else times
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        video = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "10"})
        video.height, video.width = pictures[0].shape[:2]
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = video.time_base = Fraction(1, TICKS)
        audio = None if sound is None else container.add_stream("pcm_s16le", rate=sound_rate, layout=layout)
        for picture, time_s in zip(pictures, times, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = round(time_s * TICKS), Fraction(1, TICKS)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if audio is not None and sound is not None:
            _encode_sound(container, audio, sound, sound_start)
    return path


def make_sound(path: Path, sound: NDArray[np.float64], rate: int = 44_100, layout: str = "mono") -> Path:
    """Uncompressed samples in [-1, 1], the same in each channel."""
    with av.open(str(path), "w") as container:
        _encode_sound(container, container.add_stream("pcm_s16le", rate=rate, layout=layout), sound, 0.0)
    return path


def _encode_sound(
    container: av.container.OutputContainer, stream: av.AudioStream, sound: NDArray[np.float64], start: float
) -> None:
    channels = {"mono": 1, "stereo": 2}[stream.layout.name]
    whole = np.repeat(np.rint(sound * 32_767).astype(np.int16)[:, None], channels, axis=1)
    for first in range(0, len(whole), 1024):
        part = whole[first : first + 1024].reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), format="s16", layout=stream.layout.name)
        frame.sample_rate, frame.time_base = stream.rate, Fraction(1, stream.rate)
        frame.pts = round(start * stream.rate) + first
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def turn(path: Path, target: Path, matrix: tuple[int, int, int, int]) -> Path:
    """A copy of an MP4 or MOV file to be shown through (a, b, c, d): x' = a x + c y, y' = b x + d y."""
    data = path.read_bytes()
    place = data.index(b"tkhd") + 4 + 40  # version 0
    a, b, c, d = (value * 65536 for value in matrix)
    target.write_bytes(data[:place] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + data[place + 36 :])
    return target


def _load(path: Path) -> NDArray[np.uint8]:
    return decode_picture(path.read_bytes())


@dataclass(frozen=True)
class FolderOfClips:
    """A corpus of the files in a folder; ``name.labels`` beside a clip says how many frames are annotated."""

    root: str
    persons: tuple[str, ...] = ("main",)
    synthetic: bool = True
    name: str = "made"
    cropped: bool = False
    given: dict[int, dict[str, Any]] = field(default_factory=dict)
    driver: int = 0
    """When set, the first process other than this one that reads labels is killed."""

    def clips(self) -> Iterator[Clip]:
        kinds = {".mp4": "video", ".mov": "video", ".png": "pictures", ".frames": "frames", ".pictures": "pictures"}
        for path in sorted(Path(self.root).iterdir()):
            if path.suffix in kinds:
                subjects = ("someone",) * len(self.persons)
                kind = kinds[path.suffix]
                yield Clip(self.name, "train", path.stem, str(path), kind, self.persons, subjects, self.cropped)

    def stills(self, clip: Clip) -> Iterator[Still]:
        """Of a folder its numbered pictures; ``given`` has what else is known of each, by its number."""
        media = Path(clip.media)
        for place, path in enumerate([media] if media.is_file() else sorted(media.glob("*.png"))):
            frame = int(path.stem) if clip.kind == "frames" else place
            load = partial(_load, path)
            yield Still(path.stem, frame, load, frame / 25, **{"subject": "someone"} | self.given.get(frame, {}))

    def faults(self) -> list[tuple[str, str]]:
        return []

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:
        killed = Path(self.root) / "killed"
        if self.driver not in {0, os.getpid()} and not killed.exists():
            killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        path = Path(clip.media).with_suffix(".labels")
        if not path.exists():
            return {}
        frames = int(path.read_text())
        labels = FrameLabels.unannotated(frames)
        labels.valence[:] = np.linspace(-1, 1, frames)
        labels.arousal[1::2] = 0.5
        labels.expression[::2] = 4
        labels.action_units[:, ACTION_UNITS.index(12)] = 1
        return dict.fromkeys(clip.persons, labels)
