"""A token for a cookie: for the page, so that no script holds the token."""

from fastapi import APIRouter, HTTPException, Request, Response, status

from affect.interface.problems import Code
from serve.authentication import Tokens
from serve.guard import bearer
from serve.problems import problem_documentation
from serve.session import COOKIE, LASTS_S, Sessions

_ERRORS: tuple[Code, ...] = ("unauthenticated", "origin_refused", "rate_exceeded", "internal")

_OTHERS = ["GET", "HEAD", "OPTIONS", "PATCH", "PUT", "TRACE"]


def session(tokens: Tokens) -> APIRouter:
    """The routes that begin and end a session."""
    router = APIRouter(prefix="/v1/session", tags=["session"])
    sessions = Sessions(tokens)

    def kept(request: Request) -> dict[str, object]:
        return {"httponly": True, "samesite": "strict", "secure": request.url.scheme == "https", "path": "/"}

    @router.post("", status_code=status.HTTP_204_NO_CONTENT, responses=problem_documentation(*_ERRORS))
    async def begin(request: Request) -> Response:
        """Set a cookie that serves in place of the bearer token for twelve hours, for the page of this server alone."""
        answer = Response(status_code=status.HTTP_204_NO_CONTENT)
        token = await bearer(request)  # the guard has seen it; where nobody is asked for one there is nothing to set
        holder = tokens.holder(token) if token else None
        if holder:
            answer.set_cookie(COOKIE, sessions.begin(holder), max_age=LASTS_S, **kept(request))  # type: ignore[arg-type]
        return answer

    @router.delete("", status_code=status.HTTP_204_NO_CONTENT, responses=problem_documentation(*_ERRORS))
    async def end(request: Request) -> Response:
        """Take the cookie back."""
        answer = Response(status_code=status.HTTP_204_NO_CONTENT)
        answer.delete_cookie(COOKIE, **kept(request))  # type: ignore[arg-type]
        return answer

    @router.api_route("", methods=_OTHERS, include_in_schema=False)
    async def other() -> None:
        """The framework would tell of the first route alone."""
        raise HTTPException(status.HTTP_405_METHOD_NOT_ALLOWED, headers={"Allow": "DELETE, POST"})

    return router
