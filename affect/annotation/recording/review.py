"""What a project's owner sees and decides: agreement as it grows, the annotators of each item, invalid stretches."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from affect import storage
from affect.annotation.agreement import Agreement, correlation_matrix
from affect.annotation.decisions import Decisions
from affect.annotation.matching import match
from affect.annotation.recording.progress import Progress
from affect.annotation.recording.project import KINDS, TRACED, Item
from affect.annotation.recording.sessions import Recording
from affect.annotation.selection import most_correlated
from affect.annotation.settings import AnnotationSettings
from affect.annotation.smoothing import median_filter
from affect.configuration import Configuration
from affect.errors import AffectError

Columns = dict[str, NDArray[np.float64]]


class Decided(Configuration):
    """The owner's decisions of one item. A dimension that is not in ``chosen`` is not decided."""

    chosen: dict[str, tuple[Annotated[str, Field(max_length=40)], ...]] = Field(default_factory=dict)
    invalid: Annotated[tuple[tuple[float, float], ...], Field(max_length=2000)] = ()

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if not set(self.chosen) <= set(TRACED) or not all(self.chosen.values()):
            raise ValueError("annotators are chosen for valence and arousal, at least one for each")
        if not all(0 <= start <= end < 1e6 for start, end in self.invalid):
            raise ValueError("an invalid stretch ends before it begins")
        return self


