"""One clip of a corpus, from its file to rows: decoded once, each frame looked at once, in bounded memory."""

import contextlib
import logging
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affect import samples, storage
from affect.corpora.corpus import Clip, Corpus, FrameLabels
from affect.errors import AffectError
from affect.faces.detector import Detector
from affect.faces.persons import choose_persons
from affect.faces.tracking import Tracker
from affect.media import sound
from affect.media.video import frames, probe
from affect.preprocessing.looking import Looker, Points, Seen, Watch
from affect.preprocessing.pictures import picture_tables
from affect.preprocessing.rows import Timeline, one_per_frame, person_tables
from affect.preprocessing.settings import Preprocessing
from affect.preprocessing.spill import Spill, face_of
from affect.preprocessing.summary import ClipSummary, clip_fingerprint, finished_clip, is_synthetic, output_uris

logger = logging.getLogger("affect.preprocess")

NO_SOUND = "the video has no sound"
NO_PICTURE = "the corpus has no picture of this frame"


def preprocess_clip(
    corpus: Corpus,
    clip: Clip,
    folder: str,
    settings: Preprocessing,
    detector: Detector,
    points: Points | None = None,
) -> ClipSummary:
    """Write the sound and then the faces of ``clip`` below ``folder``; skipped when both are there already.

    ``points`` finds 68 landmarks, where ``settings`` ask for them. A clip is complete once its faces file is there.
    Raises AffectError, leaving nothing that counts as done, for media that cannot be read to the end; a still that
    cannot be read is a row that says why.
    """
    labels = corpus.labels(clip)
    fingerprint = clip_fingerprint(corpus, clip, settings, labels)
    done = finished_clip(clip, folder, fingerprint)
    if done is not None:
        return done
    for uri in output_uris(clip, folder):
        _delete(uri)  # made of something else
    summary = ClipSummary.of(clip, fingerprint=fingerprint)
    looker = Looker(settings, detector, points)
    if clip.kind == "pictures":
        _write_faces(corpus, clip, folder, summary, settings, picture_tables(corpus, clip, labels, looker, summary))
        return summary
    with (
        tempfile.TemporaryDirectory(prefix="affect-") as scratch,
        storage.local_copy(clip.media) if clip.kind == "video" else contextlib.nullcontext(Path()) as media,
        Spill(Path(scratch) / "faces.arrow") as spill,
    ):
        work = _Work(corpus, clip, media, looker, spill, summary)
        work.look()
        persons = choose_persons(work.tracker.tracks, clip.persons, summary.frames, work.length_s, work.width)
        summary.persons, summary.rows = len(persons), len(persons) * summary.frames
        summary.missed = summary.rows - sum(_frames_seen(work.tracker, tracks) for tracks in persons.values())
        summary.labels_beyond = sum(max(0, len(one) - summary.frames) for one in labels.values())
        summary.labels_short = sum(max(0, summary.frames - len(one)) for one in labels.values() if len(one))
        if clip.kind == "video":
            summary.no_sound = work.write_sound(folder)
        _write_faces(corpus, clip, folder, summary, settings, work.tables(persons, labels))
    return summary


def settle_clip(
    corpus: Corpus,
    clip: Clip,
    folder: str,
    settings: Preprocessing,
    detector: Detector,
    points: Points | None = None,
) -> ClipSummary:
    """``preprocess_clip`` for one of many: a fault of the clip is its reason to be set aside, not an exception.

    Storage that fails still raises, since it would fail for every clip.
    """
    try:
        return preprocess_clip(corpus, clip, folder, settings, detector, points)
    except AffectError as error:
        return ClipSummary.of(
            clip, set_aside=str(error), fingerprint=clip_fingerprint(corpus, clip, settings, corpus.labels(clip))
        )
    except OSError:
        raise
    except Exception as error:  # a fault of the code: it must not end a run of thousands, and is tried again next time
        logger.exception("unexpected fault in %s", clip.media)
        return ClipSummary.of(clip, set_aside=f"unexpected {type(error).__name__}: {error}")


def _write_faces(
    corpus: Corpus, clip: Clip, folder: str, summary: ClipSummary, settings: Preprocessing, tables: Iterator[pa.Table]
) -> None:
    """Write the rows; the clip is complete when this returns."""
    uri = output_uris(clip, folder)[0]

    def details() -> dict[str, object]:  # called when all rows are written, since they tell the facts
        return {
            "corpus": clip.corpus,
            "synthetic": is_synthetic(corpus),
            "settings": settings.model_dump(mode="json"),
            "clip": summary.facts(),
        }

    samples.write_parquet(uri, samples.FACES, tables, summary.fingerprint, details)


