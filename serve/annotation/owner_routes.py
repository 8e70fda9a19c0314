"""What the owner's page asks: progress, agreement, decisions and export."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from affect.annotation.recording.review import Decided, Review
from affect.configuration import Configuration
from affect.interface.problems import Code
from serve.annotation.bodies import read_json, told
from serve.annotation.exporting import Exporting
from serve.authentication import Tokens
from serve.problems import ProblemError, problem_documentation

_CODES: tuple[Code, ...] = (
    "unauthenticated", "origin_refused", "owner_only", "rate_exceeded", "parameter_invalid", "internal",
)  # fmt: skip
_KEEPING: tuple[Code, ...] = (*_CODES, "request_invalid", "body_too_large", "media_type_unsupported")

Name = Annotated[str, Path(max_length=300, description="a name of the list")]


class ExportRequest(Configuration):
    """What is exported."""

    verified: bool = False
    """Traces alone that their annotators saw through again."""


def owners_only(tokens: Tokens, owners: Tokens) -> Callable[[Request], Awaitable[None]]:
    """The dependency of routes for owners. Where nobody is asked for a token, everyone is one."""

    async def check(request: Request) -> None:
        if tokens and not owners.holds(request.scope.get("holder")):
            how = "sign in with the owner's token" if owners else "the server was started without an owner's token"
            raise ProblemError("owner_only", how)

    return check


def owner(review: Review, tokens: Tokens, owners: Tokens) -> APIRouter:
    """The routes for the project's owner."""
    router = APIRouter(
        prefix="/v1/annotation/owner", tags=["annotation"], dependencies=[Depends(owners_only(tokens, owners))]
    )
    project, exporting = review.project, Exporting(review)

    @router.get("", responses=problem_documentation(*_CODES))
    def overview() -> dict[str, Any]:
        """Progress of every video by annotator, and how far annotators agree."""
        with told():
            return review.overview()

    @router.get("/items/{name}", responses=problem_documentation(*_CODES))
    def one(name: Name) -> dict[str, Any]:
        """The traces of a video, who is proposed, and what is decided."""
        with told():
            return review.of_item(project.item(name))

    @router.post("/items/{name}", status_code=status.HTTP_204_NO_CONTENT, responses=problem_documentation(*_KEEPING))
    async def decide(request: Request, name: Name) -> Response:
        """Decide which annotators of a video count, and which stretches are invalid."""
        body = await read_json(request)
        with told():
            await run_in_threadpool(lambda: review.decide(project.item(name), Decided.parse(body)))
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    @router.post("/export", responses=problem_documentation(*_KEEPING))
    async def export(request: Request) -> dict[str, Any]:
        """Begin to export traces and labels into the project's folder."""
        with told():
            return exporting.begin(verified=ExportRequest.parse(await read_json(request)).verified)

    @router.get("/export", responses=problem_documentation(*_CODES))
    async def exported() -> dict[str, Any]:
        """How far the export is, or what the last one gave."""
        return exporting.state()

    return router
