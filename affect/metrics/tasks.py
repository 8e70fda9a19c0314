"""For each output of a network, what is accumulated and which metrics follow: one class and one entry each."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from affect.labels import (
    COMPOUND_EXPRESSIONS,
    EXPRESSIONS,
    NO_COMPOUND,
    NO_EXPRESSION,
    NO_IDENTITY,
    VALENCE_AROUSAL,
    action_unit_columns,
    action_unit_label,
    class_positions,
)
from affect.metrics.accumulator import Accumulator, State
from affect.metrics.accuracy import accuracy, detection_accuracy
from affect.metrics.ccc import concordance
from affect.metrics.confusion import ConfusionMatrix
from affect.metrics.detections import DetectionCounts
from affect.metrics.emotionet import emotionet_action_units, emotionet_emotions
from affect.metrics.f1 import class_f1, detection_f1, mean_of_defined
from affect.metrics.mean_diagonal import mean_diagonal
from affect.metrics.mean_squared_error import mean_squared_error
from affect.metrics.moments import PairedMoments
from affect.metrics.pearson import pearson
from affect.metrics.plane import PlaneCounts
from affect.metrics.top_hits import PLACES, TopHits
from affect.metrics.unweighted_average_recall import unweighted_average_recall
from affect.networks.spec import Head, NetworkSpec

ACTION_UNIT_THRESHOLD = 0.5
"""Probability from which an action unit counts as active, unless the model has another of its own."""


def action_unit_thresholds(action_units: Sequence[int], own: Mapping[str, float]) -> NDArray[np.float32]:
    """The threshold of each of ``action_units`` (k,): its ``own`` by name, as AU12, or the default.

    In single precision, as probabilities are: a threshold that is one of them is reached by it.
    """
    names = map(action_unit_label, action_units)
    return np.array([own.get(name, ACTION_UNIT_THRESHOLD) for name in names], np.float32)


class TaskMetrics(ABC):
    """The metrics of one output."""

    targets: ClassVar[tuple[str, ...]]
    """What is looked at of MultiTask's targets."""
    accumulator: PairedMoments | ConfusionMatrix | DetectionCounts | TopHits

    def labels(self, targets: Mapping[str, NDArray[Any]]) -> NDArray[Any] | None:
        """The labels of this output, from those of its ``targets`` that are given; None where none is."""
        return targets.get(self.targets[0])

    @abstractmethod
    def update(self, predictions: NDArray[Any], targets: NDArray[Any]) -> None:
        """Predictions of Network.predict and what ``labels`` gave, in arrays of the same length."""

    @abstractmethod
    def compute(self) -> dict[str, float]:
        """The metrics by name; none where nothing was annotated."""

    @property
    def accumulators(self) -> tuple[Accumulator, ...]:
        """All that is accumulated, under different names; for metrics or to be looked at."""
        return (self.accumulator,)

    def state(self) -> State:
        """All that has been seen, as a few small arrays by name."""
        return {name: value for one in self.accumulators for name, value in one.state().items()}

    def merge(self, state: State) -> None:
        """Take in what another worker has seen."""
        for one in self.accumulators:
            one.merge({name: state[name] for name in one.state()})


class ValenceArousalMetrics(TaskMetrics):
    """CCC, MSE and Pearson's coefficient over all frames of which both are annotated; ``plane`` is their histogram."""

    targets = ("valence_arousal",)

    def __init__(self, spec: NetworkSpec) -> None:  # noqa: ARG002
        self.accumulator: PairedMoments = PairedMoments(len(VALENCE_AROUSAL))
        self.plane = PlaneCounts()

    @property
    def accumulators(self) -> tuple[Accumulator, ...]:
        return self.accumulator, self.plane

    def update(self, predictions: NDArray[Any], targets: NDArray[Any]) -> None:
        annotated = np.isfinite(targets).all(axis=1)
        for one in (self.accumulator, self.plane):
            one.update(predictions[annotated], targets[annotated])

    def compute(self) -> dict[str, float]:
        if not self.accumulator.count:
            return {}
        metrics = {"ccc": concordance, "mse": mean_squared_error, "pearson": pearson}
        return {
            f"{quantity}_{name}": float(value)
            for name, metric in metrics.items()
            for quantity, value in zip(VALENCE_AROUSAL, metric(self.accumulator), strict=True)
        }