class Review:
    """Traces are compared at the frames of a regular rate, the video's own, unfiltered and median-filtered."""

    def __init__(self, progress: Progress, settings: AnnotationSettings | None = None) -> None:
        self.progress, self.project = progress, progress.project
        self.settings = settings or AnnotationSettings()
        self._columns: dict[tuple[str, str, str], tuple[NDArray[np.float64], NDArray[np.float64]]] = {}

    def decided(self, item: Item) -> Decided:
        uri = self.project.file("decisions", f"{item.name}.json")
        return Decided.parse(json.loads(storage.read_text(uri))) if storage.exists(uri) else Decided()

    def decide(self, item: Item, decided: Decided) -> None:
        """Raises AffectError where an annotator is chosen who has no whole trace of the item."""
        for kind, names in decided.chosen.items():
            missing = sorted(set(names) - self.progress.finished(kind, item).keys())
            if missing:
                raise AffectError(f"{missing[0]!r} has not finished {kind} of {item.name}; choose another")
        storage.write_text(self.project.file("decisions", f"{item.name}.json"), decided.model_dump_json())

    def decisions(self) -> dict[str, Decisions]:
        """Of all items of which anything is decided."""
        found = {name: self.decided(item) for name, item in self.project.items.items()}
        return {name: Decisions(one.chosen, one.invalid) for name, one in found.items() if one.chosen or one.invalid}

    def overview(self) -> dict[str, Any]:
        """Progress of every item by kind and annotator, and how far annotators agree; fit for JSON."""
        names, faults = self.progress.annotators(), [list(fault) for fault in self.project.set_aside]
        gathered = {kind: (Agreement(), Agreement()) for kind in TRACED}
        rows = []
        for item in self.project.items.values():
            try:
                row, columns = self._row(item, names)
            except AffectError as error:
                faults.append([item.name, str(error)])
                continue
            rows.append(row)
            for kind in TRACED:
                raw, filtered = gathered[kind]
                raw.add(columns[kind])
                filtered.add({name: self._filtered(column) for name, column in columns[kind].items()})
        agreement = {
            kind: {
                "maic": _number(raw.maic()),
                "maic_filtered": _number(filtered.maic()),
                "annotators": raw.annotators,
                "correlations": [
                    [1.0 if a == b else _number(raw.correlation(a, b)) for b in raw.annotators] for a in raw.annotators
                ],
            }
            for kind, (raw, filtered) in gathered.items()
        }
        return {
            "annotators": names,
            "median_filter": self.settings.median_filter,
            "items": rows,
            "agreement": agreement,
            "faults": faults,
        }

    def of_item(self, item: Item) -> dict[str, Any]:
        """Traces of an item, their correlations, who is proposed and what is decided; fit for JSON."""
        decided = self.decided(item)
        columns = {kind: self._item_columns(kind, item, decided) for kind in TRACED}
        return {
            "name": item.name,
            "video": item.video,
            "person": item.person,
            "length_s": self.project.facts(item.video).length_s,
            "decided": decided.model_dump(mode="json"),
            "kinds": {kind: self._compared(kind, item, columns[kind]) for kind in TRACED},
        }

    def _row(self, item: Item, names: Sequence[str]) -> tuple[dict[str, Any], dict[str, Columns]]:
        decided = self.decided(item)
        states: dict[str, Any] = {}
        for kind in KINDS:
            of_kind = {name: self.progress.state(kind, name, item) for name in names}
            states[kind] = {
                name: {"annotated": one.annotated, "finished": one.finished, "verified": one.verified}
                for name, one in of_kind.items()
                if one.annotated > 0
            }
        columns = {kind: self._item_columns(kind, item, decided) for kind in TRACED}
        row = {
            "name": item.name,
            "states": states,
            "chosen": {kind: list(chosen) for kind, chosen in decided.chosen.items()},
            "proposed": {kind: self._proposed(columns[kind]) for kind in TRACED},
            "correlation": {kind: _mean_correlation(columns[kind]) for kind in TRACED},
            "invalid_s": sum(end - start for start, end in decided.invalid),
        }
        return row, columns

    def _compared(self, kind: str, item: Item, columns: Columns) -> dict[str, Any]:
        names = list(columns)
        matrix = correlation_matrix(np.array(list(columns.values()))) if columns else np.empty((0, 0))
        return {
            "annotators": names,
            "correlations": [[_number(value) for value in line] for line in matrix.tolist()],
            "proposed": self._proposed(columns),
            "traces": {
                name: np.round(recording.samples, 4).tolist()
                for name, recording in self.progress.finished(kind, item).items()
            },
        }

    def _item_columns(self, kind: str, item: Item, decided: Decided) -> Columns:
        facts = self.project.facts(item.video)
        times = np.arange(int(facts.length_s * facts.rate) + 1) / facts.rate
        valid = Decisions(invalid=decided.invalid).valid(times)
        recordings = self.progress.finished(kind, item)
        return {
            name: np.where(valid, self._column(kind, name, item, recording, times), np.nan)
            for name, recording in recordings.items()
        }

    def _column(
        self, kind: str, annotator: str, item: Item, recording: Recording, times: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Matching takes most of the time of an overview: done again only where the trace is another one."""
        key = kind, annotator, item.name
        known = self._columns.get(key)
        if known is None or not np.array_equal(known[0], recording.samples):
            column = match(recording.trace(annotator), times, self.settings.reach_s, self.settings.delay_s)
            known = self._columns[key] = (recording.samples, column)
        return known[1]

    def _filtered(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        return median_filter(column, self.settings.median_filter)

    def _proposed(self, columns: Mapping[str, NDArray[np.float64]]) -> list[str]:
        """The most correlated annotators, as the settings would choose; empty where there are too few."""
        if len(columns) < self.settings.least_annotators:
            return []
        names = list(columns)
        filtered = np.array([self._filtered(column) for column in columns.values()])
        kept = most_correlated(
            correlation_matrix(filtered), self.settings.least_annotators, self.settings.most_annotators
        )
        return [names[index] for index in kept]


def _mean_correlation(columns: Columns) -> float | None:
    if len(columns) < 2:
        return None
    pairs = correlation_matrix(np.array(list(columns.values())))[np.triu_indices(len(columns), 1)]
    return float(np.nanmean(pairs)) if np.isfinite(pairs).any() else None


def _number(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None
