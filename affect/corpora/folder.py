"""A plain folder of videos and pictures, with labels where it has a table of them.

``labels.csv`` or ``labels.parquet`` in the folder has the column ``file`` (a path within the folder) and any of those
in label_table.COLUMNS. A row of a video is for its ``frame`` (counted from 0), for the frame nearest to ``time_s``, or,
with neither, for all its frames. Who is labelled is "main" unless ``person`` says otherwise; labelled without ``split``
is "train". What has no row is unlabelled, and everyone seen in it is followed. Names of folders are not taken for
classes.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.corpora.archive import Archive
from affect.corpora.corpus import PERSONS, Clip, FrameLabels
from affect.corpora.faults import Faults
from affect.corpora.finding import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from affect.corpora.label_table import Row, read_table
from affect.corpora.shelves import Picture, PictureCorpus, Shelf, file_name
from affect.corpora.splits import SPLITS
from affect.errors import AffectError
from affect.media.video import open_media, video_stream

SPLIT = "unlabelled"

TABLES = ("labels.csv", "labels.parquet")


class Folder(PictureCorpus):
    """Every video and picture at any depth below ``root``: a clip for each video, lots of each folder's pictures.

    Raises AffectError where there is none, or the table's columns are not understood.
    """

    def __init__(self, root: str) -> None:
        self.root = storage.absolute(root)
        self._archive = Archive(self.root)
        tables = [uri for uri in (storage.join(self.root, name) for name in TABLES) if storage.exists(uri)]
        if len(tables) > 1:
            raise AffectError(f"{self.root} has both {' and '.join(TABLES)}; delete one")
        self._table_uri = tables[0] if tables else None
        faults = Faults()
        table = read_table(self._table_uri, faults) if self._table_uri else {}
        self._table: dict[str, list[Row]] | None = table
        files = self._archive.names((*VIDEO_SUFFIXES, *PICTURE_SUFFIXES))
        if not files:
            raise AffectError(
                f"{self.root} holds no video ({' '.join(VIDEO_SUFFIXES)}) and no picture "
                f"({' '.join(PICTURE_SUFFIXES)}); check the path"
            )
        for file in sorted(set(table) - set(files)):
            faults.add(file, f"{self._table_uri} has labels for it, and it is not there", "labelled, and not there")
        self._videos = [self._video(file, name, faults) for file, name in _video_names(files)]
        shelves: dict[tuple[str, str], list[str]] = {}
        for file in files:
            if not file.lower().endswith(VIDEO_SUFFIXES):
                rows = table.get(file, [])
                if len(rows) > 1:
                    faults.add(file, "it has several rows, of which the first counts")
                shelves.setdefault((posixpath.dirname(file), _split(rows)), []).append(file)
        taken = {re.sub(r"-\d{5,}$", "", clip.video) for clip in self._videos}
        made = []
        for (folder, split), names in shelves.items():
            name = file_name(folder or "pictures", taken)
            taken.add(name)
            made.append(Shelf(name, split, self.root, names, persons=() if split == SPLIT else ("main",)))
        super().__init__("folder", made, faults, None)

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"_table": None}

    def clips(self) -> Iterator[Clip]:
        """Videos in order of path, then pictures folder by folder."""
        yield from self._videos
        yield from super().clips()

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:
        """By person; none of what has no row. Raises AffectError for a video that cannot be read, if time is needed."""
        if clip.kind == "pictures" or not clip.persons:
            return super().labels(clip)
        rows = self._rows(clip.media.removeprefix(self.root.rstrip("/") + "/"))
        times = None if all(row.frame is not None for row in rows) else frame_times(clip.media)
        return {
            person: _by_frame([row for row in rows if (row.person or "main") == person], times)
            for person in clip.persons
        }

    def pictures(self, shelf: Shelf, keys: Any) -> list[Picture]:  # noqa: ARG002 - the base's
        """Keys are paths within the folder."""
        made = []
        for file in keys:
            row = next(iter(self._rows(file)), Row(file))
            made.append(Picture(file, partial(self._archive.picture, file), row.subject, **row.labels))
        return made

    def _rows(self, file: str) -> list[Row]:
        if self._table is None:  # on a worker; the faults are known already
            self._table = read_table(self._table_uri, Faults()) if self._table_uri else {}
        return self._table.get(file, [])

    def _video(self, file: str, name: str, faults: Faults) -> Clip:
        rows = self._rows(file)
        persons = sorted({row.person or "main" for row in rows}, key=PERSONS.index)
        split = _split(rows)
        if any(row.split not in (None, split) for row in rows):
            faults.add(file, f"its rows name several splits; all go to the most held-out, {split}", "several splits")
        return Clip(
            corpus="folder",
            split=split,
            video=name,
            media=storage.join(self.root, file),
            kind="video",
            persons=tuple(persons),
            subjects=tuple(
                next((row.subject for row in rows if row.subject and (row.person or "main") == person), None)
                for person in persons
            ),
        )


def frame_times(uri: str) -> NDArray[np.float64]:
    """When each frame of a video is shown, in seconds from the first, by its packets' stamps; nothing is decoded.

    Raises AffectError for a video that has none or cannot be read.
    """
    with storage.local_copy(uri) as path, open_media(path) as container:
        stream = video_stream(container)
        try:
            packets = [packet for packet in container.demux(stream) if packet.size and not packet.is_discard]
        except av.error.FFmpegError as error:
            raise AffectError(f"{uri} is damaged: {error}") from error
        stamps = sorted(float(packet.pts * stream.time_base) for packet in packets if packet.pts is not None)
    if not stamps:
        raise AffectError(f"{uri} has no time stamps; label it by frame, not by time_s")
    return np.array(stamps) - stamps[0]


def _by_frame(rows: list[Row], times: NDArray[np.float64] | None) -> FrameLabels:
    """Rows for all frames first, so that those for one frame overrule them; of several for one frame the nearest."""
    frames = 0 if times is None else len(times)
    labels = FrameLabels.unannotated(max([frames] + [row.frame + 1 for row in rows if row.frame is not None]))
    placed: list[tuple[float, int, slice | int, Row]] = []
    for number, row in enumerate(rows):
        if row.frame is not None:
            placed.append((0.0, number, row.frame, row))
        elif times is None or row.time_s is None:
            placed.append((np.inf, number, slice(0, frames), row))
        else:
            frame = int(np.abs(times - row.time_s).argmin())
            placed.append((abs(float(times[frame]) - row.time_s), number, frame, row))
    # The nearest is written last, and of equals the first given.
    for _, _, place, row in sorted(placed, key=lambda one: one[:2], reverse=True):
        for name, value in row.labels.items():
            getattr(labels, name)[place] = value
    return labels


def _split(rows: list[Row]) -> str:
    """The most held-out of those its rows name, so that nobody is both learnt from and tested on."""
    return max((row.split or "train" for row in rows), key=SPLITS.index) if rows else SPLIT


def _video_names(files: list[str]) -> Iterator[tuple[str, str]]:
    """Videos with their names, which have suffixes only where two would be alike."""
    videos = [file for file in files if file.lower().endswith(VIDEO_SUFFIXES)]
    plain = Counter(file_name(posixpath.splitext(file)[0]) for file in videos)
    taken: set[str] = set()
    for file in videos:
        stem = file_name(posixpath.splitext(file)[0])
        name = file_name(stem if plain[stem] == 1 else file, taken)
        taken.add(name)
        yield file, name
