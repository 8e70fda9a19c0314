"""Traces as they come: sessions of batches, each file whole or not at all, and the trace that they make together.

A *session* is one stretch of playing: its samples follow one another in the video's time. It arrives in batches,
numbered from 0, that may be sent again; each is a file ``<item>/<session>/<number>.json``, on disk before it is
acknowledged. When the last one is there the session becomes one file, ``<item>/<session>.json``. Nothing that was
recorded is changed or deleted: later sessions take the place of earlier ones where they cover them, and ``redo`` begins
anew.
"""

import functools
import json
import math
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from affect import storage
from affect.annotation.recording.project import TRACED, Item, Project, annotator_name
from affect.annotation.recording.spans import Span, joined
from affect.annotation.traces import Trace
from affect.configuration import Configuration
from affect.errors import AffectError

MOST_SAMPLES = 20_000
"""Of one batch."""

_KEPT_SESSIONS, _KEPT_BATCHES = 512, 4096

Mode = Literal["annotate", "verify", "redo"]
"""The first pass, a stretch recorded again while verifying, and a first pass that begins anew."""


class ConflictError(AffectError):
    """What is sent does not fit what is recorded."""


class Batch(Configuration):
    """Consecutive samples of one session."""

    session: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    number: Annotated[int, Field(ge=0, lt=1_000_000)]
    last: bool = False
    begun_s: Annotated[float, Field(gt=0, lt=1e11)]
    """When the session began, in seconds since 1970: later sessions count before earlier ones."""
    mode: Mode = "annotate"
    samples: Annotated[tuple[tuple[float, float], ...], Field(max_length=MOST_SAMPLES)]
    """(seconds from the video's first frame, value)."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        before = 0.0
        for time_s, value in self.samples:
            if not (math.isfinite(time_s) and math.isfinite(value)):
                raise ValueError("a sample is not a number")
            if time_s < before:
                raise ValueError(f"time runs backwards at {time_s:g} s")
            if abs(value) > 1:
                raise ValueError(f"{value:g} is outside of -1 to 1")
            before = time_s
        return self


@dataclass(frozen=True)
class Session:
    """One stretch of playing: ``samples`` (n, 2) are times and values."""

    name: str
    begun_s: float
    mode: Mode
    samples: NDArray[np.float64]
    batches: int = 1


@dataclass(frozen=True)
class Recording:
    """What one annotator left of one item: the trace of all sessions together, and the stretches it covers."""

    samples: NDArray[np.float64]
    spans: list[Span]
    begun_anew: str
    """The session that began it anew, or empty."""
    sessions: int

    def trace(self, annotator: str) -> Trace:
        return Trace(annotator, self.samples[:, 0], self.samples[:, 1])


class Recordings:
    """The traces of a project. Several processes may append to and read the same."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        # A file never changes once it is there.
        self._batch = functools.lru_cache(_KEPT_BATCHES)(_read)
        self._session = functools.lru_cache(_KEPT_SESSIONS)(lambda uri: _session(uri, _read(uri)))

    def append(self, kind: str, annotator: str, item: Item, batch: Batch) -> None:
        """Keep ``batch``: it is on disk when this returns. One that is there already is left as it is.

        Raises ConflictError where another batch of the same number is there, or where it goes on after the last.
        """
        folder = self._folder(kind, annotator, item)
        whole, parts = storage.join(folder, f"{batch.session}.json"), storage.join(folder, batch.session)
        with self._locks[folder]:
            if storage.exists(whole):
                if batch.number >= self._session(whole).batches:
                    raise ConflictError(f"the session has ended; batch {batch.number} cannot follow")
                return
            uri, text = storage.join(parts, f"{batch.number:06d}.json"), batch.model_dump_json()
            if storage.exists(uri):
                if self._batch(uri) != json.loads(text):
                    raise ConflictError(f"another batch {batch.number} of this session is there already")
            else:
                self._check_order(parts, batch)
                storage.write_text(uri, text)
            self._close(whole, parts)

    def read(self, kind: str, annotator: str, item: Item) -> Recording:
        """The trace as it is now; empty where nothing is recorded."""
        return compose(self.sessions(kind, annotator, item))

    def sessions(self, kind: str, annotator: str, item: Item) -> list[Session]:
        folder = storage.absolute(self._folder(kind, annotator, item))
        while True:
            # A session is whole in one file before its batches go: in this order it is found, whoever ends it.
            batches = storage.list_files(folder, ".json")
            whole = storage.list_files(folder, ".json", recursive=False)
            try:
                return self._sessions(whole, [uri for uri in batches if "/" in uri[len(folder) + 1 :]])
            except AffectError:
                if all(storage.exists(uri) for uri in batches):
                    raise

    def annotators(self, kind: str) -> list[str]:
        """Who has recorded something of ``kind``."""
        return storage.list_folders(self.project.file("recordings", kind))

    def _folder(self, kind: str, annotator: str, item: Item) -> str:
        if kind not in TRACED:
            raise AffectError(f"{kind[:40]!r} is no trace; traces are of {' and '.join(TRACED)}")
        return self.project.file("recordings", kind, annotator_name(annotator), item.name)

    def _check_order(self, parts: str, batch: Batch) -> None:
        """A session's samples follow one another, in whatever order its batches come."""
        for other in self._batches(parts):
            if (other["begun_s"], other["mode"]) != (batch.begun_s, batch.mode):
                raise ConflictError("the session began at another time, or for another purpose")
            first, second = sorted([(other["number"], other["last"]), (batch.number, batch.last)])
            if first[1] or first[0] == second[0]:
                raise ConflictError(f"the session has ended; batch {second[0]} cannot follow")
            if not (other["samples"] and batch.samples):
                continue
            earlier, later = sorted(
                [(other["number"], other["samples"]), (batch.number, batch.samples)], key=lambda one: one[0]
            )
            if later[1][0][0] < earlier[1][-1][0]:
                raise ConflictError(f"batch {batch.number} does not follow the others in the video's time")

    def _close(self, whole: str, parts: str) -> None:
        batches = self._batches(parts)
        if not batches[-1]["last"] or len(batches) <= batches[-1]["number"]:
            return
        storage.write_text(whole, json.dumps(_joined(batches)))
        storage.delete_folder(parts)

    def _batches(self, parts: str) -> list[dict[str, Any]]:
        return [self._batch(uri) for uri in storage.list_files(parts, ".json")]

    def _sessions(self, whole: Iterable[str], batches: Iterable[str]) -> list[Session]:
        sessions = {session.name: session for session in map(self._session, whole)}
        parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for uri in batches:
            name = uri.rsplit("/", 2)[1]
            if name not in sessions:
                parts[name].append(self._batch(uri))
        for name, found in parts.items():
            # Beyond one that has not come yet nothing is known to be without a gap.
            known = [batch for place, batch in enumerate(found) if batch["number"] == place]
            if known:
                sessions[name] = _session(name, _joined(known))
        return list(sessions.values())


