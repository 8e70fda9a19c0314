"""Expressions and action units as annotators mark them: stretches of frames, and the labels of frames they make."""

import json
import threading
from collections import defaultdict
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from affect import storage
from affect.annotation.recording.project import Item, Project, annotator_name
from affect.annotation.recording.sessions import ConflictError
from affect.annotation.traces import BY_FRAME
from affect.configuration import Configuration
from affect.errors import AffectError
from affect.labels import (
    ACTION_UNITS,
    AFF_WILD2_ACTION_UNITS,
    EXPRESSIONS,
    NO_ACTION_UNIT,
    NO_EXPRESSION,
    action_unit_columns,
    action_unit_label,
)

UNKNOWN = "unknown"
"""Marks frames of which an annotator cannot tell: they have no label."""

LABELS: dict[str, tuple[str, ...]] = {
    "expression": (*EXPRESSIONS, UNKNOWN),
    "action_units": (*map(action_unit_label, AFF_WILD2_ACTION_UNITS), UNKNOWN),
}
"""What can be marked, by kind."""

NEAR_S = 0.004
"""A frame this near to the end of a stretch is in it: browsers round their time stamps."""


class Stretch(Configuration):
    """``label`` from the frame at ``from_s`` to the frame at ``to_s``, both of them in it."""

    label: Annotated[str, Field(max_length=16)]
    from_s: Annotated[float, Field(ge=0, lt=1e6)]
    to_s: Annotated[float, Field(ge=0, lt=1e6)]

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.to_s < self.from_s:
            raise ValueError("the stretch ends before it begins")
        return self


class Marked(Configuration):
    """All that one annotator marked of one item. ``revision`` grows with each change."""

    revision: Annotated[int, Field(ge=0, lt=10**9)] = 0
    finished: bool = False
    stretches: Annotated[tuple[Stretch, ...], Field(max_length=20_000)] = ()


class Stretches:
    """What is marked in a project, a file for each kind, annotator and item."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def read(self, kind: str, annotator: str, item: Item) -> Marked:
        uri = self._uri(kind, annotator, item)
        return Marked.parse(json.loads(storage.read_text(uri))) if storage.exists(uri) else Marked()

    def write(self, kind: str, annotator: str, item: Item, marked: Marked) -> None:
        """Put ``marked`` in the place of the revision before it. The same again changes nothing.

        Raises ConflictError where another revision has come in between, and AffectError for an unknown label.
        """
        uri = self._uri(kind, annotator, item)
        wrong = next((one.label for one in marked.stretches if one.label not in LABELS[kind]), None)
        if wrong is not None:
            raise AffectError(f"{wrong!r} is no label of {kind}; known are {', '.join(LABELS[kind])}")
        with self._locks[uri]:
            known = self.read(kind, annotator, item)
            if marked == known:
                return
            if marked.revision <= known.revision:
                raise ConflictError("this video was marked elsewhere in the meantime; open it again")
            storage.write_text(uri, marked.model_dump_json())

    def annotators(self, kind: str) -> list[str]:
        return storage.list_folders(self.project.file("stretches", kind))

    def _uri(self, kind: str, annotator: str, item: Item) -> str:
        if kind not in BY_FRAME:
            raise AffectError(f"{kind[:40]!r} is not marked by stretches; {' and '.join(BY_FRAME)} are")
        return self.project.file("stretches", kind, annotator_name(annotator), f"{item.name}.json")


def expressions(marked: Marked, times: NDArray[np.float64]) -> NDArray[np.int8]:
    """The expression (frames,) at ``times`` (frames,), -1 where none is marked; later marks count before earlier."""
    labels = np.full(len(times), NO_EXPRESSION, np.int8)
    for stretch in marked.stretches:
        known = stretch.label != UNKNOWN
        labels[_inside(stretch, times)] = EXPRESSIONS.index(stretch.label) if known else NO_EXPRESSION
    return labels


def action_units(marked: Marked, times: NDArray[np.float64]) -> NDArray[np.int8]:
    """The action units (frames, 17): of Aff-Wild2's eight 1 where marked and 0 elsewhere, -1 where unknown."""
    labels = np.full((len(times), len(ACTION_UNITS)), NO_ACTION_UNIT, np.int8)
    asked = action_unit_columns(AFF_WILD2_ACTION_UNITS)
    labels[:, asked] = 0
    for stretch in marked.stretches:
        if stretch.label != UNKNOWN:
            labels[_inside(stretch, times), ACTION_UNITS.index(int(stretch.label.removeprefix("AU")))] = 1
    for stretch in marked.stretches:  # last, for of such frames nothing is known whatever else is marked
        if stretch.label == UNKNOWN:
            labels[_inside(stretch, times)] = NO_ACTION_UNIT
    return labels


def _inside(stretch: Stretch, times: NDArray[np.float64]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (times >= stretch.from_s - NEAR_S) & (times <= stretch.to_s + NEAR_S)
    return inside
