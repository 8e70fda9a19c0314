"""One video's traces on disk to label files and a record of the agreement, done once.

The record, ``<out>/agreement/<name>.json``, is written last: where it is there and its fingerprint still fits, the
video is done.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.annotation.decisions import Decisions
from affect.annotation.label_files import label_uri
from affect.annotation.landmarks import read_landmarks
from affect.annotation.settings import AnnotationSettings
from affect.annotation.traces import BY_FRAME, Trace, parse_traces
from affect.annotation.video import Annotated, annotate, regular_times
from affect.corpora.annotation_file import parse_annotation
from affect.errors import AffectError
from affect.media.video import frames


@dataclass(frozen=True)
class Sources:
    """What there is of one person of one video: ``name`` is the video's, with _left or _right where it has two."""

    name: str
    person: str
    split: str
    files: Mapping[str, Sequence[str]]
    """Annotators' files by what is annotated in them."""
    video: str | None = None
    faces: str | None = None
    """A file of preprocessed faces."""
    chosen: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Annotators by dimension, where the corpus' owner chose them."""
    invalid: Sequence[Sequence[float]] = ()
    """Stretches without labels, (from, to) in seconds."""

    @property
    def decisions(self) -> Decisions:
        chosen = {dimension: tuple(names) for dimension, names in self.chosen.items()}
        return Decisions(chosen, tuple((start, end) for start, end in self.invalid))


def record_uri(out: str, name: str) -> str:
    return storage.join(out, "agreement", f"{name}.json")


def settle(sources: Sources, settings: AnnotationSettings, out: str) -> dict[str, Any]:
    """Write the labels of one video below ``out`` unless that is done; returns its record.

    A file that cannot be read is set aside, and so is the whole video where its frames have no time stamps: both are
    in the record's ``set_aside``, (file, reason) each. Only storage that fails raises.
    """
    contents, unread = _contents(sources)
    fingerprint = _fingerprint(sources, settings, contents)
    uri = record_uri(out, sources.name)
    before: dict[str, Any] = json.loads(storage.read_text(uri)) if storage.exists(uri) else {}
    if before.get("fingerprint") == fingerprint and not before["set_aside"]:
        return before
    traces, labels, bad = _parsed(contents)
    try:
        times, landmarks = _times(sources, settings, traces), _landmarks(sources, settings)
        made = annotate(traces, labels, times, settings, landmarks, sources.decisions)
    except AffectError as error:
        made = Annotated(set_aside=[(sources.video or sources.name, str(error))])
    files = {label_uri(out, kind, sources.split, sources.name): text for kind, text in made.files.items()}
    for file, text in files.items():
        storage.write_text(file, text)
    _delete({label_uri(out, kind, before["split"], sources.name) for kind in before.get("files", [])} - files.keys())
    faults = [*unread, *bad, *((f"{sources.name}: {what}", reason) for what, reason in made.set_aside)]
    about = asdict(made) | {"files": sorted(made.files), "set_aside": faults}
    record: dict[str, Any] = {"name": sources.name, "split": sources.split, "fingerprint": fingerprint} | about
    storage.write_text(uri, json.dumps(record))
    return record


def _delete(stale: set[str]) -> None:
    """Labels that an earlier run made and this one did not, for a reader would still find them."""
    for file in sorted(stale):
        filesystem, path = storage.resolve(file)
        if storage.exists(file):
            filesystem.delete_file(path)


def _contents(sources: Sources) -> tuple[dict[str, dict[str, bytes]], list[tuple[str, str]]]:
    contents: dict[str, dict[str, bytes]] = {}
    unread = []
    for kind, files in sources.files.items():
        for file in files:
            try:
                contents.setdefault(kind, {})[file] = storage.read_bytes(file)
            except AffectError as error:
                unread.append((file, str(error)))
    return contents, unread


def _parsed(
    contents: Mapping[str, Mapping[str, bytes]],
) -> tuple[dict[str, list[Trace]], dict[str, list[NDArray[np.int8]]], list[tuple[str, str]]]:
    traces: dict[str, list[Trace]] = {}
    labels: dict[str, list[NDArray[np.int8]]] = {}
    bad = []
    for kind, files in contents.items():
        for file, data in files.items():
            try:
                if kind in BY_FRAME:
                    labels.setdefault(kind, []).append(parse_annotation(data, BY_FRAME[kind], file))
                else:
                    traces.setdefault(kind, []).extend(_new(parse_traces(data, file), traces.get(kind, []), file))
            except AffectError as error:
                bad.append((file, str(error)))
    return {kind: some for kind, some in traces.items() if some}, labels, bad


def _new(found: list[Trace], known: Sequence[Trace], file: str) -> list[Trace]:
    twice = {trace.annotator for trace in found} & {trace.annotator for trace in known}
    if twice:
        raise AffectError(f"{file} holds another trace of {', '.join(sorted(twice))}; delete one of the two")
    return found


def _times(
    sources: Sources, settings: AnnotationSettings, traces: Mapping[str, Sequence[Trace]]
) -> NDArray[np.float64]:
    if not traces and not sources.invalid:
        return np.empty(0)
    if sources.video is not None:
        with storage.local_copy(sources.video) as path:
            return np.array([frame.time_s for frame in frames(path)])
    if settings.rate is None:
        raise AffectError(f"{sources.name} has no video; add it to --videos, or give the frame rate with --set rate=30")
    return regular_times(traces, settings.rate)


def _landmarks(sources: Sources, settings: AnnotationSettings) -> NDArray[np.float64] | None:
    if settings.choose != "landmarks" or sources.faces is None:
        return None
    return read_landmarks(sources.faces, sources.person)


def _fingerprint(sources: Sources, settings: AnnotationSettings, contents: Mapping[str, Mapping[str, bytes]]) -> str:
    """A hash of all that decides the labels; a video and its faces count by name, since hashing them takes long."""
    state = hashlib.sha256(json.dumps([asdict(sources), settings.model_dump(mode="json")]).encode())
    for kind, files in sorted(contents.items()):
        for file, data in sorted(files.items()):
            state.update(f"{kind}\0{file}\0{len(data)}\0".encode() + data)
    return state.hexdigest()
