"""RECOLA as given out for AVEC 2016: videos of one person each, and the gold standard of valence and arousal.

``ratings_gold_standard/valence/train_1.arff`` and the same for arousal: rows "train_1,0.04,-0.012", a value every
40 ms; ``recordings_video/train_1.mp4``. Names tell the split: train, dev, test. The single annotators' ratings, which
lie in ``ratings_individual``, are for the annotation job.
"""

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.corpora.corpus import Clip, FrameLabels, Still
from affect.corpora.finding import VIDEO_SUFFIXES, files_in, folders_below, stem
from affect.corpora.lines import line_fault, lines_of, number
from affect.corpora.splits import split_named
from affect.corpora.video_facts import frame_rate
from affect.errors import AffectError
from affect.labels import VALENCE_AROUSAL

RATINGS, VIDEOS = "ratings_gold_standard", "recordings_video"

LONGEST_S = 24 * 3600.0

_NAME = re.compile(r"(train|dev|test)_\d+", re.IGNORECASE | re.ASCII)
_ATTRIBUTE = re.compile(r"@attribute\s+(\"[^\"]*\"|'[^']*'|\S+)\s+\S+.*", re.IGNORECASE)

Trace = NDArray[np.float64]


class Recola:
    """Reader of RECOLA at ``root``. Raises AffectError where there is no gold standard.

    ``delay_s`` says by how much annotators come after what they see: a value of time t then belongs to what was seen at
    t - ``delay_s``. It is 0 unless asked for, as the published labels are: 2 to 4 seconds are usual, and which is best
    is a choice to be made on training data, not a property of the corpus.
    """

    name = "recola"
    synthetic = False

    def __init__(self, root: str, delay_s: float = 0.0) -> None:
        self.root, self.delay_s = storage.absolute(root), delay_s
        self._files: dict[str, dict[str, str]] = {}
        for kind in VALENCE_AROUSAL:
            for uri in files_in(storage.join(self.root, RATINGS, kind), (".arff",)):
                if _NAME.fullmatch(stem(uri)):
                    self._files.setdefault(stem(uri).lower(), {})[kind] = uri
        if not self._files:
            raise AffectError(
                f"{self.root} has no gold standard of RECOLA; expected are {RATINGS}/valence/train_1.arff and so on. "
                "The corpus is had from its authors (https://diuf.unifr.ch/main/diva/recola/)"
            )
        folder = storage.join(self.root, VIDEOS)
        found = [uri for one in (folder, *folders_below(folder, 2)) for uri in files_in(one, VIDEO_SUFFIXES)]
        self._videos = {stem(uri).lower(): uri for uri in found if _NAME.fullmatch(stem(uri))}

    def clips(self) -> Iterator[Clip]:
        """A clip per rated video, in order of name. Each has a person of its own, who has no other name."""
        for video in sorted(set(self._files) & set(self._videos)):
            yield Clip(
                corpus=self.name,
                split=split_named(video) or "train",
                video=video,
                media=self._videos[video],
                kind="video",
                persons=("main",),
                subjects=(video,),
            )

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:
        """For every frame the value nearest in time; opens the video to learn its frame rate."""
        rate = frame_rate(clip.media)
        columns = {}
        for kind, uri in self._files[clip.video].items():
            times, values = parse_gold_standard(storage.read_bytes(uri), uri)
            columns[kind] = nearest_values(times - self.delay_s, values, rate)
        labels = FrameLabels.unannotated(max(map(len, columns.values())))
        for kind, column in columns.items():
            getattr(labels, kind)[: len(column)] = column
        return {"main": labels}

    def stills(self, clip: Clip) -> Iterator[Still]:  # noqa: ARG002 - the Corpus protocol's
        """None: all clips are videos."""
        return iter(())

    def faults(self) -> list[tuple[str, str]]:
        """Ratings without a video, videos without ratings (as those of the test set), and half-rated videos."""
        faults = [(name, f"no video in {VIDEOS}") for name in sorted(set(self._files) - set(self._videos))]
        faults += [(name, f"no rating in {RATINGS}") for name in sorted(set(self._videos) - set(self._files))]
        for name, files in sorted(self._files.items()):
            faults += [(name, f"no rating of {kind}") for kind in VALENCE_AROUSAL if kind not in files]
        return faults


def parse_gold_standard(data: bytes, uri: str) -> tuple[Trace, Trace]:
    """Times in seconds, rising, and values from -1 to 1 (NaN where a "?" stands) of an ARFF file.

    The time is in the column with "time" in its name, the value in the last. Raises AffectError naming file and line.
    """
    names: list[str] = []
    rows: list[tuple[float, float]] = []
    started = False
    for place, line in enumerate(lines_of(data, uri), start=1):
        if not line or line.startswith("%"):
            continue
        if not started:
            match = _ATTRIBUTE.fullmatch(line)
            names += [match[1].strip("\"'").lower()] if match else []
            started = line.lower() == "@data"
            continue
        column = next((index for index, name in enumerate(names) if "time" in name), None)
        if column is None or column == len(names) - 1:
            raise AffectError(f"{uri} does not name a column of times and one of values; get it again from the corpus")
        cells = [cell.strip() for cell in line.split(",")]
        time, value = (number(cells[column]), cells[-1]) if len(cells) == len(names) else (None, "")
        rated = np.nan if value == "?" else number(value)
        if time is None or not 0 <= time <= LONGEST_S or rated is None or abs(rated) > 1:
            raise line_fault(
                uri, place, f"{line[:60]!r} is not {len(names)} columns with a time and a value from -1 to 1"
            )
        if rows and time <= rows[-1][0]:
            raise line_fault(uri, place, f"the time {time} is not after {rows[-1][0]}")
        rows.append((time, rated))
    if not started:
        raise AffectError(f"{uri} has no '@data' line and is not an ARFF file; get it again from the corpus")
    times, values = np.array(rows, np.float64).reshape(-1, 2).T
    return times, values


def nearest_values(times: Trace, values: Trace, rate: float) -> NDArray[np.float32]:
    """The value nearest in time to each frame of a video of ``rate`` frames a second, float32 (n,).

    Two as near are averaged (IJCV 2019, section 3). At the labels' own rate this puts time t on frame round(t * rate);
    in a faster video frames between labels take the nearest rather than none. A frame further from any label than a
    step of theirs, and than half a frame, is unannotated.
    """
    if not len(times):
        return np.empty(0, np.float32)
    step = float(np.median(np.diff(times))) if len(times) > 1 else 1 / rate
    frames = np.arange(max(0, int(np.floor(times[-1] * rate + 0.5)) + 1)) / rate
    after = np.clip(np.searchsorted(times, frames), 0, len(times) - 1)
    before = np.maximum(after - 1, 0)
    distances = np.abs(times[[before, after]] - frames)
    tied = np.isclose(distances[0], distances[1], rtol=0, atol=1e-6)
    nearest = np.where(distances[0] < distances[1], values[before], values[after])
    chosen = np.where(tied, (values[before] + values[after]) / 2, nearest)
    return np.where(distances.min(axis=0) <= max(step, 0.5 / rate) + 1e-6, chosen, np.nan).astype(np.float32)
