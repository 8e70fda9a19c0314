"""All figures of an evaluation, from its predictions in parts."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.evaluation.intervals import Intervals
from affect.evaluation.predictions import predicted, targets
from affect.evaluation.settings import BootstrapSettings
from affect.evaluation.video import RULES, VideoExpressions
from affect.labels import EXPRESSIONS, NO_EXPRESSION, action_unit_label
from affect.metrics import FrameMetrics
from affect.metrics.confusion import ConfusionMatrix
from affect.metrics.defaults import DEFAULTS, Default
from affect.metrics.detections import DetectionCounts
from affect.metrics.sums import columns, from_sums, one_head, to_sums
from affect.metrics.tasks import ClassMetrics
from affect.networks.spec import Head, NetworkSpec
from affect.reports.figures import plane_counts

VIEWS = {
    "faces": "frames with a face",
    "all_frames": "all frames",
}
"""Over which frames metrics are taken; of all, those without a face take the nearest prediction of their track."""

OTHERWISE = "aff-wild2"
"""Whose default metrics a corpus has that the papers do not know."""


VIDEO_RULE = "mean"
"""By which the expressions of videos are judged first."""

PICTURE_BLOCKS = 1000
"""Single pictures are kept as at most so many sums, by a hash of their names, however many there are."""


class Track(NamedTuple):
    """One person in one video."""

    corpus: str
    video: str
    person: str

    @property
    def title(self) -> str:
        return self.video if self.person in {"main", ""} else f"{self.video} ({self.person})"


@dataclass
class _Of:
    """What was seen of one corpus."""

    metrics: dict[str, FrameMetrics]
    frames: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("rows", "with_face", "predicted", "filled", "without_prediction"), 0)
    )


class Measures:
    """Metrics of each corpus and of all joined, of each class, action unit and video; streaming.

    A row alone in its track is a picture. Memory grows with the videos of several frames, by a few kilobytes each.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        self.spec = spec
        self.corpora: dict[str, _Of] = {}
        self.videos: dict[Track, NDArray[np.float64]] = {}
        """What metrics.sums keeps of the frames with a face of each track of several frames."""
        self.frames: dict[Track, int] = {}
        self.pictures: dict[tuple[str, str | int], NDArray[np.float64]] = {}
        """The same of single pictures, by corpus and block."""
        self._held: pa.Table | None = None
        self.planes = {"labels": np.zeros((20, 20)), "predictions": np.zeros((20, 20))}
        """2-D histograms of valence and arousal of the frames with a face that are annotated with both."""
        self._said, self._labelled = VideoExpressions(), VideoExpressions()

    def update(self, table: pa.Table) -> None:
        """Take in rows of predictions, the same for any cutting into parts."""
        labels, guesses = targets(table), predicted(table, self.spec)
        face, source, own = _asked(table)
        views = {"faces": own, "all_frames": source >= 0}
        counts = {
            "rows": np.ones(len(own), bool),
            "with_face": face,
            "predicted": own,
            "filled": (source >= 0) & ~own,
            "without_prediction": source < 0,
        }
        corpora = np.asarray(table["corpus"].to_pylist())
        for corpus in np.unique(corpora).tolist():
            of = self.corpora.setdefault(corpus, _Of({view: FrameMetrics(self.spec) for view in VIEWS}))
            for view, chosen in views.items():
                here = chosen & (corpora == corpus)
                of.metrics[view].update(_at(guesses, here), _at(labels, here))
            for name, counted in counts.items():
                of.frames[name] += int((counted & (corpora == corpus)).sum())
        self._look_at_planes(_at(guesses, own), _at(labels, own))
        self._look_at_tracks(table)

    def _look_at_tracks(self, table: pa.Table, *, last: bool = False) -> None:
        """A row alone at the end of ``table`` is held back: whether it is a picture the next part tells."""
        if self._held is not None:
            table, self._held = pa.concat_tables([self._held, table]), None
        tracks = list(_tracks(table))
        if not last and tracks and _alone(tracks[-1][1]) and tracks[-1][0] not in self.videos:
            self._held = table.slice(tracks.pop()[1].start)
        labels, guesses = targets(table), predicted(table, self.spec)
        _, _, own = _asked(table)
        blocks: dict[tuple[str, str | int], list[int]] = {}
        for track, rows in tracks:
            here = rows.start + np.flatnonzero(own[rows])
            if _alone(rows) and track not in self.videos:
                # By the video alone: faces of one picture are drawn together.
                blocks.setdefault((track.corpus, _block(track.video)), []).extend(here.tolist())
                continue
            of_track = _at(guesses, here), _at(labels, here)
            self.videos[track] = self.videos.get(track, 0) + self._sums(*of_track)
            self.frames[track] = self.frames.get(track, 0) + rows.stop - rows.start
            self._look_at_videos(track, *of_track)
        for block, places in blocks.items():
            chosen = np.array(places, np.intp)
            self.pictures[block] = self.pictures.get(block, 0) + self._sums(_at(guesses, chosen), _at(labels, chosen))

    def _sums(self, guesses: dict[str, Any], labels: dict[str, Any]) -> NDArray[np.float64]:
        seen = FrameMetrics(self.spec)
        seen.update(guesses, labels)
        return to_sums(seen)

    def _look_at_videos(self, track: Track, guesses: dict[str, Any], labels: dict[str, Any]) -> None:
        if "expression" not in guesses:
            return
        name = "/".join(track)
        if len(guesses["expression"]):
            self._said.update([name] * len(guesses["expression"]), guesses["expression"])
        known = labels["expression"][labels["expression"] != NO_EXPRESSION]
        if len(known):
            self._labelled.update([name] * len(known), np.eye(len(EXPRESSIONS))[known])

    def _look_at_planes(self, guesses: dict[str, Any], labels: dict[str, Any]) -> None:
        if "valence_arousal" not in guesses:
            return
        known = np.isfinite(labels["valence_arousal"]).all(axis=1)
        self.planes["labels"] += plane_counts(labels["valence_arousal"][known])
        self.planes["predictions"] += plane_counts(guesses["valence_arousal"][known])

    def joined(self, view: str) -> FrameMetrics:
        """Of all corpora."""
        whole = FrameMetrics(self.spec)
        for name in sorted(self.corpora):
            whole.merge(self.corpora[name].metrics[view].state())
        return whole

    def units(self) -> dict[str, NDArray[np.float64]]:
        """By corpus what Intervals draws from: the sums of each video, all its persons together, and of pictures."""
        videos = dict(self.pictures)
        for track, sums in self.videos.items():
            videos[track[:2]] = videos.get(track[:2], 0) + sums
        found: dict[str, list[NDArray[np.float64]]] = {name: [] for name in sorted(self.corpora)}
        # Drawn by their places: in an order that says nothing of how the rows came in.
        for (corpus, _), sums in sorted(videos.items(), key=lambda item: str(item[0])):
            found[corpus].append(sums)
        width = max(place.stop for place in columns(self.spec).values())
        return {corpus: np.reshape(units, (-1, width)) for corpus, units in found.items()}

    def summary(self, bootstrap: BootstrapSettings | None = None) -> dict[str, Any]:
        """metrics.json: what each corpus is judged by first. Raises AffectError where nothing was annotated."""
        if self._held is not None:
            self._look_at_tracks(self._held.slice(0, 0), last=True)
        joined = {view: self.joined(view) for view in VIEWS}
        metrics = {view: of.compute() for view, of in joined.items()}
        if not metrics["faces"]:
            raise AffectError(
                f"none of the rows is annotated with {' or '.join(self.spec.heads)}, which the model outputs: "
                "give --data of a corpus that has such labels"
            )
        bootstrap = bootstrap or BootstrapSettings()
        intervals = Intervals(self.spec, self.units(), bootstrap)
        return {
            "default": self._defaults(intervals, bootstrap),
            **metrics,
            "intervals": intervals.about() | {"units": intervals.units, "faces": intervals.of(*intervals.units)},
            "frames": {name: sum(of.frames[name] for of in self.corpora.values()) for name in _Of({}).frames},
            "corpora": {
                name: {"frames": of.frames}
                | {view: one.compute() for view, one in of.metrics.items()}
                | {"intervals": intervals.of(name)}
                for name, of in sorted(self.corpora.items())
            },
            "classes": _classes(self.spec, joined["faces"]),
            "action_units": _units(self.spec, joined["faces"]),
            "video_expressions": self._video_expressions(bootstrap, *sorted(self.corpora)),
            "videos": [
                {**track._asdict(), "frames": self.frames[track]} | metrics for track, metrics in self.each_video()
            ],
        }

    def each_video(self) -> Iterator[tuple[Track, dict[str, float]]]:
        """Metrics of the tracks of more than one frame, by their order in the data."""
        for track, sums in self.videos.items():
            yield track, from_sums(self.spec, sums).compute()

    def _defaults(self, intervals: Intervals, bootstrap: BootstrapSettings) -> list[dict[str, Any]]:
        rows = []
        for name, of in sorted(self.corpora.items()):
            values = {view: metrics.compute() for view, metrics in of.metrics.items()}
            ends = intervals.of(name)
            for head, default in defaults_of(name, self.spec).items():
                if default.of == "videos":
                    found = self._video_expressions(bootstrap, name).get(VIDEO_RULE, {})
                    judged: dict[str, Any] = {view: found if view == "faces" else {} for view in VIEWS}
                    its_ends = found.get("intervals", {})
                else:
                    judged, its_ends = values, ends
                rows += [
                    {"corpus": name, "output": head, "metric": metric, "of": default.of, "source": default.source}
                    | {view: judged[view].get(metric) for view in VIEWS}
                    | {"interval": its_ends.get(metric)}
                    for metric in default.metrics
                    if metric in judged["faces"]
                ]
        return rows

    def _video_expressions(self, bootstrap: BootstrapSettings, *corpora: str) -> dict[str, Any]:
        """The expressions of the videos of ``corpora`` from those of their frames (IJCV 2019, section 5.2.1)."""
        said = {rule: self._said.predictions(rule) for rule in RULES}
        labels = self._labelled.predictions("majority")
        videos = [name for name in labels if name in said[VIDEO_RULE] and name.split("/")[0] in corpora]
        if not videos:
            return {}
        one_label = sum((self._labelled.rows[name][1] > 0).sum() == 1 for name in videos)
        answer: dict[str, Any] = {"videos": len(videos), "of_one_label": int(one_label)}
        spec = one_head(self.spec, "expression")
        for rule, of_track in said.items():
            # A confusion matrix for each video, of as many entries as it has persons.
            counts: dict[str, dict[str, NDArray[np.float64]]] = {corpus: {} for corpus in corpora}
            for name in videos:
                corpus, video, _ = name.split("/")
                of_video = counts[corpus].setdefault(video, np.zeros((len(EXPRESSIONS), len(EXPRESSIONS))))
                of_video[labels[name], of_track[name]] += 1
            units = {
                corpus: np.reshape(list(of.values()), (-1, len(EXPRESSIONS) ** 2)) for corpus, of in counts.items()
            }
            confusion = sum(of.sum(axis=0) for of in units.values())
            answer[rule] = from_sums(spec, np.asarray(confusion)).compute() | {
                "confusion": np.reshape(confusion, (len(EXPRESSIONS), -1)).astype(int).tolist(),
                "intervals": Intervals(spec, units, bootstrap).of(*corpora),
            }
        return answer


