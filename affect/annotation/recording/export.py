"""From what annotators recorded to traces as the annotation pipeline reads them, and to labels in Aff-Wild2's form."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.annotation.decisions import CHOSEN, INVALID, Decisions, write_decisions
from affect.annotation.label_files import action_unit_file, expression_file, label_uri
from affect.annotation.recording.progress import Progress
from affect.annotation.recording.project import TRACED, Item
from affect.annotation.recording.review import Review
from affect.annotation.recording.stretches import action_units, expressions
from affect.annotation.settings import AnnotationSettings
from affect.annotation.settle import Sources, settle
from affect.annotation.traces import BY_FRAME, find_traces
from affect.errors import AffectError
from affect.labels import AFF_WILD2_ACTION_UNITS

TRACES, CORPUS = "traces", "corpus"
"""Folders below the project's ``export``."""


def export_traces(review: Review, out: str, *, verified: bool = False) -> int:
    """Write all that is finished below ``out`` as ``jobs.annotate --traces`` takes it, and nothing else stays there.

    With ``verified`` traces alone that their annotators saw through again. Decisions go along, but no choice of which
    nobody is left. Returns the number of annotators' files.
    """
    progress, texts = review.progress, {}
    for kind in TRACED:
        for item in review.project.items.values():
            for annotator, recording in progress.finished(kind, item, verified=verified).items():
                rows = [f"{time_s:.4f},{value:.4f}" for time_s, value in recording.samples.tolist()]
                texts[storage.join(out, kind, item.name, f"{annotator}.csv")] = "\n".join(["time_s,value", *rows, ""])
    texts |= _by_frame(progress, out)
    for uri, text in texts.items():
        storage.write_text(uri, text)
    kept = {*texts, storage.join(out, CHOSEN), storage.join(out, INVALID)}
    for uri in set(storage.list_files(out)) - kept:
        _delete(uri)
    write_decisions(out, {name: _left(of, out, name, texts) for name, of in review.decisions().items()})
    return len(texts)


def export_labels(
    review: Review, traces: str, out: str, settings: AnnotationSettings, told: Callable[[int, int], None]
) -> dict[str, Any]:
    """Labels of all items below ``out``, in Aff-Wild2's form, from what ``export_traces`` wrote.

    ``told`` is called with how many items are done, of how many. What is not new is not made again. Returns how many
    items have labels, and what was set aside with the reason.
    """
    found, decisions = find_traces(traces), review.decisions()
    for uri in storage.list_files(storage.join(out, "agreement"), ".json"):
        record = json.loads(storage.read_text(uri))
        if record["name"] not in found:  # it was exported before and is annotated anew
            labels = [label_uri(out, kind, record["split"], record["name"]) for kind in record["files"]]
            for stale in (*filter(storage.exists, labels), uri):
                _delete(stale)
    labelled, set_aside = 0, []
    for done, (name, files) in enumerate(found.items()):
        told(done, len(found))
        item, of_item = review.project.item(name), decisions.get(name, Decisions())
        chosen = _left(of_item, traces, name, {file for of_kind in files.values() for file in of_kind}).chosen
        record = settle(
            Sources(name, item.person, "train", files, item.uri, chosen=chosen, invalid=of_item.invalid), settings, out
        )
        labelled += bool(record["files"])
        set_aside += [list(fault) for fault in record["set_aside"]]
    told(len(found), len(found))
    return {"items": len(found), "labelled": labelled, "set_aside": set_aside}


def _by_frame(progress: Progress, out: str) -> dict[str, str]:
    texts = {}
    for item in progress.project.items.values():
        times = None
        for kind in BY_FRAME:
            for annotator in progress.stretches.annotators(kind):
                marked = progress.stretches.read(kind, annotator, item)
                if not marked.finished:
                    continue
                times = _times(progress, item) if times is None else times
                if kind == "expression":
                    text = expression_file(expressions(marked, times))
                else:
                    text = action_unit_file(action_units(marked, times), AFF_WILD2_ACTION_UNITS)
                texts[storage.join(out, kind, item.name, f"{annotator}.txt")] = text
    return texts


def _times(progress: Progress, item: Item) -> NDArray[np.float64]:
    try:
        return progress.project.frame_times(item.video)
    except AffectError as error:
        raise AffectError(f"{item.name} cannot be exported: {error}") from error


def _delete(uri: str) -> None:
    filesystem, path = storage.resolve(uri)
    filesystem.delete_file(path)


def _left(decisions: Decisions, out: str, name: str, files: Any) -> Decisions:
    """``decisions`` without annotators who have no file."""
    chosen = {
        kind: tuple(one for one in names if storage.join(out, kind, name, f"{one}.csv") in files)
        for kind, names in decisions.chosen.items()
    }
    return Decisions({kind: names for kind, names in chosen.items() if names}, decisions.invalid)
