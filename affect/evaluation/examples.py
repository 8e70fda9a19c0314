"""Pictures that show what a network gets right and wrong: few, the same however many workers measure."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.labels import (
    ACTION_UNITS,
    EXPRESSIONS,
    NO_ACTION_UNIT,
    NO_EXPRESSION,
    action_unit_columns,
    action_unit_label,
)
from affect.metrics.accumulator import as_array
from affect.metrics.tasks import ACTION_UNIT_THRESHOLD, TASKS
from affect.networks.spec import Head, NetworkSpec
from affect.training.index import LabelIndex
from affect.training.settings import TrainConfig

Kind = Literal["right", "wrong", "chance"]

OF_AN_OUTPUT = 2
"""So many times as many examples of an output that has no classes."""
LARGEST = 96
"""Pixels of a side; larger pictures are made smaller."""
QUALITY = 80
"""Of JPEG."""

PROBABILITY: dict[Head, str] = {"expression": "probability", "compound": "compound_probability"}
"""Under what an example's predictions have the probability of the class, by output."""


@dataclass(frozen=True)
class Example:
    """A picture with its labels and what the network said of it."""

    kind: Kind
    """Nearest to its label, furthest from it, or drawn by chance."""
    group: str
    """What it is an example of: the expression it is labelled with, or the name of an output."""
    source: str
    """corpus/split/video"""
    jpeg: bytes
    labels: Mapping[str, Any]
    """Of those annotated: expression, compound, valence, arousal, and action_units, the names of those active."""
    predictions: Mapping[str, Any]
    """Of the network's outputs the same, with the probability of the expression, compound_probability as well."""


@dataclass(frozen=True)
class _Judged:
    """The rows of a batch under one output: how far off each is, in [0, 1], in which group, and which may be what."""

    error: NDArray[np.float64]
    group: NDArray[np.str_]
    may: Mapping[Kind, NDArray[np.bool_]]


def _expression(spec: NetworkSpec, predictions: NDArray[Any], labels: NDArray[Any]) -> _Judged:  # noqa: ARG001
    known, given, right, error = _of_classes(predictions, labels)
    return _Judged(
        error, np.array(EXPRESSIONS)[given], {"right": known & right, "wrong": known & ~right, "chance": known}
    )


def _compound(spec: NetworkSpec, predictions: NDArray[Any], labels: NDArray[Any]) -> _Judged:  # noqa: ARG001
    # Not by class: EmotioNet's classes have basic expressions among them, whose examples are the other output's.
    known, given, right, error = _of_classes(predictions, labels)
    group = np.full(len(given), "compound expressions")
    return _Judged(error, group, {"right": known & right, "wrong": known & ~right})


def _of_classes(
    predictions: NDArray[Any], labels: NDArray[Any]
) -> tuple[NDArray[np.bool_], NDArray[np.intp], NDArray[np.bool_], NDArray[np.float64]]:
    """Which rows are labelled, with what, which are right, and what is missing to a probability of 1 for the label."""
    known = labels != NO_EXPRESSION
    given = np.where(known, labels, 0).astype(np.intp)
    right = predictions.argmax(axis=1) == given
    return known, given, right, 1 - predictions[np.arange(len(given)), given].astype(np.float64)


def _valence_arousal(spec: NetworkSpec, predictions: NDArray[Any], labels: NDArray[Any]) -> _Judged:  # noqa: ARG001
    known = np.isfinite(labels).all(axis=1)
    error = np.linalg.norm(np.nan_to_num(labels).astype(np.float64) - predictions, axis=1) / np.sqrt(8)
    return _Judged(error, np.full(len(error), "valence and arousal"), dict.fromkeys(("right", "wrong"), known))


def _action_units(spec: NetworkSpec, predictions: NDArray[Any], labels: NDArray[Any]) -> _Judged:
    labels = labels[:, action_unit_columns(spec.action_units)]
    annotated = labels != NO_ACTION_UNIT
    off = np.where(annotated, np.abs(labels.astype(np.float64) - predictions), 0)
    error = off.sum(axis=1) / np.maximum(annotated.sum(axis=1), 1)
    return _Judged(error, np.full(len(error), "action units"), dict.fromkeys(("right", "wrong"), annotated.any(axis=1)))


JUDGES: dict[Head, Callable[[NetworkSpec, NDArray[Any], NDArray[Any]], _Judged]] = {
    "expression": _expression,
    "valence_arousal": _valence_arousal,
    "action_units": _action_units,
    "compound": _compound,
}
"""By what examples are chosen; of other outputs there are none."""


