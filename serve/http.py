"""The HTTP interface: routes, their documentation and their errors. Knows nothing of how faces are found."""

from collections.abc import Awaitable, Callable

import numpy as np
from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi_offline import FastAPIOffline
from numpy.typing import NDArray
from starlette.exceptions import HTTPException as StarletteHTTPException

import affect
from serve.answers import Answer, Health, Models, ServedModel, problem_documentation, problem_response
from serve.body import MEDIA_TYPES, decode_body, read_body
from serve.settings import Limits

Recognise = Callable[[NDArray[np.uint8]], Awaitable[Answer]]
Describe = Callable[[], Awaitable[ServedModel]]

_ERRORS = {
    400: "The body is empty.",
    413: "The picture has too many bytes or pixels.",
    415: "The body is not a JPEG, PNG or WebP picture, or its Content-Type is not one of theirs.",
    422: "The picture is broken.",
    503: "Too many requests are waiting; try again later.",
}
_FILE = {"schema": {"type": "string", "format": "binary"}}
_PICTURE = {"requestBody": {"required": True, "content": dict.fromkeys(MEDIA_TYPES, _FILE)}}


def build_api(recognise: Recognise, describe: Describe, limits: Limits) -> FastAPI:
    """The application; ``recognise`` and ``describe`` do the work."""
    api = FastAPIOffline(  # its /docs loads nothing from other hosts
        redoc_url=None,
        title="affect-on-Ray",
        version=affect.__version__,
        description="Valence, arousal, action units and expressions of the faces in a picture.",
    )
    for kind in (StarletteHTTPException, Exception):
        api.add_exception_handler(kind, problem_response)

    @api.post("/v1/faces", responses=problem_documentation(_ERRORS), openapi_extra=_PICTURE)
    async def faces(request: Request) -> Answer:
        """Every face of the picture in the body. What the model was not trained for is absent."""
        body = await read_body(request, limits)
        return await recognise(await run_in_threadpool(decode_body, body, limits))

    @api.get("/v1/models")
    async def models() -> Models:
        """The models that can be asked, what they give and what they were trained on."""
        return {"models": [await describe()]}

    @api.get("/healthz", responses=problem_documentation({503: "A part does not answer."}))
    async def healthz() -> Health:
        """Whether the interface and the model behind it answer."""
        try:
            model = await describe()
        except Exception as error:
            raise HTTPException(503, "the model does not answer") from error
        return {"status": "ok", "model": {"name": model["name"], "version": model["version"]}}

    return api