@dataclass
class _Work:
    """The stages of one video, and the little that is kept in memory between them."""

    corpus: Corpus
    clip: Clip
    media: Path
    looker: Looker
    spill: Spill
    summary: ClipSummary
    timeline: Timeline = field(default_factory=lambda: Timeline(array("d"), array("H")))
    length_s: float = 0.0
    width: int = 0

    def __post_init__(self) -> None:
        self.watch = Watch(self.looker)

    @property
    def tracker(self) -> Tracker:
        return self.watch.tracker

    def look(self) -> None:
        """Every frame once: decode it, find its faces, follow them, and put their crops on disk."""
        if self.clip.kind == "video":
            self._watch()
        else:
            self._leaf()
        self.summary.frames = len(self.timeline)
        self.spill.finish()

    def _watch(self) -> None:
        timed, source = self.summary.timed, frames(self.media)
        while True:
            with timed("decode"):
                frame = next(source, None)
            if frame is None:
                return
            self._take(frame.index, frame.time_s, self.watch(frame.index, frame.time_s, frame.picture, timed))
            self.length_s, self.width = frame.time_s + frame.duration_s, frame.picture.shape[1]

    def _leaf(self) -> None:
        """The frames that there are pictures of; those between are rows without one."""
        timed = self.summary.timed
        for still in self.corpus.stills(self.clip):
            while len(self.timeline) < still.frame:
                self._absent(len(self.timeline), self._time_before(still.frame, still.time_s), NO_PICTURE)
            try:
                with timed("decode"):
                    picture = still.load()
                with timed("detect"):
                    seen = self.looker.given(still, picture, cropped=self.clip.cropped)
            except AffectError as error:
                self.summary.unreadable[still.name] = str(error)
                self._absent(still.frame, still.time_s, str(error))
                continue
            faces = self.watch.follow(still.frame, still.time_s, [] if seen is None else [seen], cut=False)
            self._take(still.frame, still.time_s, faces)
            self.length_s, self.width = still.time_s, picture.shape[1]

    def _time_before(self, frame: int, time_s: float) -> float:
        """The time of the next frame, between the last one and ``frame`` at ``time_s``."""
        place = len(self.timeline)
        last = self.timeline.times[-1] if place else 0.0
        return last + (time_s - last) / (frame - place + 1) if place else time_s * place / frame

    def _take(self, frame: int, time_s: float, faces: list[tuple[Seen, int]]) -> None:
        with self.summary.timed("write"):
            for one, track in faces:
                self.spill.add(face_of(one, frame, track, self.looker.settings.jpeg_quality))
        self.timeline.times.append(time_s)
        self.timeline.faces.append(len(faces))

    def _absent(self, frame: int, time_s: float, reason: str) -> None:
        self.timeline.absent[frame] = reason
        self._take(frame, time_s, [])

    def write_sound(self, folder: str) -> str | None:
        """Write the spectrogram, as long as the video; the reason where there is none."""
        settings = self.looker.settings.sound
        with self.summary.timed("sound"):
            try:
                parts = sound.spectrogram(self.media, settings, probe(self.media).start_s, self.length_s)
                first = next(parts, None)
                if first is None:
                    return NO_SOUND
                uri = output_uris(self.clip, folder)[1]
                samples.write_parquet(uri, samples.SOUND, self._sound_tables(first, parts), self.summary.fingerprint)
            except AffectError as error:
                return str(error)
        return None

    def tables(self, persons: dict[str, list[int]], labels: dict[str, FrameLabels]) -> Iterator[pa.Table]:
        """The rows of all persons."""
        subjects = dict(zip(self.clip.persons, self.clip.subjects, strict=False))
        for person, tracks in persons.items():
            faces = one_per_frame(self.spill.read(tracks), tracks)
            columns = {"person": person, "subject": subjects.get(person)}
            yield from person_tables(self.clip, columns, faces, self.timeline, labels.get(person))

    def _sound_tables(self, first: NDArray[np.uint8], rest: Iterator[NDArray[np.uint8]]) -> Iterator[pa.Table]:
        start, settings = 0, self.looker.settings.sound
        part: NDArray[np.uint8] | None = first
        while part is not None:
            numbers = range(start, start + len(part))
            times = [sound.column_time(number, settings) for number in numbers]
            yield pa.table([numbers, times, [column.tobytes() for column in part]], schema=samples.SOUND)
            start, part = start + len(part), next(rest, None)


def _frames_seen(tracker: Tracker, tracks: list[int]) -> int:
    seen = [np.asarray(tracker.tracks[track].frames) for track in tracks]
    return len(np.unique(np.concatenate(seen))) if seen else 0


def _delete(uri: str) -> None:
    filesystem, path = storage.resolve(uri)
    with contextlib.suppress(FileNotFoundError):
        filesystem.delete_file(path)
