"""What became of a clip, and whether it is done already."""

import functools
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pyarrow import fs

from affect import samples, storage
from affect.corpora.corpus import Clip, Corpus, FrameLabels
from affect.errors import AffectError
from affect.preprocessing.settings import Preprocessing

ALGORITHM = 2
"""Raised when a change of the code changes the rows, so that what older code made is made again."""

STAGES = ("decode", "detect", "align", "write", "sound")

_FACTS = ("frames", "persons", "rows", "missed", "labels_beyond", "labels_short", "unreadable", "no_sound")


@dataclass
class ClipSummary:
    """What became of one clip."""

    corpus: str
    split: str
    video: str
    media: str
    fingerprint: str = ""
    frames: int = 0
    persons: int = 0
    rows: int = 0  # frames times persons
    missed: int = 0  # rows without a face
    labels_beyond: int = 0  # annotated frames that the video does not have
    labels_short: int = 0  # frames after the last annotated one
    unreadable: dict[str, str] = field(default_factory=dict)  # stills by name, with the reason
    no_sound: str | None = None  # why a video has no spectrogram
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    skipped: bool = False
    set_aside: str | None = None  # why there are no rows

    @classmethod
    def of(cls, clip: Clip, **values: Any) -> "ClipSummary":
        return cls(clip.corpus, clip.split, clip.video, clip.media, **values)

    def facts(self) -> dict[str, Any]:
        """What is the same whenever the same clip is processed: kept in the details of its file."""
        return {name: getattr(self, name) for name in _FACTS}

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time spent in the block to one of STAGES."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - start


def is_synthetic(corpus: Corpus) -> bool:
    """Whether a corpus says that nobody real is in it."""
    return bool(getattr(corpus, "synthetic", False))


def media_size(clip: Clip) -> int:
    """Bytes of the clip's file, 0 of a folder. Raises AffectError when there is neither."""
    filesystem, path = storage.resolve(clip.media)
    info = filesystem.get_file_info(path)
    if info.type == fs.FileType.NotFound or (clip.kind == "video" and not info.is_file):
        raise AffectError(f"{clip.media} does not exist")
    return int(info.size or 0)


def clip_fingerprint(corpus: Corpus, clip: Clip, settings: Preprocessing, labels: dict[str, FrameLabels]) -> str:
    """A hash of all that decides a clip's rows: settings, schema, the media's size, whom to follow, the labels."""
    decisive = {
        "settings": settings.decisive(),
        "schema": samples.SCHEMA_VERSION,
        "algorithm": ALGORITHM,
        "bytes": media_size(clip),
        "clip": [clip.corpus, clip.split, clip.video, clip.kind, clip.persons, clip.subjects, clip.cropped],
        "synthetic": is_synthetic(corpus),
    }
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode())
    if settings.detector.name == "ssh" and settings.detector.weights:
        digest.update(_digest_of(settings.detector.weights))
    if clip.kind != "video":  # what is given and what there is, without reading a picture
        for still in corpus.stills(clip):
            digest.update(f"{still.name} {still.frame} {still.time_s} {still.subject} {still.box}".encode())
            if still.landmarks68 is not None:
                digest.update(np.ascontiguousarray(still.landmarks68).tobytes())
    for person, one in sorted(labels.items()):
        digest.update(f"{person} {len(one)}".encode())
        for values in (one.valence, one.arousal, one.expression, one.action_units, one.compound, one.votes):
            digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:32]


@functools.lru_cache
def _digest_of(uri: str) -> bytes:
    """Of a detector's weights: a file that is exchanged gives other rows."""
    return hashlib.sha256(storage.read_bytes(uri)).digest()


def output_uris(clip: Clip, folder: str) -> tuple[str, str]:
    """Where the clip's faces and its sound lie below ``folder``."""
    place = (folder, clip.corpus, clip.split, clip.video)
    return samples.faces_uri(*place), samples.sound_uri(*place)


def finished_clip(clip: Clip, folder: str, fingerprint: str) -> ClipSummary | None:
    """What an earlier run made of ``clip``; None when it is yet to be done, or was made of something else."""
    faces, sound = output_uris(clip, folder)
    if samples.fingerprint_of(faces) != fingerprint:
        return None
    summary = ClipSummary.of(clip, **samples.details_of(faces)["clip"], skipped=True, fingerprint=fingerprint)
    has_sound = clip.kind == "video" and summary.no_sound is None
    return summary if not has_sound or storage.exists(sound) else None
