"""What a network said of a split beside its labels, as a file of the run's folder."""

import base64
import json
from typing import Any, Self

from affect import storage
from affect.configuration import Configuration
from affect.evaluation.examples import Example, Examples, Kind
from affect.labels import action_unit_label
from affect.metrics import FrameMetrics

Counts = list[list[int]]


class SeenPicture(Configuration):
    """An Example as JSON."""

    kind: Kind
    group: str
    source: str
    jpeg: str
    """In base64."""
    labels: dict[str, Any]
    predictions: dict[str, Any]


class Seen(Configuration):
    """validation.json of a training run: of the frames that were measured last."""

    split: str
    epoch: int
    """After so many epochs."""
    synthetic: bool
    """Whether any of the run's data is."""
    confusion: Counts | None = None
    """(7, 7) of expressions, rows are labels."""
    compounds: tuple[str, ...] = ()
    """The compound expressions that are told apart."""
    compound_confusion: Counts | None = None
    """As ``confusion``, of those."""
    plane_labels: Counts | None = None
    """As metrics.plane.PlaneCounts."""
    plane_predictions: Counts | None = None
    action_units: dict[str, tuple[int, int, int, int]] | None = None
    """Of each: true positives, false positives, false negatives and true negatives."""
    examples: tuple[SeenPicture, ...] = ()

    @classmethod
    def of(
        cls, split: str, epoch: int, metrics: FrameMetrics, examples: Examples | None = None, *, synthetic: bool
    ) -> Self:
        """What was measured on all workers."""
        units = None
        if metrics.detections is not None:
            columns = metrics.detections.counts.T.tolist()
            units = {
                action_unit_label(unit): tuple(counts)
                for unit, counts in zip(metrics.spec.action_units, columns, strict=True)
            }
        compound = metrics.confusion_of("compound")
        return cls(
            split=split,
            epoch=epoch,
            synthetic=synthetic,
            confusion=None if metrics.confusion is None else metrics.confusion.tolist(),
            compounds=metrics.spec.names("compound"),
            compound_confusion=None if compound is None else compound.tolist(),
            plane_labels=None if metrics.plane is None else metrics.plane.labels.tolist(),
            plane_predictions=None if metrics.plane is None else metrics.plane.predictions.tolist(),
            action_units=units,
            examples=tuple(map(_as_json, examples.chosen())) if examples is not None else (),
        )

    def write(self, uri: str) -> None:
        storage.write_text(uri, self.model_dump_json(indent=1) + "\n")

    @classmethod
    def read(cls, uri: str) -> Self | None:
        """None where there is no such file."""
        return cls.parse(json.loads(storage.read_text(uri))) if storage.exists(uri) else None


def _as_json(example: Example) -> SeenPicture:
    return SeenPicture(
        kind=example.kind,
        group=example.group,
        source=example.source,
        jpeg=base64.b64encode(example.jpeg).decode(),
        labels=dict(example.labels),
        predictions=dict(example.predictions),
    )
