"""One clip looked at whole: can it be read, do its labels fit, and what is kept of it to compare with other clips."""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.checking.findings import Finding, Kind
from affect.checking.hashing import exact_hash, file_hash, is_blank, near_hash, to_grey
from affect.checking.prints import PICTURE, PLACES, labels_of
from affect.checking.tally import Tally, annotated
from affect.corpora.corpus import Clip, Corpus, FrameLabels
from affect.errors import AffectError
from affect.media.video import frames

logger = logging.getLogger("affect.check")

LISTED = 20
"""Of the broken or blank frames of one video so many are listed; the others are counted."""


@dataclass
class CheckedClip:
    """What was found in one clip, and what is kept of it: some 70 bytes a picture, a few hundred a video."""

    findings: list[Finding] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    pictures: NDArray[np.void] = field(default_factory=lambda: np.empty(0, PICTURE))
    exact: NDArray[np.uint64] | None = None
    """(2,) hash of a video: of its file, or of its frames."""
    near: NDArray[np.uint64] | None = None
    """(5, 2) hashes of frames at PLACES of a video; 0 where it is blank."""


def check_clip(corpus: Corpus, clip: Clip, index: int) -> CheckedClip:
    """Read all of ``clip``, the ``index``-th of its corpus. Never raises: what goes wrong is a finding."""
    checked = CheckedClip()
    work = _Work(clip, index, checked)
    try:
        work.check(corpus)
    except (AffectError, OSError) as error:
        work.broken(clip.media, error)
    except Exception as error:  # one clip of thousands must not end the check, which is there to find such clips
        logger.exception("unexpected fault in %s", clip.media)
        work.find("error", clip.media, f"unexpected {type(error).__name__}: {error}")
    return checked


@dataclass
class _Work:
    clip: Clip
    index: int
    checked: CheckedClip

    def find(self, kind: Kind, name: str, what: str) -> None:
        self.checked.findings.append(Finding(kind, self.clip.video, name, "", what))

    def broken(self, name: str, error: Exception) -> None:
        missing = isinstance(error, FileNotFoundError) or "does not exist" in str(error)
        self.find("missing" if missing else "unreadable", name, str(error))

    def check(self, corpus: Corpus) -> None:
        labels: dict[str, FrameLabels] = {}
        try:
            labels = corpus.labels(self.clip)
        except AffectError as error:
            self.broken(self.clip.video, error)
        tally = self.checked.tally.of(self.clip.split)
        tally.add_labels(labels.values(), video=self.clip.kind != "pictures")
        tally.subjects.update(filter(None, self.clip.subjects))
        if self.clip.kind == "pictures":
            self._pictures(corpus, labels.get("main"))
            return
        tally.videos += 1
        if self.clip.kind == "video":
            seen = self._video()
            self._compare(labels, seen)
            tally.frames += seen
        else:
            self._frames(corpus, labels)

    def _pictures(self, corpus: Corpus, labels: FrameLabels | None) -> None:
        tally, rows, count = self.checked.tally.of(self.clip.split), [], 0
        for still in corpus.stills(self.clip):
            count += 1
            tally.subjects.update(filter(None, [still.subject]))
            try:
                picture = still.load()
            except (AffectError, OSError) as error:
                self.broken(still.name, error)
                continue
            grey = to_grey(picture)
            blank = is_blank(grey)
            if blank:
                self.find("blank", still.name, _shade(grey))
            known = labels_of(labels, still.frame)
            rows.append((self.index, still.frame, blank, exact_hash(picture), near_hash(grey), *known))
        tally.pictures += count
        if labels is not None and len(labels) != count:
            self.find("mismatch", self.clip.video, f"labels of {len(labels):,} pictures, and {count:,} pictures")
        self.checked.pictures = np.array(rows, PICTURE)

    def _video(self) -> int:
        """Decode to the end; the number of frames. Raises AffectError for a file that breaks off."""
        with storage.local_copy(self.clip.media) as path:
            self.checked.exact = file_hash(path)
            hashes, blank = [], 0
            for frame in frames(path):
                grey = to_grey(frame.picture)
                flat = is_blank(grey)
                blank += flat
                hashes.append(np.zeros(2, np.uint64) if flat else near_hash(grey))
        self._blank(blank, len(hashes))
        self.checked.near = _at_places(hashes)
        return len(hashes)

    def _frames(self, corpus: Corpus, labels: dict[str, FrameLabels]) -> None:
        digest = hashlib.blake2b(digest_size=16)
        hashes, there, broken, blank = [], [], 0, 0
        for still in corpus.stills(self.clip):
            there.append(still.frame)
            try:
                picture = still.load()
            except (AffectError, OSError) as error:
                broken += 1
                if broken <= LISTED:
                    self.broken(still.name, error)
                continue
            digest.update(exact_hash(picture).tobytes())
            grey = to_grey(picture)
            flat = is_blank(grey)
            blank += flat
            hashes.append(np.zeros(2, np.uint64) if flat else near_hash(grey))
        if broken > LISTED:
            self.find("unreadable", self.clip.video, f"{broken - LISTED:,} more frames cannot be read")
        if not there:
            self.find("missing", self.clip.video, f"{self.clip.media} holds no frame")
            return
        self.checked.tally.of(self.clip.split).frames += len(there)
        self._blank(blank, len(hashes))
        self.checked.near = _at_places(hashes) if hashes else None
        self.checked.exact = np.frombuffer(digest.digest(), np.uint64) if hashes else None
        self._compare(labels, max(there) + 1)
        self._absent(labels.values(), there)

    def _blank(self, blank: int, count: int) -> None:
        if blank:
            self.find("blank", self.clip.video, f"{blank:,} of {count:,} frames")

    def _compare(self, labels: dict[str, FrameLabels], seen: int) -> None:
        """Labels against the number of frames."""
        for person, one in labels.items():
            rows = np.flatnonzero(np.any(list(annotated(one).values()), axis=0))
            last = int(rows[-1]) + 1 if len(rows) else 0
            if last > seen:
                self.find("mismatch", person, f"{int((rows >= seen).sum()):,} labelled frames after the last, {seen:,}")
            elif len(one) != seen:
                self.find("mismatch", person, f"labels for {len(one):,} frames, and {seen:,} frames")

    def _absent(self, labels: Iterable[FrameLabels], there: list[int]) -> None:
        """Labelled frames between the first and the last picture that there is no picture of."""
        wanted: set[int] = set()
        for one in labels:
            wanted.update(np.flatnonzero(np.any(list(annotated(one).values()), axis=0)).tolist())
        absent = len({frame for frame in wanted if frame <= max(there)} - set(there))
        if absent:
            self.find("mismatch", self.clip.video, f"{absent:,} labelled frames have no picture")


def _shade(grey: NDArray[np.uint8]) -> str:
    return f"one level of grey, {round(float(grey.mean()))} of 255"


def _at_places(hashes: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    return np.stack([hashes[int(place * len(hashes))] for place in PLACES])
