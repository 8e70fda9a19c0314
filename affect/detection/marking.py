"""Frames of clips with the faces that a detector finds in them, in the form of WIDER FACE with landmarks.

Another detector can learn from them, and their faces can be pasted into scenes.
"""

import posixpath

from pydantic import Field

from affect import storage
from affect.configuration import Configuration
from affect.corpora.finding import VIDEO_SUFFIXES, files_in
from affect.detection.wider_face import Split
from affect.errors import AffectError
from affect.faces.detector import Detections, Detector
from affect.media.pictures import encode_jpeg
from affect.media.video import frames
from affect.preprocessing.settings import DetectorSettings

PARTS = "parts"
"""Folder of the lists of single clips, of which label.txt is made when all are there."""


class MarkingSettings(Configuration):
    """Which frames are taken, and how sure the detector must be."""

    detector: DetectorSettings = DetectorSettings(score=0.25)
    """It looks down to this score, below which it is taken to see no face."""
    sure: float = Field(default=0.6, ge=0, le=1)
    """A frame in which any face has a score between the two is left out: nobody says whether it is one."""
    every: int = Field(default=5, ge=1)
    """Of a clip each so many-th frame is looked at."""
    validation: tuple[str, ...] = ()
    """Clips, by the names of their files, whose frames are for validation; a person should be on one side only."""


def clips_in(folder: str, settings: MarkingSettings) -> list[tuple[str, Split]]:
    """The clips directly below ``folder`` and the split of each. AffectError where one is not there, or none is."""
    uris = files_in(folder, VIDEO_SUFFIXES)
    names = [posixpath.basename(uri) for uri in uris]
    if missing := sorted(set(settings.validation) - set(names)):
        raise AffectError(f"{folder} has no clip {', '.join(missing)}; it has {', '.join(names) or 'none'}")
    if not settings.validation or len(settings.validation) == len(uris):
        raise AffectError(f"name some clips of {folder} in validation, and leave others to learn from")
    return [(uri, "val" if name in settings.validation else "train") for uri, name in zip(uris, names, strict=True)]


def mark_clip(uri: str, split: Split, out: str, detector: Detector, settings: MarkingSettings) -> int:
    """Write the frames of a clip, and when all are there its list; returns how many. Done already, nothing is done."""
    event = posixpath.splitext(posixpath.basename(uri))[0]
    part = storage.join(out, PARTS, split, f"{event}.txt")
    if storage.exists(part):
        return storage.read_text(part).count("# ")
    lines: list[str] = []
    with storage.local_copy(uri) as path:
        for frame in frames(path):
            if frame.index % settings.every:
                continue
            found = detector(frame.picture)
            if (found.scores < settings.sure).any():
                continue
            name = f"{event}/{event}_{frame.index:06d}.jpg"
            storage.write_bytes(
                storage.join(out, f"WIDER_{split}", "images", name), encode_jpeg(frame.picture, quality=95)
            )
            lines += [f"# {name}", *_rows(found)]
    storage.write_text(part, "".join(f"{line}\n" for line in lines))
    return sum(line.startswith("# ") for line in lines)


def join_parts(out: str) -> None:
    """Make each split's label.txt of the lists of its clips."""
    for split in ("train", "val"):
        parts = storage.list_files(storage.join(out, PARTS, split), ".txt")
        storage.write_text(storage.join(out, split, "label.txt"), "".join(map(storage.read_text, parts)))


def _rows(found: Detections) -> list[str]:
    rows = []
    for box, score, landmarks in zip(found.boxes, found.scores, found.landmarks, strict=True):
        points = " ".join(f"{x:.2f} {y:.2f} 0.0" for x, y in landmarks)
        rows.append(" ".join(f"{value:.2f}" for value in box) + f" {points} {score:.3f}")
    return rows
