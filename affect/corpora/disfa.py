"""DISFA: ``ActionUnit_Labels/SN001/SN001_au1.txt`` and so on, and the videos of two cameras or their extracted frames.

A line of a label file is "frame,intensity", frames from 1 and intensities 0 to 5; one file an action unit. Videos are
``Videos_LeftCamera/LeftVideoSN001_comp.avi`` and the same with Right; frames lie in folders ``SN001`` or
``LeftVideoSN001`` anywhere below the root. Its 66 landmarks are not the 68 of other corpora and are not read.

The corpus has no split: all is "train", for the partition tool to divide, unless ``test_part`` asks for one of the
three parts of 9 people that the literature cross-validates with.
"""

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.corpora.corpus import Clip, FrameLabels, Still
from affect.corpora.finding import VIDEO_SUFFIXES, base_name, files_in, folders_below, stem
from affect.corpora.lines import frame_number, integer, line_fault, lines_of
from affect.corpora.numbered import first_number, frame_stills, numbered_files
from affect.errors import AffectError
from affect.labels import ACTION_UNITS, NO_ACTION_UNIT, action_unit_label

DISFA_ACTION_UNITS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)

ACTIVE_FROM = 2
"""The least intensity that counts as active: what most of the literature takes; some take 1."""

RATE = 20.0
"""Frames a second."""

INTENSITIES = 5

PARTS = (
    (2, 10, 1, 26, 27, 32, 30, 9, 16),
    (13, 18, 11, 28, 12, 6, 31, 21, 24),
    (3, 29, 23, 25, 8, 5, 7, 17, 4),
)
"""The people of the three parts, as public code of several papers has them."""

LABELS = "ActionUnit_Labels"

_LABEL_FILE = re.compile(r"(sn\d{3})_au(\d{1,2})", re.IGNORECASE | re.ASCII)
_MEDIA = re.compile(r"(?:(left|right)_?video_?)?(sn\d{3})(?:_comp)?", re.IGNORECASE | re.ASCII)


class Disfa:
    """Reader of DISFA at ``root``. Raises AffectError where there are no labels.

    An action unit is active from intensity ``active_from``. One whose file is missing counts as never active, as public
    readers of the corpus have it (only what occurs was written down), unless not ``missing_is_inactive``; each such
    file is among the faults. ``test_part`` (1 to 3) makes that third of the people the split "test".
    """

    name = "disfa"
    synthetic = False

    def __init__(
        self,
        root: str,
        active_from: int = ACTIVE_FROM,
        test_part: int | None = None,
        missing_is_inactive: bool = True,
    ) -> None:
        if test_part is not None and not 1 <= test_part <= len(PARTS):
            raise AffectError(f"test_part is {test_part}; DISFA is cross-validated in parts 1 to {len(PARTS)}")
        self.root, self.active_from, self.missing_is_inactive = storage.absolute(root), active_from, missing_is_inactive
        self._tested = {f"SN{person:03d}" for person in PARTS[test_part - 1]} if test_part else set()
        self._files = _find_labels(storage.join(self.root, LABELS))
        if not self._files:
            raise AffectError(
                f"{self.root} has no labels of DISFA; expected are {LABELS}/SN001/SN001_au1.txt and so on. The corpus "
                "is had from its authors at the University of Denver"
            )
        self._media, self._faults = _find_media(self.root)
        for subject, files in self._files.items():
            for unit in DISFA_ACTION_UNITS:
                if unit not in files:
                    taken = "it counts as never active" if missing_is_inactive else "it is not annotated"
                    self._faults.append((subject, f"no file for {action_unit_label(unit)}: {taken}"))
        seen = {subject for _, subject in self._media.values()}
        self._faults += [(name, "no video or frames") for name in sorted(set(self._files) - seen)]
        self._faults += [(name, "no labels") for name in sorted(seen - set(self._files))]

    def clips(self) -> Iterator[Clip]:
        """A clip per person and camera, in order of person."""
        for video, (media, subject) in sorted(self._media.items()):
            if subject in self._files:
                yield Clip(
                    corpus=self.name,
                    split="test" if subject in self._tested else "train",
                    video=video,
                    media=media,
                    kind="video" if media.lower().endswith(VIDEO_SUFFIXES) else "frames",
                    persons=("main",),
                    subjects=(subject,),
                )

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:
        """Action units of every frame; -1 where one file is shorter than another."""
        _, subject = self._media[clip.video]
        columns = {unit: parse_intensities(storage.read_bytes(uri), uri) for unit, uri in self._files[subject].items()}
        labels = FrameLabels.unannotated(max(map(len, columns.values())))
        for unit, intensities in columns.items():
            active = (intensities >= self.active_from).astype(np.int8)
            active[intensities < 0] = NO_ACTION_UNIT
            labels.action_units[: len(active), ACTION_UNITS.index(unit)] = active
        if self.missing_is_inactive:
            missing = [ACTION_UNITS.index(unit) for unit in DISFA_ACTION_UNITS if unit not in columns]
            labels.action_units[:, missing] = 0
        return {"main": labels}

    def stills(self, clip: Clip) -> Iterator[Still]:
        """The extracted frames of a clip that lies as such."""
        pictures = numbered_files(clip.media)
        return frame_stills(pictures, RATE, first_number(pictures))

    def faults(self) -> list[tuple[str, str]]:
        """People without labels or media, and action units without a file."""
        return list(self._faults)


