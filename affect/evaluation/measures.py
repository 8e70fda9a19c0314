"""All figures of an evaluation, from its predictions in parts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.evaluation.intervals import Intervals
from affect.evaluation.judging import Judging
from affect.evaluation.settings import BootstrapSettings
from affect.evaluation.subgroups import Subgroups
from affect.evaluation.units import Track, Units, asked, at
from affect.evaluation.video import RULES, VideoExpressions
from affect.labels import EXPRESSIONS, NO_EXPRESSION, action_unit_label
from affect.metrics import FrameMetrics
from affect.metrics.confusion import ConfusionMatrix
from affect.metrics.defaults import default_of
from affect.metrics.detections import DetectionCounts
from affect.metrics.sums import from_sums, one_head
from affect.metrics.tasks import ACTION_UNIT_THRESHOLD, ClassMetrics
from affect.networks.spec import NetworkSpec

METRICS = "metrics.json"
"""What the figures are called in an evaluation's folder."""

VIEWS = {
    "faces": "frames with a face",
    "all_frames": "all frames",
}
"""Over which frames metrics are taken; of all, those without a face take the nearest prediction of their track."""


VIDEO_RULE = "mean"
"""By which the expressions of videos are judged first."""


@dataclass
class _Of:
    """What was seen of one corpus."""

    metrics: dict[str, FrameMetrics]
    frames: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("rows", "with_face", "predicted", "filled", "without_prediction"), 0)
    )


class Measures:
    """Metrics of each corpus and of all joined, of each class, action unit and video; streaming."""

    def __init__(self, judging: Judging, subgroups: Subgroups | None = None) -> None:
        self.judging, self.spec, self.subgroups = judging, judging.spec, subgroups
        self.corpora: dict[str, _Of] = {}
        self.units = Units(judging, self._look_at_videos)
        self._said, self._labelled = VideoExpressions(), VideoExpressions()
        units = one_head(self.spec, "action_units")
        self._plain = {view: FrameMetrics(units) for view in VIEWS} if "action_units" in self.spec.heads else {}
        """Of action units at the default threshold."""

    def update(self, table: pa.Table) -> None:
        """Take in rows of predictions, the same for any cutting into parts."""
        labels, guesses = self.judging.targets(table), self.judging.predicted(table)
        face, source, own = asked(table)
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
                seen = FrameMetrics(self.spec, self.judging.thresholds)
                seen.update(at(guesses, here), at(labels, here))
                of.metrics[view].merge(seen.state())
            for name, counted in counts.items():
                of.frames[name] += int((counted & (corpora == corpus)).sum())
        for view, plain in self._plain.items():
            plain.update(at(guesses, views[view]), at(labels, views[view]))
        self.units.update(table)
        if self.subgroups is not None:
            self.subgroups.update(table)

    def go_on(self, judging: Judging) -> None:
        """What comes now was said by another model, with the same outputs."""
        self.units.finish()
        self.judging = self.units.judging = judging
        if self.subgroups is not None:
            self.subgroups.go_on(judging)

    def _look_at_videos(self, track: Track, guesses: dict[str, Any], labels: dict[str, Any]) -> None:
        if "expression" not in guesses:
            return
        name = "/".join(track)
        if len(guesses["expression"]):
            self._said.update([name] * len(guesses["expression"]), guesses["expression"])
        known = labels["expression"][labels["expression"] != NO_EXPRESSION]
        if len(known):
            self._labelled.update([name] * len(known), np.eye(len(EXPRESSIONS))[known])

    def joined(self, view: str) -> FrameMetrics:
        """Of all corpora."""
        whole = FrameMetrics(self.spec)
        for name in sorted(self.corpora):
            whole.merge(self.corpora[name].metrics[view].state())
        return whole

    def summary(self, bootstrap: BootstrapSettings | None = None) -> dict[str, Any]:
        """metrics.json: what each corpus is judged by first. Raises AffectError where nothing was annotated."""
        self.units.finish()
        joined = {view: self.joined(view) for view in VIEWS}
        metrics = {view: of.compute() for view, of in joined.items()}
        if not metrics["faces"]:
            raise AffectError(
                f"none of the rows is annotated with {' or '.join(self.spec.heads)}, which the model outputs: "
                "give --data of a corpus that has such labels"
            )
        bootstrap = bootstrap or BootstrapSettings()
        intervals = Intervals(self.spec, self.units.by_corpus(sorted(self.corpora)), bootstrap)
        return {
            "default": self._defaults(intervals, bootstrap),
            "model": self.judging.model_dump(mode="json"),
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
            "thresholds": self._thresholds(),
            "groups": self.subgroups.summary(bootstrap) if self.subgroups is not None else {},
            "video_expressions": self._video_expressions(bootstrap, *sorted(self.corpora)),
            "videos": [
                {**track._asdict(), "frames": self.units.frames[track]} | metrics
                for track, metrics in self.each_video()
            ],
        }

    def _thresholds(self) -> dict[str, Any]:
        """Of action units those that were used, and what the metrics are at the default one."""
        if not self._plain:
            return {}
        names = map(action_unit_label, self.spec.action_units)
        return {
            "used": {name: self.judging.thresholds.get(name, ACTION_UNIT_THRESHOLD) for name in names},
            "from": self.judging.thresholds_from or f"the default, {ACTION_UNIT_THRESHOLD}",
            "default": ACTION_UNIT_THRESHOLD,
            "at_default": {view: plain.compute() for view, plain in self._plain.items()},
        }

    def each_video(self) -> Iterator[tuple[Track, dict[str, float]]]:
        """Metrics of the tracks of more than one frame, by their order in the data."""
        for track, sums in self.units.videos.items():
            yield track, from_sums(self.spec, sums).compute()

    def _defaults(self, intervals: Intervals, bootstrap: BootstrapSettings) -> list[dict[str, Any]]:
        rows = []
        for name, of in sorted(self.corpora.items()):
            values = {view: metrics.compute() for view, metrics in of.metrics.items()}
            ends = intervals.of(name)
            for head in self.spec.heads:
                default = default_of(name, head)
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
                corpus, _, rest = name.partition("/")
                video = rest.rpartition("/")[0]  # which may hold a "/" itself
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


def _classes(spec: NetworkSpec, metrics: FrameMetrics) -> dict[str, dict[str, dict[str, float | None]]]:
    """F1, precision, recall and number of labels of each class, by output."""
    found: dict[str, dict[str, dict[str, float | None]]] = {}
    for head, task in metrics.tasks.items():
        if not isinstance(task, ClassMetrics):
            continue
        assert isinstance(task.accumulator, ConfusionMatrix)
        counts = task.accumulator.counts
        names = spec.names(head)
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
