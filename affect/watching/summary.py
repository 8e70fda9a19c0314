"""What the answers for the frames of a video say together."""

from array import array
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from affect.evaluation.video import VideoExpressions
from affect.labels import EXPRESSIONS
from affect.models.answer import FrameAnswer, Prediction, SetAside, Spread, TrackSummary, VideoSummary, Whole

REASONS = 20
"""So many different reasons why frames were set aside are told."""

_QUANTILES = {"minimum": 0.0, "q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95, "maximum": 1.0}

_ONE = "it"


@dataclass
class _Classes:
    """Sums over frames of a head that tells classes apart."""

    names: tuple[str, ...]
    frames: VideoExpressions
    votes: "Counter[str]" = field(default_factory=Counter)

    def add(self, probabilities: dict[str, float]) -> None:
        self.frames.update([_ONE], np.array([list(probabilities.values())]))
        self.votes[max(probabilities, key=lambda name: probabilities[name])] += 1

    def chosen(self) -> str:
        return self.names[self.frames.predictions("mean")[_ONE]]

    def shares(self) -> dict[str, float]:
        total = self.votes.total()
        return {name: round(self.votes[name] / total, 6) for name in self.names}


class Sums:
    """What is kept of many predictions: eight bytes each, and sums."""

    def __init__(self) -> None:
        self.count = 0
        self._values: dict[str, array[float]] = {}
        self._classes: dict[str, _Classes] = {}
        self._units: dict[str, float] = {}

    def add(self, said: Prediction) -> None:
        self.count += 1
        if "valence" in said:
            for name, value in (("valence", said["valence"]), ("arousal", said["arousal"])):
                self._values.setdefault(name, array("f")).append(value)
        if "expression" in said:
            self._add("expression", said["expression"])
        if "compound" in said:
            self._add("compound", said["compound"])
        for name, probability in said.get("action_units", {}).items():
            self._units[name] = self._units.get(name, 0.0) + probability

    def _add(self, head: str, probabilities: dict[str, float]) -> None:
        if head not in self._classes:
            names = EXPRESSIONS if head == "expression" else tuple(probabilities)
            self._classes[head] = _Classes(names, VideoExpressions(len(names)))
        self._classes[head].add(probabilities)

    def result(self) -> Whole:
        """What they say together; the class by the rule "mean" of evaluation.video."""
        whole: Whole = {}
        if self._values:
            whole["valence"], whole["arousal"] = (_spread(self._values[name]) for name in ("valence", "arousal"))
        if "expression" in self._classes:
            of = self._classes["expression"]
            whole["expression"], whole["expression_shares"] = of.chosen(), of.shares()
        if "compound" in self._classes:
            of = self._classes["compound"]
            whole["compound"], whole["compound_shares"] = of.chosen(), of.shares()
        if self._units:
            whole["action_units"] = {name: round(total / self.count, 6) for name, total in self._units.items()}
        return whole


@dataclass
class _Track:
    first_s: float
    last_s: float = 0.0
    sums: Sums = field(default_factory=Sums)


class Summary:
    """Take in answers with ``add``, in order, and ask for the ``result`` at any time."""

    def __init__(self) -> None:
        self._frames = 0
        self._with_faces = 0
        self._last_s = 0.0
        self._whole = Sums()
        self._tracks: dict[int, _Track] = {}
        self._set_aside: dict[str, SetAside] = {}

    def add(self, answer: FrameAnswer) -> None:
        """The answer for the next frame."""
        self._frames += 1
        self._last_s = answer["time_s"]
        self._with_faces += bool(answer["faces"])
        for face in answer["faces"]:
            track = self._tracks.setdefault(face["track_id"], _Track(answer["time_s"]))
            track.last_s = answer["time_s"]
            track.sums.add(face)
            self._whole.add(face)
        if "sound" in answer:
            self._whole.add(answer["sound"])
        if "set_aside" in answer:
            reason = answer["set_aside"]
            if reason in self._set_aside or len(self._set_aside) < REASONS:
                first: SetAside = {"reason": reason, "frames": 0, "first_s": answer["time_s"]}
                self._set_aside.setdefault(reason, first)["frames"] += 1

    def result(self, duration_s: float | None = None, broken: str | None = None) -> VideoSummary:
        """The summary so far; ``duration_s`` is the last frame's time where it is not known better."""
        return {
            "frames": self._frames,
            "frames_with_faces": self._with_faces,
            "faces": sum(track.sums.count for track in self._tracks.values()),
            "duration_s": round(self._last_s if duration_s is None else duration_s, 6),
            "whole": self._whole.result(),
            "tracks": [_track(number, track) for number, track in sorted(self._tracks.items())],
            "set_aside": list(self._set_aside.values()),
            "broken": broken,
        }


def _track(number: int, track: _Track) -> TrackSummary:
    return {
        "track_id": number,
        "frames": track.sums.count,
        "first_s": track.first_s,
        "last_s": track.last_s,
        **track.sums.result(),
    }


def _spread(values: "array[float]") -> Spread:
    numbers = np.frombuffer(values, np.float32).astype(np.float64)
    quantiles = np.quantile(numbers, list(_QUANTILES.values()))
    spread: Spread = {
        "mean": round(float(numbers.mean()), 6),
        **dict(zip(_QUANTILES, np.round(quantiles, 6).tolist(), strict=True)),  # type: ignore[typeddict-item]
    }
    return spread