class Examples:
    """Keeps ``of_each`` pictures of each kind and group, no two of them of one video.

    What is kept does not depend on how a split is shared out: each video's best by (error, checksum of the picture).
    ``sources`` names the video of each row group.
    """

    def __init__(self, spec: NetworkSpec, sources: Sequence[str], of_each: int = 2) -> None:
        self.spec, self.sources, self.of_each = spec, np.array(sources), of_each
        self.tasks = {head: TASKS[head](spec) for head in spec.heads if head in JUDGES}
        self.kept: dict[tuple[Kind, str], dict[str, tuple[tuple[float, int], Example]]] = {}

    def update(
        self,
        pictures: Any,
        predictions: Mapping[str, Any],
        targets: Mapping[str, Any],
        groups: NDArray[np.int32],
    ) -> None:
        """Pictures uint8 (n, S, S, 3), RGB; predictions and targets as of FrameMetrics; row groups (n,)."""
        images, sources = as_array(pictures), self.sources[groups]
        arrays = {name: as_array(target) for name, target in targets.items()}
        given = {head: labels for head, task in self.tasks.items() if (labels := task.labels(arrays)) is not None}
        said = {head: as_array(predictions[head]) for head in given}
        checksums = np.array([zlib.crc32(image) for image in images], np.int64)
        for head, labels in given.items() if len(images) else ():
            judged = JUDGES[head](self.spec, said[head], labels)
            scores: dict[Kind, NDArray[np.float64]] = {
                "right": judged.error,
                "wrong": -judged.error,
                "chance": np.zeros(len(images)),
            }
            for kind, may in judged.may.items():
                for group in np.unique(judged.group[may]):
                    rows = np.flatnonzero(may & (judged.group == group))
                    rows = rows[np.lexsort((checksums[rows], scores[kind][rows]))]
                    _, first = np.unique(sources[rows], return_index=True)
                    for row in rows[np.sort(first)]:
                        key = float(scores[kind][row]), int(checksums[row])
                        make = partial(
                            self._example, kind, str(group), str(sources[row]), images[row], row, said, given
                        )
                        if not self._offer((kind, str(group)), str(sources[row]), key, make):
                            break

    def state(self) -> dict[tuple[Kind, str], dict[str, tuple[tuple[float, int], Example]]]:
        """What is kept."""
        return self.kept

    def merge(self, state: dict[tuple[Kind, str], dict[str, tuple[tuple[float, int], Example]]]) -> Self:
        """Take in what another worker has kept."""
        for place, by_source in state.items():
            for source, (key, example) in by_source.items():
                self._offer(place, source, key, lambda example=example: example)  # type: ignore[misc]
        return self

    def chosen(self) -> list[Example]:
        """In order of expression, then of output, and in each the best first."""
        places = sorted(
            self.kept, key=lambda place: (_position(place[1]), ("right", "wrong", "chance").index(place[0]))
        )
        return [example for place in places for _, example in sorted(self.kept[place].values(), key=lambda one: one[0])]

    def _offer(self, place: tuple[Kind, str], source: str, key: tuple[float, int], make: Callable[[], Example]) -> bool:
        """Keep it if it is among the best; False where what is worse than it need not be offered."""
        kept = self.kept.setdefault(place, {})
        most = self.of_each * (1 if place[1] in EXPRESSIONS else OF_AN_OUTPUT)
        full = len(kept) >= most
        if full and key >= max(one for one, _ in kept.values()):
            return False
        if source in kept and key >= kept[source][0]:
            return True
        kept[source] = key, make()
        if len(kept) > most:
            del kept[max(kept, key=lambda name: kept[name][0])]
        return True

    def _example(
        self,
        kind: Kind,
        group: str,
        source: str,
        image: NDArray[np.uint8],
        row: int,
        said: Mapping[Head, NDArray[Any]],
        given: Mapping[Head, NDArray[Any]],
    ) -> Example:
        labels: dict[str, Any] = {}
        predictions: dict[str, Any] = {}
        for head, probability in PROBABILITY.items():
            if head in said:
                names, best = self.spec.names(head), int(said[head][row].argmax())
                predictions |= {head: names[best], probability: float(said[head][row][best])}
                if given[head][row] != NO_EXPRESSION:
                    labels[head] = names[int(given[head][row])]
        if "valence_arousal" in said:
            predictions |= _named(said["valence_arousal"][row])
            if np.isfinite(given["valence_arousal"][row]).all():
                labels |= _named(given["valence_arousal"][row])
        if "action_units" in said:
            units = given["action_units"][row]
            known = [unit for unit in self.spec.action_units if units[ACTION_UNITS.index(unit)] != NO_ACTION_UNIT]
            active = said["action_units"][row] >= ACTION_UNIT_THRESHOLD
            predictions["action_units"] = [
                action_unit_label(unit)
                for unit, is_active in zip(self.spec.action_units, active, strict=True)
                if is_active
            ]
            if known:
                labels["action_units"] = [
                    action_unit_label(unit) for unit in known if units[ACTION_UNITS.index(unit)] == 1
                ]
        return Example(kind, group, source, _jpeg(image), labels, predictions)


def examples_of(config: TrainConfig, index: LabelIndex) -> Callable[[], Examples] | None:
    """Makes the Examples of a run that is measured on ``index``; None where it is to have none, or takes no picture."""
    wanted = config.follow.examples
    if wanted == "synthetic":
        wanted = all(synthetic for _, _, synthetic in index.corpora)
    if not wanted or "image" not in config.network.streams:
        return None
    sources = ["/".join(uri.removesuffix(".parquet").rsplit("/", 3)[-3:]) for uri, _ in index.groups]
    return partial(Examples, config.network, sources)


def _named(point: NDArray[Any]) -> dict[str, float]:
    return {"valence": float(point[0]), "arousal": float(point[1])}


def _position(group: str) -> tuple[int, str]:
    return (EXPRESSIONS.index(group), "") if group in EXPRESSIONS else (len(EXPRESSIONS), group)


def _jpeg(image: NDArray[np.uint8]) -> bytes:
    if max(image.shape[:2]) > LARGEST:
        image = cv2.resize(image, (LARGEST, LARGEST), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
