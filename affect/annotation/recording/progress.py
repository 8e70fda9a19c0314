"""How far an annotator is with an item."""

from dataclasses import dataclass
from typing import Any

from affect.annotation.recording.project import KINDS, TRACED, Item, Project
from affect.annotation.recording.seen import WATCHING, Seen
from affect.annotation.recording.sessions import Recording, Recordings
from affect.annotation.recording.spans import covers, first_gap, share
from affect.annotation.recording.stretches import Stretches
from affect.errors import AffectError


@dataclass(frozen=True)
class State:
    """``annotated`` and ``verified`` are shares of the video in [0, 1]; ``resume_s`` is where to go on."""

    watched: bool
    annotated: float
    finished: bool
    verified: float
    resume_s: float


class Progress:
    """What is recorded in a project, and what of it is whole."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.recordings, self.seen, self.stretches = Recordings(project), Seen(project), Stretches(project)

    def annotators(self) -> list[str]:
        """Everyone who has recorded or marked anything."""
        names: set[str] = set()
        for kind in KINDS:
            names |= set((self.recordings if kind in TRACED else self.stretches).annotators(kind))
        return sorted(names)

    def watched(self, annotator: str, item: Item) -> bool:
        """Whether ``annotator`` has watched the whole of ``item``, or need not."""
        if not self.project.settings.watch_first:
            return True
        spans = self.seen.spans(WATCHING, annotator, item)
        return bool(spans) and self._covers(spans, item)

    def state(self, kind: str, annotator: str, item: Item) -> State:
        watched = self.watched(annotator, item)
        if kind not in TRACED:
            marked = self.stretches.read(kind, annotator, item)
            begun = 0.5 if marked.stretches else 0.0
            return State(watched, 1.0 if marked.finished else begun, marked.finished, float(marked.finished), 0.0)
        recording = self.recordings.read(kind, annotator, item)
        if not recording.spans:
            return State(watched, 0.0, False, 0.0, 0.0)
        length, gap = self.project.facts(item.video).length_s, self.project.settings.gap_s
        verified = self.seen.spans(kind, annotator, item, recording.begun_anew)
        return State(
            watched,
            share(recording.spans, length, gap),
            covers(recording.spans, length, gap),
            share(verified, length, gap) if verified else 0.0,
            first_gap(recording.spans, gap),
        )

    def finished(self, kind: str, item: Item, *, verified: bool = False) -> dict[str, Recording]:
        """Whole traces of ``item`` by annotator; with ``verified`` those alone that were seen through again."""
        found = {}
        for annotator in self.recordings.annotators(kind):
            state = self.state(kind, annotator, item)
            if state.finished and (state.verified >= 1.0 or not verified):
                found[annotator] = self.recordings.read(kind, annotator, item)
        return found

    def of_annotator(self, kind: str, annotator: str) -> list[dict[str, Any]]:
        """The state of every item, fit for JSON; a video that cannot be read has a ``fault`` instead."""
        rows = []
        for item in self.project.items.values():
            row: dict[str, Any] = {"name": item.name, "video": item.video, "person": item.person}
            try:
                rows.append(row | vars(self.state(kind, annotator, item)))
            except AffectError as error:
                rows.append(row | {"fault": str(error)})
        return rows

    def _covers(self, spans: list[tuple[float, float]], item: Item) -> bool:
        return covers(spans, self.project.facts(item.video).length_s, self.project.settings.gap_s)
