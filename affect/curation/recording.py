"""One raw recording to its clips, in two passes in bounded memory: the first looks, the second writes."""

import contextlib
import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from affect import storage
from affect.curation.cutting import clip_frames, cut_clips
from affect.curation.plan import Part, Watched, plan
from affect.curation.recordings import Recording
from affect.curation.settings import CurationSettings
from affect.curation.strip import Strip
from affect.curation.summary import (
    PartSummary,
    RecordingSummary,
    clip_uris,
    read_summary,
    recording_fingerprint,
    summary_uri,
)
from affect.curation.tracks import track_table
from affect.curation.trims import Trim
from affect.curation.watching import watch
from affect.errors import AffectError
from affect.faces.detector import Detector
from affect.media.pictures import encode_jpeg
from affect.media.sound import SoundError
from affect.media.video import probe

logger = logging.getLogger("affect.curate")

NO_SOUND = "the recording has no sound"
MARGIN_S = 0.25
"""How long before and after a look its box is good for: a little more than the time between two looks."""

TRIMMED = "trimmed by the list"


def curate_recording(
    recording: Recording, trim: Trim, folder: str, settings: CurationSettings, detector: Detector
) -> RecordingSummary:
    """Write the clips of ``recording`` below ``folder``; what was made of an older state of it is deleted first.

    Raises AffectError, leaving nothing that counts as done, for a file that cannot be read to the end of what is
    wanted. Clips are made on the local disk and copied when all of them are whole.
    """
    fingerprint = recording_fingerprint(recording, trim, settings)
    _delete_old(folder, recording.name)
    summary = RecordingSummary.of(recording, fingerprint=fingerprint)
    with tempfile.TemporaryDirectory(prefix="affect-") as scratch, storage.local_copy(recording.uri) as media:
        watched = watch(media, settings, detector, *trim)
        summary.frames = watched.end - watched.begin
        parts = plan(watched, settings)
        clips = [part for part in parts if part.reason is None]
        work = _Work(Path(scratch), media, watched, clips, settings, recording.name)
        if clips:
            summary.no_sound = work.write()
        summary.parts = [*work.parts(recording.name, parts)]
        summary.parts += _trimmed(recording.name, trim, watched, media)
        # Named before they are there, so that whatever stops this, the next run knows what to delete.
        storage.write_text(summary_uri(folder, recording.name), summary.to_json())
        for name in work.names:
            for uri in clip_uris(folder, name)[::-1]:
                with storage.whole_file(uri) as path:
                    shutil.move(work.file(name, uri.rpartition(".")[2]), path)
    summary.complete = True
    storage.write_text(summary_uri(folder, recording.name), summary.to_json())
    return summary


def settle_recording(
    recording: Recording, trim: Trim, folder: str, settings: CurationSettings, detector: Detector
) -> RecordingSummary:
    """``curate_recording`` for one of many: a fault of the recording is its reason to be set aside, not an exception.

    It is remembered, so that the recording is not tried again until it changes. Storage that fails still raises.
    """
    try:
        return curate_recording(recording, trim, folder, settings, detector)
    except AffectError as error:
        summary = RecordingSummary.of(recording, set_aside=str(error), complete=True)
        with contextlib.suppress(AffectError):  # it is gone
            summary.fingerprint = recording_fingerprint(recording, trim, settings)
            storage.write_text(summary_uri(folder, recording.name), summary.to_json())
        return summary
    except OSError:
        raise
    except Exception as error:  # a fault of the code: it must not end a run of thousands, and is tried again next time
        logger.exception("unexpected fault in %s", recording.uri)
        return RecordingSummary.of(recording, set_aside=f"unexpected {type(error).__name__}: {error}")


class _Work:
    """The clips of one recording while they lie in ``scratch``."""

    def __init__(
        self, scratch: Path, media: Path, watched: Watched, clips: list[Part], settings: CurationSettings, name: str
    ) -> None:
        self.scratch, self.media, self.watched, self.clips, self.settings = scratch, media, watched, clips, settings
        self.names = [f"{name}-{number:03}" for number in range(1, len(clips) + 1)]
        self.sources = [clip_frames(watched.times, clip, settings.fps) for clip in clips]
        self.sound: str | None = None

    def file(self, name: str, ending: str) -> Path:
        return self.scratch / f"{name}.{ending}"

    def write(self) -> str | None:
        """Write clips, tracks and strips; returns why there is no sound."""
        for name, clip, sources in zip(self.names, self.clips, self.sources, strict=True):
            table = track_table(clip.people, sources, self.watched.times, self.settings.fps, MARGIN_S)
            pq.write_table(table, self.file(name, "parquet"), compression="zstd")
        try:
            self._cut()
        except SoundError as error:  # rare, so that what was written in vain is written again
            self._cut(with_sound=False)
            return str(error)
        return None if self.sound else NO_SOUND

    def _cut(self, *, with_sound: bool = True) -> None:
        strips: dict[int, Strip] = {}

        def seen(number: int, frame: int, picture: NDArray[np.uint8]) -> None:
            if frame == 0:
                tracks = pq.read_table(self.file(self.names[number], "parquet"))
                strips[number] = Strip(len(self.sources[number]), tracks)
            strips[number].add(frame, picture)
            if frame == len(self.sources[number]) - 1:
                self.file(self.names[number], "jpg").write_bytes(encode_jpeg(strips.pop(number).picture()))

        targets = [(self.file(name, "mp4"), clip) for name, clip in zip(self.names, self.clips, strict=True)]
        form = cut_clips(self.media, self.watched.times, targets, self.settings, seen, with_sound=with_sound)
        self.sound = None if form is None else f"{form.rate} Hz {form.layout}"

    def parts(self, recording: str, parts: list[Part]) -> Iterator[PartSummary]:
        """Lines of the index for all ``parts`` of the recording, the clips among them named."""
        times, numbers = self.watched.times, iter(range(len(self.clips)))
        for part in parts:
            line = PartSummary(
                recording, part.scene, _rounded(times[part.begin]), _rounded(times[part.end]), part.reason
            )
            if part.reason is None:
                number = next(numbers)
                line.clip, line.frames, line.fps = self.names[number], len(self.sources[number]), self.settings.fps
                line.width, line.height, line.sound = *self.watched.size, self.sound
                line.others_s = _rounded(part.others_s)
                for name, person in part.people.items():
                    line.persons.append(name)
                    line.boxes.append([_rounded(value) for value in np.median(np.stack(person.boxes), axis=0)])
                    there = times[person.frames[-1] + 1] - times[person.frames[0]]
                    line.seen.append(_rounded(there / (times[part.end] - times[part.begin])))
            yield line


def _trimmed(recording: str, trim: Trim, watched: Watched, media: Path) -> list[PartSummary]:
    """What the list of trims leaves out."""
    times, lines = watched.times, []
    if watched.begin > 0:
        lines.append(PartSummary(recording, None, 0.0, _rounded(times[watched.begin]), TRIMMED))
    whole = probe(media).duration_s
    if trim[1] is not None and whole is not None and whole > times[-1]:
        lines.append(PartSummary(recording, None, _rounded(times[-1]), _rounded(whole), TRIMMED))
    return lines


def _delete_old(folder: str, name: str) -> None:
    old = read_summary(folder, name)
    for clip in old.clips if old else ():
        for uri in clip_uris(folder, clip):
            filesystem, path = storage.resolve(uri)
            with contextlib.suppress(FileNotFoundError):
                filesystem.delete_file(path)


def _rounded(value: float) -> float:
    return round(float(value), 3)
