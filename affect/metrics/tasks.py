"""For each output of a network, what is accumulated and which metrics follow: one class and one entry each."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect.labels import (
    EXPRESSIONS,
    NO_EXPRESSION,
    VALENCE_AROUSAL,
    action_unit_columns,
    action_unit_label,
)
from affect.metrics.accuracy import accuracy
from affect.metrics.ccc import concordance
from affect.metrics.confusion import ConfusionMatrix
from affect.metrics.detections import DetectionCounts
from affect.metrics.f1 import class_f1, detection_f1
from affect.metrics.mean_diagonal import mean_diagonal
from affect.metrics.mean_squared_error import mean_squared_error
from affect.metrics.moments import PairedMoments
from affect.metrics.pearson import pearson
from affect.networks.spec import Head, NetworkSpec

ACTION_UNIT_THRESHOLD = 0.5
"""Probability from which an action unit counts as active."""


class TaskMetrics(ABC):
    """The metrics of one output."""

    accumulator: PairedMoments | ConfusionMatrix | DetectionCounts

    @abstractmethod
    def update(self, predictions: NDArray[Any], targets: NDArray[Any]) -> None:
        """Predictions of Network.predict and targets as in MultiTask, in arrays of the same length."""

    @abstractmethod
    def compute(self) -> dict[str, float]:
        """The metrics by name; none where nothing was annotated."""


class ValenceArousalMetrics(TaskMetrics):
    """CCC, MSE and Pearson's coefficient over all frames of which valence and arousal are annotated."""

    def __init__(self, spec: NetworkSpec) -> None:  # noqa: ARG002
        self.accumulator: PairedMoments = PairedMoments(len(VALENCE_AROUSAL))

    def update(self, predictions: NDArray[Any], targets: NDArray[Any]) -> None:
        annotated = np.isfinite(targets).all(axis=1)
        self.accumulator.update(predictions[annotated], targets[annotated])

    def compute(self) -> dict[str, float]:
        if not self.accumulator.count:
            return {}
        metrics = {"ccc": concordance, "mse": mean_squared_error, "pearson": pearson}
        return {
            f"{quantity}_{name}": float(value)
            for name, metric in metrics.items()
            for quantity, value in zip(VALENCE_AROUSAL, metric(self.accumulator), strict=True)
        }


class ExpressionMetrics(TaskMetrics):
    """Macro F1 over the classes in labels or predictions, with their count, accuracy and mean recall."""

    def __init__(self, spec: NetworkSpec) -> None:  # noqa: ARG002
        self.accumulator: ConfusionMatrix = ConfusionMatrix(len(EXPRESSIONS))

    def update(self, predictions: NDArray[Any], targets: NDArray[Any]) -> None:
        annotated = targets != NO_EXPRESSION
        self.accumulator.update(predictions[annotated].argmax(axis=1), targets[annotated])

    def compute(self) -> dict[str, float]:
        scores = class_f1(self.accumulator)
        if np.isnan(scores).all():
            return {}
        return {
            "expression_macro_f1": float(np.nanmean(scores)),
            "expression_accuracy": accuracy(self.accumulator),
            "expression_mean_diagonal": mean_diagonal(self.accumulator),
            "expression_classes": float((~np.isnan(scores)).sum()),
        }


class ActionUnitMetrics(TaskMetrics):
    """F1 of each action unit that the network outputs and that is annotated, their mean and their count.

    An action unit that is neither in the labels nor in the predictions has no F1 and does not count, as with classes.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        self.action_units = spec.action_units
        self.columns = action_unit_columns(spec.action_units)
        self.accumulator: DetectionCounts = DetectionCounts(len(spec.action_units))

    def update(self, predictions: NDArray[Any], targets: NDArray[Any]) -> None:
        self.accumulator.update(predictions >= ACTION_UNIT_THRESHOLD, targets[:, self.columns])

    def compute(self) -> dict[str, float]:
        if not self.accumulator.annotated.any():
            return {}
        scores = detection_f1(self.accumulator)
        named = {
            f"{action_unit_label(unit)}_f1": float(score)
            for unit, score in zip(self.action_units, scores, strict=True)
            if not np.isnan(score)
        }
        mean = float(np.mean(list(named.values()))) if named else 0.0
        return {"action_units_f1": mean, "action_units_counted": float(len(named)), **named}


TASKS: dict[Head, Callable[[NetworkSpec], TaskMetrics]] = {
    "valence_arousal": ValenceArousalMetrics,
    "expression": ExpressionMetrics,
    "action_units": ActionUnitMetrics,
}
