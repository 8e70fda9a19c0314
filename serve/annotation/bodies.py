"""JSON bodies of the annotation tool, and its faults as problems."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from fastapi import Request

from affect.annotation.recording.sessions import ConflictError
from affect.errors import AffectError
from serve.problems import ProblemError

MOST_BYTES = 2_000_000
_JSON = "application/json"


async def read_json(request: Request) -> Any:
    """The body, read no further than the limit.

    Raises media_type_unsupported, which keeps out forms of other sites: what is JSON they may not send unasked; and
    body_too_large or request_invalid.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise ProblemError("media_type_unsupported", f"send the body as {_JSON}")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise ProblemError("body_too_large", f"it has more than {MOST_BYTES:,} bytes; send smaller batches")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProblemError("request_invalid", f"the body is no JSON: {error}") from error


@contextlib.contextmanager
def told() -> Iterator[None]:
    """What the library says is wrong, as a problem."""
    try:
        yield
    except ConflictError as error:
        raise ProblemError("conflict", str(error)) from error
    except AffectError as error:
        raise ProblemError("parameter_invalid", str(error)) from error
