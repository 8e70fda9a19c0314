"""Errors as problem+json (RFC 9457)."""

import math
from collections.abc import Sequence
from typing import Any

import pydantic
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from affect.interface.problems import KINDS, PROBLEM, Code, Problem, problem
from serve.headers import SECURITY_HEADERS

_OTHERS: dict[int, Code] = {404: "not_found", 405: "method_not_allowed"}
"""Of errors that the framework raises, by status."""

_SCHEMA = pydantic.TypeAdapter(Problem).json_schema()


class ProblemError(HTTPException):
    """An error with a code, raised anywhere below a route. ``retry_after_s`` is rounded up to whole seconds."""

    def __init__(self, code: Code, detail: str, retry_after_s: float | None = None) -> None:
        headers = {} if retry_after_s is None else {"Retry-After": str(max(1, math.ceil(retry_after_s)))}
        if code == "unauthenticated":
            headers["WWW-Authenticate"] = "Bearer"
        super().__init__(KINDS[code].status, detail, headers)
        self.code = code


def problem_response(request: Request, error: Exception) -> JSONResponse:
    """The answer to a request that raised ``error``; what is not the caller's affair stays in the log."""
    code, detail, headers = _read(error)
    request.scope["problem"] = code
    body = problem(code, detail, request.url.path)
    # What this answers is the outermost of all faults; no other layer adds headers to it.
    return JSONResponse(body, body["status"], SECURITY_HEADERS | headers, PROBLEM)


def problem_documentation(*codes: Code) -> dict[int | str, dict[str, Any]]:
    """The errors of a route for its OpenAPI entry."""
    statuses = sorted({KINDS[code].status for code in codes})
    return {status: _documented([code for code in codes if KINDS[code].status == status]) for status in statuses}


def _documented(codes: Sequence[Code]) -> dict[str, Any]:
    described = {
        "description": " ".join(f"`{code}`: {KINDS[code].meaning}" for code in codes),
        "content": {PROBLEM: {"schema": _SCHEMA}},
    }
    if {"rate_exceeded", "overloaded"} & set(codes):
        described["headers"] = {"Retry-After": {"description": "seconds", "schema": {"type": "integer"}}}
    return described


def _read(error: Exception) -> tuple[Code, str, dict[str, str]]:
    match error:
        case ProblemError():
            return error.code, str(error.detail), dict(error.headers or {})
        case RequestValidationError():
            faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
            return "parameter_invalid", "; ".join(faults), {}
        case HTTPException() if error.status_code < 500:
            code = _OTHERS.get(error.status_code, "request_invalid")
            return code, f"{error.detail}; /docs describes the interface", dict(error.headers or {})
        case _:
            return "internal", "the server failed; its log says why", {}
