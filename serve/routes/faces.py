"""Pictures in, faces out."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from affect.interface.answers import Answer, Answers, Failure
from affect.interface.problems import Code, problem
from serve.admission import Admission
from serve.body import ANY_PICTURE, MEDIA_TYPES, one_of, read_picture, read_pictures
from serve.form import FORM, PART
from serve.observer import Observer
from serve.problems import ProblemError, problem_documentation
from serve.recognition import Recognition, chosen

_BOTH: tuple[Code, ...] = (
    "form_invalid", "unauthenticated", "origin_refused", "model_unknown", "model_unsuitable", "body_slow",
    "body_too_large", "media_type_unsupported", "parameter_invalid", "rate_exceeded", "internal", "overloaded",
    "deadline_exceeded",
)  # fmt: skip
_ONE: tuple[Code, ...] = ("body_empty", "picture_too_large", "picture_broken")
_MANY: tuple[Code, ...] = ("too_many_pictures",)

_FILE = {"type": "string", "format": "binary"}


def _form(picture: dict[str, Any]) -> dict[str, Any]:
    properties = {PART: picture}
    return {"schema": {"type": "object", "properties": properties, "required": [PART], "additionalProperties": False}}


_PICTURE = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": _FILE} for kind in (*MEDIA_TYPES, ANY_PICTURE)} | {FORM: _form(_FILE)},
    }
}

Model = Annotated[str | None, Query(description="name of the model to ask; the first one where none is given")]
Embedding = Annotated[bool, Query(description="give each face's embedding too: what the model's outputs are read from")]


def faces(recognition: Recognition, admission: Admission, observer: Observer) -> APIRouter:
    """The routes that look at pictures."""
    router = APIRouter(prefix="/v1", tags=["faces"])
    limits = admission.limits
    pictures = {"type": "array", "items": _FILE, "minItems": 1, "maxItems": limits.pictures}
    several = {"requestBody": {"required": True, "content": {FORM: _form(pictures)}}}

    async def look(body: bytes, name: str, embedding: bool) -> Answer:
        async with admission.working:
            answer = await recognition.recognise(body, name, embedding)
        observer.recognised(answer)
        return answer

    @router.post("/faces", responses=problem_documentation(*_BOTH, *_ONE), openapi_extra=_PICTURE)
    async def faces_of_a_picture(request: Request, model: Model = None, embedding: Embedding = False) -> Answer:
        """Every face of the picture that is the body, or the one part of a form.

        What the model was not trained for is absent.
        """
        name = _looking_at_pictures(recognition, model)
        with admission.place():
            async with admission.arriving():
                body = await read_picture(request, limits)
            async with admission.answering():
                return await look(body, name, embedding)

    @router.post("/faces:batch", responses=problem_documentation(*_BOTH, *_MANY), openapi_extra=several)
    async def faces_of_pictures(request: Request, model: Model = None, embedding: Embedding = False) -> Answers:
        """Every face of each picture of a form, in order.

        A picture that cannot be looked at has a problem in its place, and the others their answers.
        """
        name = _looking_at_pictures(recognition, model)
        with admission.place():
            async with admission.arriving():
                parts = await read_pictures(request, limits)

            async def entry(number: int) -> Answer | Failure:
                try:
                    return await look(one_of(parts, number, limits), name, embedding)
                except ProblemError as error:
                    if error.status_code >= 500:  # no fault of this picture: the whole call may be sent again
                        raise
                    return {"problem": problem(error.code, error.detail, request.url.path)}

            async with admission.answering():
                return {"pictures": await _all([entry(number) for number in range(len(parts))])}

    return router


def _looking_at_pictures(recognition: Recognition, name: str | None) -> str:
    """The model's name. Raises model_unknown or model_unsuitable."""
    model = chosen(recognition, name)
    if model["takes"] != ["image"]:
        takes = ", ".join(model["takes"])
        raise ProblemError(
            "model_unsuitable", f"{model['name']} takes {takes}, not single pictures; send a video to /v1/video"
        )
    return model["name"]


async def _all(entries: list[Any]) -> list[Any]:
    """The results in order; the first error ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(entry) for entry in entries]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]
