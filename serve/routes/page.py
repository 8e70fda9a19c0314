"""The page at / for browsers, and what it is made of; holds nothing secret, so without a token."""

from collections.abc import Awaitable, Callable, Mapping
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
    return site({"/": "index.html"}, "page", FILES, _HEADERS)


def parts() -> APIRouter:
    """The page's parts without the page, for other pages to use."""
    return site({}, "page", FILES, _HEADERS)


def site(addresses: Mapping[str, str], folder: str, files: Mapping[str, str], headers: Mapping[str, str]) -> APIRouter:
    """Routes for ``files`` of a ``folder`` of this package, by name with media type, at ``/<folder>/<name>``.

    ``addresses`` are those of whole pages, with the file of each.
    """
    router = APIRouter(include_in_schema=False)
    place = resources.files("serve") / folder
    held = {name: (place / name).read_bytes() for name in files}

    def file(name: str) -> Response:
        return Response(held[name], media_type=files[name], headers=headers)

    def whole(name: str) -> Callable[[], Awaitable[Response]]:
        async def answer() -> Response:
            return file(name)

        return answer

    for address, name in addresses.items():
        router.add_api_route(address, whole(name))

    @router.get(f"/{folder}/{{name}}")
    async def part(name: Annotated[str, Path(max_length=64)]) -> Response:
        if name not in held:
            raise ProblemError("not_found", "the page has no such part")
        return file(name)

    return router