def parse_intensities(data: bytes, uri: str) -> NDArray[np.int8]:
    """Intensity, 0 to 5, by frame (from 0), int8 (n,); -1 where a frame has no line. Raises AffectError."""
    rows: dict[int, int] = {}
    for place, line in enumerate(lines_of(data, uri), start=1):
        if not line:
            continue
        cells = [cell.strip() for cell in line.split(",")]
        frame, intensity = (frame_number(cells[0]), integer(cells[1])) if len(cells) == 2 else (None, None)
        if not frame or intensity is None or not 0 <= intensity <= INTENSITIES:
            raise line_fault(uri, place, f"{line[:60]!r} is not 'frame,intensity', from 1 and from 0 to 5")
        if frame in rows:
            raise line_fault(uri, place, f"frame {frame} has a line already")
        rows[frame] = intensity
    intensities = np.full(max(rows, default=0), -1, np.int8)
    intensities[[frame - 1 for frame in rows]] = list(rows.values())
    return intensities


def _find_labels(folder: str) -> dict[str, dict[int, str]]:
    """Label files by person and action unit."""
    found: dict[str, dict[int, str]] = {}
    for subject in folders_below(folder, 1):
        for uri in files_in(subject, (".txt",)):
            match = _LABEL_FILE.fullmatch(stem(uri))
            if match and int(match[2]) in DISFA_ACTION_UNITS:
                found.setdefault(match[1].upper(), {})[int(match[2])] = uri
    return found


def _find_media(root: str) -> tuple[dict[str, tuple[str, str]], list[tuple[str, str]]]:
    """Media and person by name of the video, and the faults met. A video file counts before its extracted frames."""
    found: dict[str, tuple[str, str]] = {}
    frames: dict[str, tuple[str, str]] = {}
    faults = []
    for folder in folders_below(root, 3, lambda name: name != LABELS and not _MEDIA.fullmatch(name)):
        named = _named(folder, base_name(folder))
        if named is not None:
            frames.setdefault(named[0], (folder, named[1]))
            continue
        for file in files_in(folder, VIDEO_SUFFIXES):
            video, subject = _named(file, stem(file)) or ("", "")
            if video in found:
                faults.append((video, f"{file} has the name of {found[video][0]} and is not read"))
            elif video:
                found[video] = (file, subject)
    return frames | found, faults


def _named(uri: str, name: str) -> tuple[str, str] | None:
    """Name of the video and person; the camera is in the name or in that of a folder above."""
    match = _MEDIA.fullmatch(name)
    if match is None:
        return None
    above = uri.lower().rsplit("/", 2)[-2]
    camera = (match[1] or next((side for side in ("left", "right") if side in above), "")).lower()
    subject = match[2].upper()
    return (f"{subject}_{camera}" if camera else subject), subject
