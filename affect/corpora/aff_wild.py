"""Aff-Wild, as given out for its challenge and as its authors kept it at 30 frames a second.

The challenge's form (IJCV 2019, section 4): ``videos/<split>/<id>.mp4`` or .avi, and below ``annotations/<split>/``
``valence/<id>.txt`` and ``arousal/<id>.txt`` with a number from -1 to 1 in line i (from 0) for decoded frame i; also
``bboxes/<split>/<id>/<n>.pts`` and ``landmarks/<split>/<id>/<n>.pts``, n = 1 for the first frame. The other form: one
``<video>.txt`` with lines "frame valence arousal", values in thousandths, in a folder with "label" or "annotation" in
its name, and ``<video>/00001.jpg`` and so on for the frames.

Only pictures carry the given boxes and landmarks to the rows: files of points belong to frames as they were when those
files were made, and a video that has been converted since, as many copies have, need not have the same ones. In
videos faces are looked for as in any other.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.corpora.corpus import Clip, FrameLabels, Still
from affect.corpora.finding import VIDEO_SUFFIXES, base_name, files_in, folders_below, is_foreign, stem
from affect.corpora.lines import frame_number, line_fault, lines_of, number
from affect.corpora.numbered import Box, first_number, frame_stills, numbered_files
from affect.corpora.points import read_box, read_landmarks
from affect.corpora.splits import split_named
from affect.errors import AffectError
from affect.labels import VALENCE_AROUSAL

RATE = 30.0
"""Frames a second of videos that lie as frames (EXT 2018, section II: all were converted to 30)."""

THOUSANDTHS = 1000

FRAMES = "frames"
"""Stands for a file with both labels and frame numbers, beside "valence" and "arousal"."""

_POINTS = ("bboxes", "bboxs", "landmarks")
_RECORDING = re.compile(r"(\d+)-\d+(?:\.\d+)?-\d+x\d+")

Values = NDArray[np.float32]


class AffWild:
    """Reader of Aff-Wild at ``root``. Raises AffectError where there are no annotations.

    A video that lies there as a file and as frames is read from the file, which has the sound, unless ``frames``.
    Who is in a video is not known; where its name says which recording it is a part of (``114-30-1280x720-1`` is of
    recording 114), that is given as the subject, so that parts of one recording stay together. Splits are the folders';
    without any, all is "train".
    """

    name = "aff-wild"
    synthetic = False

    def __init__(self, root: str, frames: bool = False) -> None:
        self.root = storage.absolute(root)
        self._labels, self._splits = _find_labels(self.root)
        if not self._labels:
            raise AffectError(
                f"{self.root} has no annotations of Aff-Wild; expected are annotations/train/valence/<id>.txt and the "
                "same for arousal, or <video>.txt with lines 'frame valence arousal'. The corpus is had from its "
                "authors (https://ibug.doc.ic.ac.uk/resources/first-affect-wild-challenge/)"
            )
        videos, pictures, self._points, self._faults = _find_media(self.root, set(self._labels))
        self._media = videos | pictures if frames else pictures | videos
        for video in sorted(set(self._labels) - set(self._media)):
            self._faults.append((video, f"no video or frames for {', '.join(sorted(self._labels[video].values()))}"))
        self._faults += [(video, "no annotation") for video in sorted(set(self._media) - set(self._labels))]

    def clips(self) -> Iterator[Clip]:
        """A clip per annotated video, in order of name."""
        for video in sorted(set(self._labels) & set(self._media)):
            media, recording = self._media[video], _RECORDING.match(video)
            yield Clip(
                corpus=self.name,
                split=self._splits[video],
                video=video,
                media=media,
                kind="video" if media.lower().endswith(VIDEO_SUFFIXES) else "frames",
                persons=("main",),
                subjects=(recording[1] if recording else None,),
            )

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:
        """Valence and arousal; frames beyond the shorter of the two files are not annotated."""
        files = self._labels[clip.video]
        if FRAMES in files:
            numbered = parse_numbered(storage.read_bytes(files[FRAMES]), files[FRAMES])
            return {"main": _labels(numbered[:, 0], numbered[:, 1])}
        columns = {name: parse_values(storage.read_bytes(uri), uri) for name, uri in files.items()}
        length = min(map(len, columns.values()))
        nothing = np.full(length, np.nan, np.float32)
        valence, arousal = (columns.get(name, nothing)[:length] for name in VALENCE_AROUSAL)
        return {"main": _labels(valence, arousal)}

    def stills(self, clip: Clip) -> Iterator[Still]:
        """The frames of a clip that lies as such, each with the box and the landmarks of the same number."""
        pictures = numbered_files(clip.media)
        boxes, landmarks = (self._points_of(clip.video, *names) for names in (_POINTS[:2], _POINTS[2:]))

        def box(frame: int) -> Box | None:
            return read_box(boxes[frame]) if frame in boxes else None

        def landmarks68(frame: int) -> Values | None:
            return read_landmarks(landmarks[frame]) if frame in landmarks else None

        yield from frame_stills(pictures, RATE, first_number(pictures), box, landmarks68)

    def faults(self) -> list[tuple[str, str]]:
        """Videos without labels and labels without a video."""
        return list(self._faults)

    def _points_of(self, video: str, *kinds: str) -> dict[int, str]:
        """Files of points by frame."""
        folder = next((self._points[kind][video] for kind in kinds if video in self._points.get(kind, {})), None)
        found = numbered_files(folder, (".pts",)) if folder else {}
        return {place - first_number(found): uri for place, uri in found.items()}


def parse_values(data: bytes, uri: str) -> Values:
    """One number from -1 to 1 for every line, float32 (n,). Raises AffectError naming file and line."""
    lines = lines_of(data, uri)
    values = np.empty(len(lines), np.float32)
    for place, line in enumerate(lines):
        value = number(line)
        if value is None or not -1 <= value <= 1:
            raise line_fault(uri, place + 1, f"{line[:60]!r} is not a number from -1 to 1")
        values[place] = value
    return values


def parse_numbered(data: bytes, uri: str) -> Values:
    """Valence and arousal by frame, float32 (n, 2), of lines "frame valence arousal" in thousandths.

    Frames count from 1, or from 0 where there is a 0; NaN where a frame has no line. Raises AffectError naming file
    and line.
    """
    rows: dict[int, tuple[float, float]] = {}
    for place, line in enumerate(lines_of(data, uri), start=1):
        cells = line.split()
        if not cells:
            continue
        frame = frame_number(cells[0].removesuffix(".0"))
        values = [number(cell) for cell in cells[1:]]
        if frame is None or len(values) != 2 or any(one is None or abs(one) > THOUSANDTHS for one in values):
            raise line_fault(uri, place, f"{line[:60]!r} is not 'frame valence arousal' with values from -1000 to 1000")
        if frame in rows:
            raise line_fault(uri, place, f"frame {frame} has a line already")
        rows[frame] = ((values[0] or 0) / THOUSANDTHS, (values[1] or 0) / THOUSANDTHS)
    first = first_number(rows)
    table = np.full((max(rows, default=first - 1) + 1 - first, 2), np.nan, np.float32)
    for frame, row in rows.items():
        table[frame - first] = row
    return table


def _labels(valence: Values, arousal: Values) -> FrameLabels:
    labels = FrameLabels.unannotated(len(valence))
    labels.valence[:], labels.arousal[:] = valence, arousal
    return labels


def _is_label_folder(name: str) -> bool:
    return "annotation" in name.lower() or "label" in name.lower()


def _find_labels(root: str) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Files of labels by video and by what they hold, and the split of each video."""
    labels: dict[str, dict[str, str]] = defaultdict(dict)
    splits: dict[str, str] = {}
    for folder in folders_below(root, 2, lambda name: not _is_label_folder(name)):
        if not _is_label_folder(base_name(folder)):
            continue
        for uri in storage.list_files(folder, ".txt"):
            *parts, file = uri.removeprefix(root.rstrip("/") + "/").split("/")
            if is_foreign(file):
                continue
            video = file.removesuffix(".txt")
            kind = next((part.lower() for part in parts if part.lower() in VALENCE_AROUSAL), FRAMES)
            labels[video].setdefault(kind, uri)
            splits[video] = next((split for part in parts if (split := split_named(part))), "train")
    return dict(labels), splits


def _find_media(
    root: str, names: set[str]
) -> tuple[dict[str, str], dict[str, str], dict[str, dict[str, str]], list[tuple[str, str]]]:
    """Videos and folders of frames by name, folders of points by kind and name, and the faults met."""
    videos: dict[str, str] = {}
    pictures: dict[str, str] = {}
    points: dict[str, dict[str, str]] = defaultdict(dict)
    faults = []
    for folder in folders_below(root, 4, lambda name: name not in names and not _is_label_folder(name)):
        above = folder.removeprefix(root.rstrip("/") + "/").lower().split("/")
        kind = next((part for part in above if part in _POINTS), None)
        name = base_name(folder)
        if kind is not None:
            points[kind][name] = folder
            continue
        if name in names:
            pictures.setdefault(name, folder)
            continue
        for file in files_in(folder, VIDEO_SUFFIXES):
            if stem(file) in videos:
                faults.append((stem(file), f"{file} has the name of {videos[stem(file)]} and is not read"))
            videos.setdefault(stem(file), file)
    return videos, pictures, dict(points), faults
