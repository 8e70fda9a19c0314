"""All metrics of a network's outputs, frame by frame, in one streaming accumulator."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from affect.metrics.accumulator import State, as_array
from affect.metrics.confusion import ConfusionMatrix
from affect.metrics.detections import DetectionCounts
from affect.metrics.plane import PlaneCounts
from affect.metrics.tasks import TASKS, ActionUnitMetrics, ValenceArousalMetrics, action_unit_thresholds
from affect.networks.spec import Head, NetworkSpec


class FrameMetrics:
    """The metrics that follow from the heads of ``spec``; a label that was not annotated is left out.

    ``thresholds`` by name, as AU12, are those of action units that are not tasks.ACTION_UNIT_THRESHOLD.
    """

    def __init__(self, spec: NetworkSpec, thresholds: Mapping[str, float] | None = None) -> None:
        self.spec = spec
        self.tasks = {head: TASKS[head](spec) for head in spec.heads}
        units = self.tasks.get("action_units")
        if thresholds and isinstance(units, ActionUnitMetrics):
            units.thresholds = action_unit_thresholds(spec.action_units, thresholds)

    def update(self, predictions: Mapping[str, Any], targets: Mapping[str, Any]) -> None:
        """Predictions of Network.predict and targets as in objectives.MultiTask, batch first, tensors or arrays.

        Outputs whose targets are missing are left out, as are those of which nothing was annotated.
        """
        for head, task in self.tasks.items():
            labels = task.labels({name: as_array(targets[name]) for name in task.targets if name in targets})
            if labels is not None:
                task.update(as_array(predictions[head]), labels)

    def state(self) -> State:
        """All that has been seen, as a few small arrays by name."""
        return {f"{head}/{key}": value for head, task in self.tasks.items() for key, value in task.state().items()}

    def merge(self, state: State) -> Self:
        """Take in what another worker has seen. Workers that are to agree to the last bit merge in the same order."""
        for head, task in self.tasks.items():
            task.merge({key: state[f"{head}/{key}"] for key in task.state()})
        return self

    def compute(self) -> dict[str, float]:
        """The metrics by name; those of an output of which nothing was annotated are absent."""
        return {name: value for task in self.tasks.values() for name, value in task.compute().items()}

    @property
    def confusion(self) -> NDArray[np.int64] | None:
        """The confusion matrix (7, 7) of expressions, rows are labels; None without that head."""
        return self.confusion_of("expression")

    def confusion_of(self, head: Head) -> NDArray[np.int64] | None:
        """The confusion matrix of an output of classes, rows are labels; None where it is none or there is none."""
        accumulator = self.tasks[head].accumulator if head in self.tasks else None
        return accumulator.counts if isinstance(accumulator, ConfusionMatrix) else None

    @property
    def plane(self) -> PlaneCounts | None:
        """Histograms of valence and arousal; None without that head."""
        task = self.tasks.get("valence_arousal")
        return task.plane if isinstance(task, ValenceArousalMetrics) else None

    @property
    def detections(self) -> DetectionCounts | None:
        """Right and wrong detections of each of the network's action units; None without that head."""
        accumulator = self.tasks["action_units"].accumulator if "action_units" in self.tasks else None
        return accumulator if isinstance(accumulator, DetectionCounts) else None