def defaults_of(corpus: str, spec: NetworkSpec) -> dict[Head, Default]:
    """What the outputs of ``spec`` are judged by on ``corpus``; by OTHERWISE's where the papers do not say."""
    known = DEFAULTS.get(corpus, {})
    fallback = DEFAULTS[OTHERWISE] | {
        "compound": Default(("compound_macro_f1",), ""),
    }
    return {
        head: known[head]
        if head in known
        else Default(fallback[head].metrics, f"not named for {corpus}; as {OTHERWISE}'s")
        for head in spec.heads
    }


def _classes(spec: NetworkSpec, metrics: FrameMetrics) -> dict[str, dict[str, dict[str, float | None]]]:
    """F1, precision, recall and number of labels of each class, by output."""
    found: dict[str, dict[str, dict[str, float | None]]] = {}
    for head, task in metrics.tasks.items():
        if not isinstance(task, ClassMetrics):
            continue
        assert isinstance(task.accumulator, ConfusionMatrix)
        counts = task.accumulator.counts
        names = EXPRESSIONS if head == "expression" else spec.compounds
        hits, labelled, guessed = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
        found[head] = {name: _scores(hits[place], guessed[place], labelled[place]) for place, name in enumerate(names)}
    return found


def _units(spec: NetworkSpec, metrics: FrameMetrics) -> dict[str, dict[str, float | None]]:
    """F1, precision, recall, accuracy and numbers of labels of each action unit."""
    if "action_units" not in metrics.tasks:
        return {}
    accumulator = metrics.tasks["action_units"].accumulator
    assert isinstance(accumulator, DetectionCounts)
    found = {}
    for unit, (hits, alarms, misses, rejections) in zip(spec.action_units, accumulator.counts.T, strict=True):
        annotated = int(hits + alarms + misses + rejections)
        if annotated:
            found[action_unit_label(unit)] = _scores(hits, hits + alarms, hits + misses) | {
                "accuracy": float((hits + rejections) / annotated),
                "annotated": annotated,
            }
    return found


def _scores(hits: Any, guessed: Any, labelled: Any) -> dict[str, float | None]:
    def ratio(top: Any, bottom: Any) -> float | None:
        return float(top / bottom) if bottom else None

    return {
        "f1": ratio(2 * hits, guessed + labelled),
        "precision": ratio(hits, guessed),
        "recall": ratio(hits, labelled),
        "labels": int(labelled),
        "predictions": int(guessed),
    }


def _asked(table: pa.Table) -> tuple[NDArray[np.bool_], NDArray[np.int32], NDArray[np.bool_]]:
    """Of each row whether it shows a face, whose prediction it takes (-1: none), and whether that is its own."""
    face = table["face"].to_numpy(zero_copy_only=False)
    source = table["predicted_from"].fill_null(-1).to_numpy()
    return face, source, face & (source == table["frame"].to_numpy())


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


def _at(arrays: dict[str, NDArray[Any]], rows: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {name: values[rows] for name, values in arrays.items()}
