"""What a client of the HTTP interface raises."""

from typing import Any, cast

import httpx

from affect.errors import AffectError
from affect.interface.problems import KINDS, PROBLEM, Code, Problem, problem


class UnreachableError(AffectError):
    """There is no server, or not one of these."""


class RequestError(AffectError):
    """The server answered with a problem. Its ``code`` does not change between versions."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem['code']}: {problem['detail']}")
        self.problem = problem

    @property
    def code(self) -> Code:
        return self.problem["code"]

    @property
    def status(self) -> int:
        return self.problem["status"]


class PictureError(RequestError):
    """The picture, or the form of several, is at fault: too large, broken or no picture."""


class VideoError(RequestError):
    """The video or the sound is at fault: too large or broken, or its URI is not fetched."""


class ModelUnknownError(RequestError):
    """No model of that name is served."""


class AuthenticationError(RequestError):
    """There is no token, or not a valid one."""


class BusyError(RequestError):
    """The server has no time, or no more for this client; it was asked again as often as was allowed."""


class ServerError(RequestError):
    """A fault of the server; its log says more."""


_KINDS: dict[Code, type[RequestError]] = {
    "body_empty": PictureError,
    "body_too_large": PictureError,
    "video_too_large": VideoError,
    "video_broken": VideoError,
    "uri_invalid": VideoError,
    "uri_refused": VideoError,
    "uri_unavailable": VideoError,
    "picture_too_large": PictureError,
    "too_many_pictures": PictureError,
    "media_type_unsupported": PictureError,
    "picture_broken": PictureError,
    "model_unknown": ModelUnknownError,
    "origin_refused": AuthenticationError,
    "unauthenticated": AuthenticationError,
    "rate_exceeded": BusyError,
    "overloaded": BusyError,
    "not_ready": BusyError,
    "deadline_exceeded": BusyError,
    "internal": ServerError,
}

# What a proxy before the server says, in its own words.
_BY_STATUS: dict[int, Code] = {
    401: "unauthenticated", 404: "not_found", 405: "method_not_allowed", 408: "body_slow", 413: "body_too_large",
    429: "rate_exceeded", 502: "not_ready", 503: "overloaded", 504: "deadline_exceeded",
}  # fmt: skip


def error_of(response: httpx.Response) -> RequestError:
    """The error that an answer with a status of 400 or more tells of."""
    told = _own_problem(response)
    if told is None:
        code = _BY_STATUS.get(response.status_code, "internal" if response.is_server_error else "request_invalid")
        told = problem(code, f"{response.status_code} {response.text[:200]}".strip(), response.url.path)
    return raised(told)


def _own_problem(response: httpx.Response) -> Problem | None:
    """What the server itself says; None where it is a proxy's, whose problems have the same media type."""
    if not response.headers.get("content-type", "").startswith(PROBLEM):
        return None
    try:
        told: Any = response.json()
    except ValueError:
        return None
    if not isinstance(told, dict) or told.get("code") not in KINDS:
        return None
    return cast(Problem, told)


def raised(told: Problem) -> RequestError:
    """The error of a problem, by its code."""
    return _KINDS.get(told["code"], RequestError)(told)
