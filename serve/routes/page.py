"""The page at / for browsers, and what it is made of; holds nothing secret, so without a token."""

from importlib import resources
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from serve.problems import ProblemError

FILES = {
    "index.html": "text/html",
    "style.css": "text/css",
    "app.js": "text/javascript",
    "api.js": "text/javascript",
    "drawing.js": "text/javascript",
    "record.js": "text/javascript",
}
"""All that is served, with media types; no name from a request reaches a disk."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""'self' of connect-src holds for WebSockets of the same host too."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


def page() -> APIRouter:
    """The routes of the page; not part of the interface that OpenAPI describes."""
    router = APIRouter(include_in_schema=False)
    folder = resources.files("serve") / "page"
    held = {name: (folder / name).read_bytes() for name in FILES}

    def file(name: str) -> Response:
        return Response(held[name], media_type=FILES[name], headers=_HEADERS)

    @router.get("/")
    async def index() -> Response:
        return file("index.html")

    @router.get("/page/{name}")
    async def part(name: Annotated[str, Path(max_length=64)]) -> Response:
        if name not in held:
            raise ProblemError("not_found", "the page has no such part")
        return file(name)

    return router
