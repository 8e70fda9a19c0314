"""The annotation tool, put together: by itself, or as a part of another application."""

from dataclasses import dataclass

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

import affect
from affect.annotation.recording.progress import Progress
from affect.annotation.recording.project import Project
from affect.annotation.recording.review import Review
from affect.errors import AffectError
from serve.annotation.keeping import keeping
from serve.annotation.owner_routes import owner
from serve.annotation.routes import annotation
from serve.authentication import Tokens
from serve.guard import guard
from serve.headers import SecurityHeaders
from serve.problems import problem_response
from serve.routes.page import POLICY, parts, site
from serve.routes.session import session
from serve.settings import Access

OWNER_VARIABLE = "AFFECT_ANNOTATION_OWNER_TOKEN"

FILES = {
    "annotate.html": "text/html",
    "owner.html": "text/html",
    "annotation.css": "text/css",
    "annotate.js": "text/javascript",
    "clock.js": "text/javascript",
    "device.js": "text/javascript",
    "drawing.js": "text/javascript",
    "marking.js": "text/javascript",
    "owner.js": "text/javascript",
    "saving.js": "text/javascript",
    "tracing.js": "text/javascript",
    "work.js": "text/javascript",
}
"""All parts of the tool's own pages, with media types."""

_HEADERS = {"Content-Security-Policy": POLICY}


def read_owners(tokens: Tokens, owner_token_file: str | None) -> Tokens:
    """The owners' tokens. Raises AffectError where owners have one and annotators have none."""
    owners = Tokens.read(Access(token_file=owner_token_file), OWNER_VARIABLE)
    if owners and not tokens:
        raise AffectError("there is a token for the owner and none for annotators; give them one too")
    return owners


@dataclass(frozen=True)
class AnnotationTool:
    """A project, and who owns it."""

    project: Project
    owners: Tokens

    def guarded(self, tokens: Tokens) -> list[APIRouter]:
        """The routes for holders of ``tokens``, the annotators', and for owners; their guard must know both."""
        progress = Progress(self.project)
        of_owner = owner(Review(progress), tokens, self.owners)
        return [annotation(progress, tokens, self.owners), keeping(progress), of_owner]

    def pages(self) -> APIRouter:
        """The pages, which hold nothing secret; they use parts of the page of models."""
        addresses = {"/annotate": "annotate.html", "/annotate-owner": "owner.html"}
        return site(addresses, "annotation_page", FILES, _HEADERS)


def build_annotation_api(project: Project, access: Access, tokens: Tokens, owners: Tokens) -> FastAPI:
    """The tool by itself. Without ``tokens`` nobody is asked for one, and everyone is an owner."""
    api: FastAPI = FastAPIOffline(redoc_url=None, title=project.settings.title, version=affect.__version__)
    for kind in (HTTPException, RequestValidationError, Exception):
        api.add_exception_handler(kind, problem_response)
    tool, everyone = AnnotationTool(project, owners), tokens + owners
    guarded = [Depends(guard(everyone, access))]
    for router in (*tool.guarded(tokens), session(everyone)):
        api.include_router(router, dependencies=guarded)
    for router in (tool.pages(), parts()):
        api.include_router(router)

    @api.get("/", include_in_schema=False)
    async def index() -> RedirectResponse:
        return RedirectResponse("annotate")

    @api.get("/healthz")
    async def alive() -> dict[str, str]:
        """Whether the tool answers."""
        return {"status": "ok"}

    api.add_middleware(SecurityHeaders)
    if access.proxies:
        api.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(access.proxies))
    return api
