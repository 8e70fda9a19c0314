"""What annotators' pages send: samples, what was watched, marks. All is on disk before it is answered."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import Field

from affect.annotation.recording.progress import Progress
from affect.annotation.recording.sessions import Batch, ConflictError
from affect.annotation.recording.stretches import Marked
from affect.configuration import Configuration
from affect.interface.problems import Code
from serve.annotation.bodies import read_json, told
from serve.annotation.routes import Annotator, ItemName, Kind
from serve.problems import ProblemError, problem_documentation

_CODES: tuple[Code, ...] = (
    "request_invalid", "unauthenticated", "origin_refused", "conflict", "body_too_large", "media_type_unsupported",
    "parameter_invalid", "rate_exceeded", "internal",
)  # fmt: skip


class SeenSpans(Configuration):
    """Stretches of the video's time, in seconds, that were watched or verified; ``of`` as the item's ``begun_anew``."""

    spans: Annotated[tuple[tuple[float, float], ...], Field(max_length=2000)]
    of: Annotated[str, Field(max_length=32)] = ""


def keeping(progress: Progress) -> APIRouter:
    """The routes that keep what annotators send."""
    router = APIRouter(prefix="/v1/annotation", tags=["annotation"])
    project = progress.project

    @router.post("/batches", status_code=status.HTTP_204_NO_CONTENT, responses=problem_documentation(*_CODES))
    async def append(request: Request, annotator: Annotator, kind: Kind, name: ItemName) -> Response:
        """Keep a batch of samples: it is on disk when this is answered. It may be sent again."""
        body = await read_json(request)

        def keep() -> None:
            batch, item = Batch.parse(body), project.item(name)
            if batch.mode != "verify" and not progress.watched(annotator, item):
                raise ConflictError(f"{annotator} has not watched {item.name} to its end")
            progress.recordings.append(kind, annotator, item, batch)

        with told():
            await run_in_threadpool(keep)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    @router.post("/seen", status_code=status.HTTP_204_NO_CONTENT, responses=problem_documentation(*_CODES))
    async def seen(
        request: Request, annotator: Annotator, name: ItemName, purpose: Literal["watching", "valence", "arousal"]
    ) -> Response:
        """Keep what was watched, or verified with its recorded values."""
        body = await read_json(request)

        def keep() -> None:
            of = SeenSpans.parse(body)
            if any(not 0 <= start <= end < 1e6 for start, end in of.spans):
                raise ProblemError("parameter_invalid", "a stretch ends before it begins")
            progress.seen.add(purpose, annotator, project.item(name), of.spans, of.of)

        with told():
            await run_in_threadpool(keep)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    @router.post("/stretches", status_code=status.HTTP_204_NO_CONTENT, responses=problem_documentation(*_CODES))
    async def mark(request: Request, annotator: Annotator, kind: Kind, name: ItemName) -> Response:
        """Keep all that is marked in a video, in the place of the revision before."""
        body = await read_json(request)

        def keep() -> None:
            item = project.item(name)
            if not progress.watched(annotator, item):
                raise ConflictError(f"{annotator} has not watched {item.name} to its end")
            progress.stretches.write(kind, annotator, item, Marked.parse(body))

        with told():
            await run_in_threadpool(keep)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    return router
