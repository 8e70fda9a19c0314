"""What a bootstrap draws from: sums of what was seen of each video, and of blocks of single pictures."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affect.evaluation.judging import Judging
from affect.metrics import FrameMetrics
from affect.metrics.sums import columns, to_sums

PICTURE_BLOCKS = 1000
"""Single pictures are kept as at most so many sums, by a hash of their names, however many there are."""

Arrays = dict[str, NDArray[Any]]


class Track(NamedTuple):
    """One person in one video."""

    corpus: str
    video: str
    person: str

    @property
    def title(self) -> str:
        return self.video if self.person in {"main", ""} else f"{self.video} ({self.person})"


class Units:
    """Streaming sums (metrics.sums) of the frames with a face, by track.

    A row alone in its track is a picture. Memory grows with the videos of several frames, by a few kilobytes each.
    ``look`` is told what was said and annotated of each part of a video's track.
    """

    def __init__(self, judging: Judging, look: Callable[[Track, Arrays, Arrays], None] | None = None) -> None:
        self.judging, self.look = judging, look
        self.videos: dict[Track, NDArray[np.float64]] = {}
        """Of each track of several frames."""
        self.frames: dict[Track, int] = {}
        self.pictures: dict[tuple[str, str | int], NDArray[np.float64]] = {}
        """Of single pictures, by corpus and block."""
        self.single = 0
        """How many rows are alone in their tracks."""
        self._held: pa.Table | None = None

    def update(self, table: pa.Table) -> None:
        """Take in rows of predictions, the same for any cutting into parts.

        A row alone at the end of ``table`` is held back: whether it is a picture the next part tells.
        """
        self._update(table, last=False)

    def finish(self) -> None:
        """Take in what was held back: no part goes on where the last one ended."""
        if self._held is not None:
            self._update(self._held.slice(0, 0), last=True)

    def _update(self, table: pa.Table, *, last: bool) -> None:
        if self._held is not None:
            table, self._held = pa.concat_tables([self._held, table]), None
        tracks = list(_tracks(table))
        if not last and tracks and _alone(tracks[-1][1]) and tracks[-1][0] not in self.videos:
            self._held = table.slice(tracks.pop()[1].start)
        labels, guesses = self.judging.targets(table), self.judging.predicted(table)
        _, _, own = asked(table)
        blocks: dict[tuple[str, str | int], list[int]] = {}
        for track, rows in tracks:
            here = rows.start + np.flatnonzero(own[rows])
            if _alone(rows) and track not in self.videos:
                # By the video alone: faces of one picture are drawn together.
                blocks.setdefault((track.corpus, _block(track.video)), []).extend(here.tolist())
                self.single += 1
                continue
            of_track = at(guesses, here), at(labels, here)
            self.videos[track] = self.videos.get(track, 0) + self._sums(*of_track)
            self.frames[track] = self.frames.get(track, 0) + rows.stop - rows.start
            if self.look is not None:
                self.look(track, *of_track)
        for block, places in blocks.items():
            chosen = np.array(places, np.intp)
            self.pictures[block] = self.pictures.get(block, 0) + self._sums(at(guesses, chosen), at(labels, chosen))

    def _sums(self, guesses: Arrays, labels: Arrays) -> NDArray[np.float64]:
        seen = FrameMetrics(self.judging.spec, self.judging.thresholds)
        seen.update(guesses, labels)
        return to_sums(seen)

    def by_corpus(self, corpora: Sequence[str] = ()) -> dict[str, NDArray[np.float64]]:
        """By corpus what Intervals draws from: the sums of each video, all its persons together, and of pictures.

        ``corpora`` are there even if nothing of theirs was seen.
        """
        videos = dict(self.pictures)
        for track, sums in self.videos.items():
            videos[track[:2]] = videos.get(track[:2], 0) + sums
        found: dict[str, list[NDArray[np.float64]]] = {
            name: [] for name in sorted({*corpora, *(corpus for corpus, _ in videos)})
        }
        # Drawn by their places: in an order that says nothing of how the rows came in.
        for (corpus, _), sums in sorted(videos.items(), key=lambda item: str(item[0])):
            found[corpus].append(sums)
        width = max(place.stop for place in columns(self.judging.spec).values())
        return {corpus: np.reshape(units, (-1, width)) for corpus, units in found.items()}


def asked(table: pa.Table) -> tuple[NDArray[np.bool_], NDArray[np.int32], NDArray[np.bool_]]:
    """Of each row whether it shows a face, whose prediction it takes (-1: none), and whether that is its own."""
    face = table["face"].to_numpy(zero_copy_only=False)
    source = table["predicted_from"].fill_null(-1).to_numpy()
    return face, source, face & (source == table["frame"].to_numpy())


def at(arrays: Arrays, rows: NDArray[Any]) -> Arrays:
    """Those ``rows`` of each."""
    return {name: values[rows] for name, values in arrays.items()}


def _alone(rows: slice) -> bool:
    return bool(rows.stop - rows.start == 1)


def _block(video: str) -> int:
    return zlib.crc32(video.encode()) % PICTURE_BLOCKS


def _tracks(table: pa.Table) -> Iterator[tuple[Track, slice]]:
    """The runs of rows of one person in one video."""
    columns = [table[name].combine_chunks().dictionary_encode() for name in Track._fields]
    who = np.stack([column.indices.to_numpy() for column in columns])
    edges = np.flatnonzero(np.concatenate([[True], np.any(np.diff(who, axis=1) != 0, axis=0), [True]]))
    names = [column.dictionary.to_pylist() for column in columns]
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        yield Track(*(names[part][who[part, first]] for part in range(len(names)))), slice(first, last)
