"""What an annotator has watched of an item, and what of a trace was verified: stretches of the video's time."""

import json
import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from affect import storage
from affect.annotation.recording.project import TRACED, Item, Project, annotator_name
from affect.annotation.recording.spans import Span, joined
from affect.errors import AffectError

WATCHING = "watching"
PURPOSES = (WATCHING, *TRACED)
"""Watching before annotating, and verifying the trace of either dimension."""


class Seen:
    """Stretches by purpose, annotator and item; more are added to those that are there."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def add(self, purpose: str, annotator: str, item: Item, spans: Sequence[Span], of: str = "") -> list[Span]:
        """All stretches, with ``spans``. ``of`` names what is verified: of another one before, nothing is kept."""
        uri = self._uri(purpose, annotator, item)
        with self._locks[uri]:
            before = self.spans(purpose, annotator, item, of)
            after = joined([*before, *spans])
            if after != before:
                storage.write_text(uri, json.dumps({"of": of, "spans": after}))
        return after

    def spans(self, purpose: str, annotator: str, item: Item, of: str = "") -> list[Span]:
        uri = self._uri(purpose, annotator, item)
        if not storage.exists(uri):
            return []
        kept: dict[str, Any] = json.loads(storage.read_text(uri))
        return [(start, end) for start, end in kept["spans"]] if kept["of"] == of else []

    def _uri(self, purpose: str, annotator: str, item: Item) -> str:
        if purpose not in PURPOSES:
            raise AffectError(f"{purpose[:40]!r} is none of {', '.join(PURPOSES)}")
        return self.project.file("seen", purpose, annotator_name(annotator), f"{item.name}.json")
