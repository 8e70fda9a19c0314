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
from affect.faces.alignment import align
from affect.faces.detector import Detector
from affect.faces.persons import choose_persons
from affect.faces.tracking import ShotChanges, Tracker
from affect.media import sound
from affect.media.pictures import decode_picture, encode_jpeg
from affect.media.video import Frame, frames, probe
from affect.preprocessing.rows import Timeline, one_per_frame, person_tables
from affect.preprocessing.settings import Preprocessing
from affect.preprocessing.spill import Face, Spill
from affect.preprocessing.summary import ClipSummary, clip_fingerprint, finished_clip, is_synthetic, output_uris

logger = logging.getLogger("affect.preprocess")

NO_SOUND = "the video has no sound"


def preprocess_clip(
    corpus: Corpus, clip: Clip, folder: str, settings: Preprocessing, detector: Detector
) -> ClipSummary:
    """Write the sound and then the faces of ``clip`` below ``folder``; skipped when both are there already.

    A clip is complete once its faces file is there. Raises AffectError, leaving nothing that counts as done, for media
    that cannot be read to the end.
    """
    labels = corpus.labels(clip)
    fingerprint = clip_fingerprint(corpus, clip, settings, labels)
    done = finished_clip(clip, folder, fingerprint)
    if done is not None:
        return done
    for uri in output_uris(clip, folder):
        _delete(uri)  # made of something else
    summary = ClipSummary.of(clip, fingerprint=fingerprint)
    with (
        tempfile.TemporaryDirectory(prefix="affect-") as scratch,
        storage.local_copy(clip.media) as media,
        Spill(Path(scratch) / "faces.arrow") as spill,
    ):
        work = _Work(clip, media, folder, settings, spill, summary)
        work.look(detector)
        persons = choose_persons(work.tracker.tracks, clip.persons, summary.frames, work.length_s, work.width)
        summary.persons, summary.rows = len(persons), len(persons) * summary.frames
        summary.missed = summary.rows - sum(_frames_seen(work.tracker, tracks) for tracks in persons.values())
        summary.labels_beyond = sum(max(0, len(one) - summary.frames) for one in labels.values())
        summary.labels_short = sum(max(0, summary.frames - len(one)) for one in labels.values() if len(one))
        if clip.kind == "video":
            summary.no_sound = work.write_sound()
        work.write_faces(persons, labels, is_synthetic(corpus))
    return summary


def settle_clip(corpus: Corpus, clip: Clip, folder: str, settings: Preprocessing, detector: Detector) -> ClipSummary:
    """``preprocess_clip`` for one of many: a fault of the clip is its reason to be set aside, not an exception.

    Storage that fails still raises, since it would fail for every clip.
    """
    try:
        return preprocess_clip(corpus, clip, folder, settings, detector)
    except AffectError as error:
        return ClipSummary.of(
            clip, set_aside=str(error), fingerprint=clip_fingerprint(corpus, clip, settings, corpus.labels(clip))
        )
    except OSError:
        raise
    except Exception as error:  # a fault of the code: it must not end a run of thousands, and is tried again next time
        logger.exception("unexpected fault in %s", clip.media)
        return ClipSummary.of(clip, set_aside=f"unexpected {type(error).__name__}: {error}")


@dataclass
class _Work:
    """The stages of one clip, and the little that is kept in memory between them."""

    clip: Clip
    media: Path
    folder: str
    settings: Preprocessing
    spill: Spill
    summary: ClipSummary
    timeline: Timeline = field(default_factory=lambda: Timeline(array("d"), array("H")))
    tracker: Tracker = field(default_factory=Tracker)
    length_s: float = 0.0
    width: int = 0

    def look(self, detector: Detector) -> None:
        """Every frame once: decode it, find its faces, follow them, and put their crops on disk."""
        timed, shot_changes = self.summary.timed, ShotChanges()
        source = frames(self.media) if self.clip.kind == "video" else _picture(self.media)
        while True:
            with timed("decode"):
                frame = next(source, None)
            if frame is None:
                break
            with timed("detect"):
                found = detector(frame.picture)
                tracks = self.tracker.update(frame.index, frame.time_s, found.boxes, shot_changes(frame.picture))
            for number, track in enumerate(tracks):
                landmarks = found.landmarks[number]
                with timed("align"):
                    crop = align(frame.picture, landmarks, self.settings.alignment)
                with timed("write"):
                    image = encode_jpeg(crop, self.settings.jpeg_quality)
                    place = found.boxes[number].tolist(), float(found.scores[number]), landmarks.reshape(-1).tolist()
                    self.spill.add(Face(frame.index, track, image, *place))
            self.timeline.times.append(frame.time_s)
            self.timeline.faces.append(len(tracks))
            self.length_s, self.width = frame.time_s + frame.duration_s, frame.picture.shape[1]
        self.summary.frames = len(self.timeline)
        self.spill.finish()

    def write_sound(self) -> str | None:
        """Write the spectrogram, as long as the video; the reason where there is none."""
        with self.summary.timed("sound"):
            try:
                parts = sound.spectrogram(self.media, self.settings.sound, probe(self.media).start_s, self.length_s)
                first = next(parts, None)
                if first is None:
                    return NO_SOUND
                uri = output_uris(self.clip, self.folder)[1]
                tables = self._sound_tables(first, parts)
                samples.write_parquet(uri, samples.SOUND, tables, self.summary.fingerprint)
            except AffectError as error:
                return str(error)
        return None

    def write_faces(self, persons: dict[str, list[int]], labels: dict[str, FrameLabels], synthetic: bool) -> None:
        """Write the rows of all persons; the clip is complete when this returns."""
        subjects = dict(zip(self.clip.persons, self.clip.subjects, strict=False))
        details = {
            "corpus": self.clip.corpus,
            "synthetic": synthetic,
            "settings": self.settings.model_dump(mode="json"),
            "clip": self.summary.facts(),
        }

        def tables() -> Iterator[pa.Table]:
            for person, tracks in persons.items():
                faces = one_per_frame(self.spill.read(tracks), tracks)
                columns = {"person": person, "subject": subjects.get(person)}
                yield from person_tables(self.clip, columns, faces, self.timeline, labels.get(person))

        with self.summary.timed("write"):
            uri = output_uris(self.clip, self.folder)[0]
            samples.write_parquet(uri, samples.FACES, tables(), self.summary.fingerprint, details)

    def _sound_tables(self, first: NDArray[np.uint8], rest: Iterator[NDArray[np.uint8]]) -> Iterator[pa.Table]:
        start = 0
        part: NDArray[np.uint8] | None = first
        while part is not None:
            numbers = range(start, start + len(part))
            times = [sound.column_time(number, self.settings.sound) for number in numbers]
            yield pa.table([numbers, times, [column.tobytes() for column in part]], schema=samples.SOUND)
            start, part = start + len(part), next(rest, None)


def _picture(media: Path) -> Iterator[Frame]:
    yield Frame(0, 0.0, decode_picture(media.read_bytes()))


def _frames_seen(tracker: Tracker, tracks: list[int]) -> int:
    seen = [np.asarray(tracker.tracks[track].frames) for track in tracks]
    return len(np.unique(np.concatenate(seen))) if seen else 0


def _delete(uri: str) -> None:
    filesystem, path = storage.resolve(uri)
    with contextlib.suppress(FileNotFoundError):
        filesystem.delete_file(path)
