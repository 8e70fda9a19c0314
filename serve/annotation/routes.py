"""What annotators' pages ask: lists, videos, and to keep what was recorded."""

import hashlib
import time
from dataclasses import asdict
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from markdown_it import MarkdownIt

from affect.annotation.recording.progress import Progress
from affect.annotation.recording.project import KINDS, TRACED, annotator_name
from affect.annotation.recording.seen import WATCHING
from affect.annotation.recording.stretches import LABELS
from affect.interface.problems import Code
from affect.labels import ACTION_UNIT_NAMES
from serve.annotation.bodies import told
from serve.annotation.ranges import ranged
from serve.authentication import Tokens
from serve.problems import ProblemError, problem_documentation

_CODES: tuple[Code, ...] = ("unauthenticated", "origin_refused", "rate_exceeded", "parameter_invalid", "internal")
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")  # what looks like HTML is shown, not obeyed

Annotator = Annotated[str, Query(max_length=80, description="the annotator's name")]
Kind = Annotated[Literal["valence", "arousal", "expression", "action_units"], Query(description="what is annotated")]
ItemName = Annotated[str, Query(max_length=300, description="a name of the list", alias="item")]


def annotation(progress: Progress, tokens: Tokens, owners: Tokens) -> APIRouter:
    """The routes for annotators."""
    router = APIRouter(prefix="/v1/annotation", tags=["annotation"])
    project = progress.project

    @router.get("", responses=problem_documentation(*_CODES))
    def about(request: Request) -> dict[str, Any]:
        """The project: its title and guidelines, what can be annotated, and whether whoever asks is its owner."""
        text = project.guidelines()
        return {
            "title": project.settings.title,
            "guidelines": _MARKDOWN.render(text),
            "guidelines_version": hashlib.sha256(text.encode()).hexdigest()[:16],
            "kinds": KINDS,
            "labels": LABELS,
            "action_unit_names": {f"AU{unit}": name for unit, name in ACTION_UNIT_NAMES.items()},
            "owner": not tokens or owners.holds(request.scope.get("holder")),
        }

    @router.get("/items", responses=problem_documentation(*_CODES))
    def items(annotator: Annotator, kind: Kind) -> dict[str, Any]:
        """Every video, and how far the annotator is with it."""
        with told():
            return {"annotator": annotator_name(annotator), "items": progress.of_annotator(kind, annotator)}

    @router.get("/item", responses=problem_documentation(*_CODES))
    def one(annotator: Annotator, kind: Kind, name: ItemName) -> dict[str, Any]:
        """One of them, with all that the annotator has recorded."""
        with told():
            item = project.item(name)
            found: dict[str, Any] = asdict(item) | asdict(project.facts(item.video))
            del found["uri"]
            found |= {"now_s": time.time(), "gap_s": project.settings.gap_s}
            found["state"] = asdict(progress.state(kind, annotator, item))
            found["watched_spans"] = progress.seen.spans(WATCHING, annotator, item)
            if kind not in TRACED:
                return found | {"marked": progress.stretches.read(kind, annotator, item).model_dump(mode="json")}
            recording = progress.recordings.read(kind, annotator, item)
            return found | {
                "samples": np.round(recording.samples, 4).tolist(),
                "spans": recording.spans,
                "begun_anew": recording.begun_anew,
                "verified_spans": progress.seen.spans(kind, annotator, item, recording.begun_anew),
            }

    @router.get(
        "/videos/{video}",
        responses=problem_documentation(*_CODES, "not_found") | {206: {"description": "The range that was asked for."}},
        response_class=Response,
    )
    def media(request: Request, video: Annotated[str, Path(max_length=300)]) -> Response:
        """A video of the list, or a range of its bytes."""
        if video not in project.media:
            raise ProblemError("not_found", f"there is no video {video[:80]!r} in this project")
        return ranged(project.media[video], request)

    return router