class ClassMetrics(TaskMetrics):
    """Metrics of classes, the macro F1 being over those in labels or predictions, whose count is given.

    Mean diagonal and unweighted average recall are one figure under the names that two corpora's papers give it.
    """

    name: ClassVar[str]
    accumulator: ConfusionMatrix

    def update(self, predictions: NDArray[Any], targets: NDArray[Any]) -> None:
        annotated = targets != NO_EXPRESSION
        self.accumulator.update(predictions[annotated].argmax(axis=1), targets[annotated])

    def compute(self) -> dict[str, float]:
        scores = class_f1(self.accumulator)
        if np.isnan(scores).all():
            return {}
        return {
            f"{self.name}_macro_f1": mean_of_defined(scores),
            f"{self.name}_accuracy": accuracy(self.accumulator),
            f"{self.name}_mean_diagonal": mean_diagonal(self.accumulator),
            f"{self.name}_unweighted_average_recall": unweighted_average_recall(self.accumulator),
            f"{self.name}_emotionet_score": emotionet_emotions(self.accumulator),
            f"{self.name}_classes": float((~np.isnan(scores)).sum()),
        }


class ExpressionMetrics(ClassMetrics):
    """ClassMetrics of the seven expressions."""

    targets = ("expression",)
    name = "expression"

    def __init__(self, spec: NetworkSpec) -> None:  # noqa: ARG002
        self.accumulator = ConfusionMatrix(len(EXPRESSIONS))


class CompoundMetrics(ClassMetrics):
    """ClassMetrics of the compound expressions of ``spec``; their labels are those of objectives.compound."""

    targets = ("compound", "expression")
    name = "compound"

    def __init__(self, spec: NetworkSpec) -> None:
        self.tables = {
            "compound": class_positions(COMPOUND_EXPRESSIONS, spec.compounds),
            "expression": class_positions(EXPRESSIONS, spec.compounds),
        }
        self.accumulator = ConfusionMatrix(len(spec.compounds))

    def labels(self, targets: Mapping[str, NDArray[Any]]) -> NDArray[Any] | None:
        found = [table[targets[name].astype(np.intp)] for name, table in self.tables.items() if name in targets]
        if len(found) < len(self.tables):
            return found[0] if found else None
        return np.where(found[0] != NO_COMPOUND, found[0], found[1])


class ActionUnitMetrics(TaskMetrics):
    """F1 and accuracy of each action unit that the network outputs and that is annotated, and their means.

    An action unit that is neither in the labels nor in the predictions has no F1 and does not count in the mean, as
    with classes; their count is given. EmotioNet's score is the average of the two means.
    """

    targets = ("action_units",)
    accumulator: DetectionCounts

    def __init__(self, spec: NetworkSpec) -> None:
        self.action_units = spec.action_units
        self.columns = action_unit_columns(spec.action_units)
        self.thresholds = action_unit_thresholds(spec.action_units, {})
        self.accumulator = DetectionCounts(len(spec.action_units))

    def update(self, predictions: NDArray[Any], targets: NDArray[Any]) -> None:
        self.accumulator.update(predictions >= self.thresholds, targets[:, self.columns])

    def compute(self) -> dict[str, float]:
        if not self.accumulator.annotated.any():
            return {}
        scores, accuracies = detection_f1(self.accumulator), detection_accuracy(self.accumulator)
        return {
            "action_units_f1": mean_of_defined(scores),
            "action_units_accuracy": mean_of_defined(accuracies),
            "action_units_emotionet_score": emotionet_action_units(self.accumulator),
            "action_units_counted": float((~np.isnan(scores)).sum()),
            **self._of_each("f1", scores),
            **self._of_each("accuracy", accuracies),
        }

    def _of_each(self, metric: str, values: NDArray[np.float64]) -> dict[str, float]:
        return {
            f"{action_unit_label(unit)}_{metric}": float(value)
            for unit, value in zip(self.action_units, values, strict=True)
            if not np.isnan(value)
        }


class IdentityMetrics(TaskMetrics):
    """How often the person is the most probable of the network's identities, and among the five most probable."""

    targets = ("identity",)
    accumulator: TopHits

    def __init__(self, spec: NetworkSpec) -> None:  # noqa: ARG002
        self.accumulator = TopHits()

    def update(self, predictions: NDArray[Any], targets: NDArray[Any]) -> None:
        known = targets != NO_IDENTITY
        self.accumulator.update(predictions[known], targets[known])

    def compute(self) -> dict[str, float]:
        *hits, seen = self.accumulator.counts
        names = [f"identity_{'' if place == 1 else f'top{place}_'}accuracy" for place in PLACES]
        return {name: float(hit / seen) for name, hit in zip(names, hits, strict=True)} if seen else {}


TASKS: dict[Head, Callable[[NetworkSpec], TaskMetrics]] = {
    "valence_arousal": ValenceArousalMetrics,
    "expression": ExpressionMetrics,
    "action_units": ActionUnitMetrics,
    "compound": CompoundMetrics,
    "identity": IdentityMetrics,
}