def _read(uri: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(storage.read_text(uri))
    return content


def _session(uri: str, one: dict[str, Any]) -> Session:
    name = uri.rsplit("/", 1)[-1].removesuffix(".json")
    samples = np.array(one["samples"], np.float64).reshape(-1, 2)
    return Session(name, one["begun_s"], one["mode"], samples, one["batches"])


def _joined(batches: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "begun_s": batches[0]["begun_s"],
        "mode": batches[0]["mode"],
        "batches": len(batches),
        "samples": [sample for batch in batches for sample in batch["samples"]],
    }


def compose(sessions: Iterable[Session]) -> Recording:
    """The one trace of ``sessions``: each takes the place of what began before it, where it covers that."""
    samples = np.empty((0, 2))
    spans: list[Span] = []
    begun_anew, count = "", 0
    for session in sorted(sessions, key=lambda one: (one.begun_s, one.name)):
        if session.mode == "redo":
            samples, spans, begun_anew, count = samples[:0], [], session.name, 0
        if len(session.samples):
            first, last = session.samples[0, 0], session.samples[-1, 0]
            before, after = samples[samples[:, 0] < first], samples[samples[:, 0] > last]
            samples = np.concatenate([before, session.samples, after])
            spans = joined([*spans, (first, last)])
            count += 1
    return Recording(samples, spans, begun_anew, count)
