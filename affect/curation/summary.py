"""What became of a recording, and whether it is done already."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pyarrow import fs

from affect import storage
from affect.curation.recordings import Recording
from affect.curation.settings import CurationSettings
from affect.curation.trims import Trim
from affect.errors import AffectError

ALGORITHM = 1
"""Raised when a change of the code changes the clips, so that what older code made is made again."""


@dataclass
class PartSummary:
    """A line of the index: a clip, or a part of a recording that was dropped. Times are those of the recording."""

    recording: str
    scene: int | None
    start_s: float
    end_s: float
    reason: str | None = None
    """Why it was dropped; None for a clip."""
    clip: str | None = None
    persons: list[str] = field(default_factory=list)
    boxes: list[list[float]] = field(default_factory=list)
    """Each person's median x, y, width and height in pixels."""
    seen: list[float] = field(default_factory=list)
    """Part of the clip from each person's first to last sighting."""
    others_s: float = 0.0
    frames: int = 0
    fps: int = 0
    width: int = 0
    height: int = 0
    sound: str | None = None
    """Its rate and channels."""


@dataclass
class RecordingSummary:
    """What became of one recording."""

    recording: str
    path: str
    fingerprint: str = ""
    complete: bool = False
    """Every clip is written."""
    frames: int = 0
    """Looked at."""
    parts: list[PartSummary] = field(default_factory=list)
    no_sound: str | None = None
    set_aside: str | None = None
    """Why nothing was made of it."""
    skipped: bool = False

    @classmethod
    def of(cls, recording: Recording, **values: Any) -> "RecordingSummary":
        return cls(recording.name, recording.path, **values)

    @property
    def clips(self) -> list[str]:
        return [part.clip for part in self.parts if part.clip is not None]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "RecordingSummary":
        values = json.loads(text)
        return cls(**values | {"parts": [PartSummary(**part) for part in values["parts"]]})


def recording_fingerprint(recording: Recording, trim: Trim, settings: CurationSettings) -> str:
    """A hash of all that decides what is made of a recording. Raises AffectError when it does not exist."""
    decisive = {
        "settings": settings.model_dump(mode="json"),
        "algorithm": ALGORITHM,
        "trim": trim,
        "recording": [recording.name, recording.path, size_of(recording)],
    }
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:32]


def clip_uris(folder: str, clip: str) -> tuple[str, str, str]:
    """Where a clip, its tracks and its strip of pictures lie. The video's place is that of Aff-Wild2."""
    places = (("batch1", "mp4"), ("tracks", "parquet"), ("strips", "jpg"))
    clip_uri, tracks, strip = (storage.join(folder, place, f"{clip}.{ending}") for place, ending in places)
    return clip_uri, tracks, strip


def summary_uri(folder: str, name: str) -> str:
    return storage.join(folder, "recordings", f"{name}.json")


def read_summary(folder: str, name: str) -> RecordingSummary | None:
    """What an earlier run left of a recording; None where there was none, or its file is damaged."""
    uri = summary_uri(folder, name)
    if not storage.exists(uri):
        return None
    try:
        return RecordingSummary.from_json(storage.read_text(uri))
    except (ValueError, TypeError, KeyError):
        return None


def finished(folder: str, name: str, fingerprint: str, files: Sequence[str] | set[str]) -> RecordingSummary | None:
    """What an earlier run made of a recording; None when it is yet to be done, or was made of something else.

    ``files`` are the URIs of the clips that there are.
    """
    summary = read_summary(folder, name)
    if summary is None or summary.fingerprint != fingerprint or not summary.complete:
        return None
    if any(clip_uris(folder, clip)[0] not in files for clip in summary.clips):
        return None
    summary.skipped = True
    return summary


def size_of(recording: Recording) -> int:
    """Bytes of its file. Raises AffectError when it does not exist."""
    filesystem, path = storage.resolve(recording.uri)
    info = filesystem.get_file_info(path)
    if info.type != fs.FileType.File:
        raise AffectError(f"{recording.uri} does not exist")
    return int(info.size)
