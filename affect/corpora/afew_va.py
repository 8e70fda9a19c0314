"""AFEW-VA: 600 clips of films as frames, with valence, arousal and 68 landmarks of every frame.

``01/001/00000.png`` and so on beside ``01/001/001.json``: {"video_id", "actor", "frames": {"00000": {"landmarks":
68 points, "valence", "arousal"}}}, values from -10 to 10. They are scaled to -1 to 1 (IJCV 2019, section 5.1.2). There
is no split (the papers cross-validate in five folds without shared actors): all is "train", for the partition tool to
divide by subject, which is the actor.
"""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.corpora.corpus import Clip, FrameLabels, Still
from affect.corpora.finding import PICTURE_SUFFIXES, base_name, files_in, folders_below
from affect.corpora.lines import frame_number
from affect.corpora.numbered import frame_stills, numbered_files
from affect.corpora.points import LANDMARKS
from affect.errors import AffectError

SCALE = 10

RATE = 25.0
"""Frames a second of the films' clips, as of AFEW's."""

Points = NDArray[np.float32]


class AfewVa:
    """Reader of AFEW-VA at ``root``. Raises AffectError where there is no clip with its JSON file."""

    name = "afew-va"
    synthetic = False

    def __init__(self, root: str) -> None:
        self.root = storage.absolute(root)
        self._files: dict[str, str] = {}
        self._faults: list[tuple[str, str]] = []
        for folder in folders_below(self.root, 2):
            files = files_in(folder, (".json", *PICTURE_SUFFIXES))
            wanted = storage.join(folder, f"{base_name(folder)}.json")
            if wanted in files:
                self._files.setdefault(base_name(folder), wanted)
            elif files:
                self._faults.append((base_name(folder), f"no {base_name(folder)}.json"))
        if not self._files:
            raise AffectError(
                f"{self.root} has no clips of AFEW-VA; expected are 01/001/001.json beside 00000.png and so on. The "
                "corpus is had from its authors (https://ibug.doc.ic.ac.uk/resources/afew-va-database/)"
            )

    def clips(self) -> Iterator[Clip]:
        """A clip per JSON file, in order of name. The file is read for the actor's name."""
        for video, uri in sorted(self._files.items()):
            yield Clip(
                corpus=self.name,
                split="train",
                video=video,
                media=uri.rsplit("/", 1)[0],
                kind="frames",
                persons=("main",),
                subjects=(_actor(uri),),
            )

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:
        """Valence and arousal by the number of the picture."""
        frames = self._frames(clip)
        labels = FrameLabels.unannotated(max(frames, default=-1) + 1)
        for frame, (valence, arousal, _) in frames.items():
            labels.valence[frame], labels.arousal[frame] = valence, arousal
        return {"main": labels}

    def stills(self, clip: Clip) -> Iterator[Still]:
        """The frames of a clip with their landmarks."""
        frames = self._frames(clip)
        nothing = (np.nan, np.nan, None)
        return frame_stills(
            numbered_files(clip.media), RATE, first=0, landmarks68=lambda frame: frames.get(frame, nothing)[2]
        )

    def faults(self) -> list[tuple[str, str]]:
        """Folders of frames without a JSON file."""
        return list(self._faults)

    def _frames(self, clip: Clip) -> dict[int, tuple[float, float, Points | None]]:
        uri = self._files[clip.video]
        return parse_clip(storage.read_bytes(uri), uri)[1]


def parse_clip(data: bytes, uri: str) -> tuple[str | None, dict[int, tuple[float, float, Points | None]]]:
    """The actor, and valence and arousal (-1 to 1, NaN where not given) and landmarks (68, 2) of each frame.

    Raises AffectError naming the file and the frame.
    """
    try:
        clip = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise AffectError(f"{uri} is not valid JSON ({error}); get it again from the corpus") from error
    if not isinstance(clip, dict) or not isinstance(clip.get("frames"), dict):
        raise AffectError(f"{uri} has no frames; get it again from the corpus")
    frames: dict[int, tuple[float, float, Points | None]] = {}
    for name, entry in clip["frames"].items():
        frame = frame_number(name)
        if frame is None or frame in frames or not isinstance(entry, dict):
            raise AffectError(f"{uri}: {name[:60]!r} is not the number of one frame; get it again from the corpus")
        values = (_value(entry.get("valence"), uri, name), _value(entry.get("arousal"), uri, name))
        frames[frame] = (*values, _landmarks(entry.get("landmarks"), uri, name))
    actor = clip.get("actor")
    return (actor.strip() or None) if isinstance(actor, str) else None, frames


def _value(value: Any, uri: str, frame: str) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, bool) or not isinstance(value, int | float) or not -SCALE <= value <= SCALE:
        raise AffectError(f"{uri}, frame {frame}: {str(value)[:60]} is not a number from -10 to 10; mend it")
    return value / SCALE


def _landmarks(points: Any, uri: str, frame: str) -> Points | None:
    if not points:
        return None
    try:
        landmarks = np.array(points, np.float64)
    except (ValueError, TypeError, OverflowError):
        landmarks = np.empty(0)
    if landmarks.shape != (LANDMARKS, 2) or not (np.abs(landmarks) < 1e6).all():
        raise AffectError(f"{uri}, frame {frame}: the landmarks are not {LANDMARKS} points; mend or delete them")
    return landmarks.astype(np.float32)


def _actor(uri: str) -> str | None:
    """Who plays; a file that cannot be read is told of by ``labels``, for that clip only."""
    try:
        return parse_clip(storage.read_bytes(uri), uri)[0]
    except AffectError:
        return None
