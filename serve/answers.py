"""What the HTTP interface answers besides faces, for the OpenAPI page and for validation."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from typing_extensions import TypedDict

from affect.models.answer import Face
from affect.networks.spec import Head

PROBLEM = "application/problem+json"


class ModelName(TypedDict):
    """Which model spoke."""

    name: str
    version: str


class Answer(TypedDict):
    """Every face of a picture."""

    model: ModelName
    width: Annotated[int, Field(description="of the upright picture, in pixels")]
    height: int
    faces: list[Face]


class TrainedOn(TypedDict):
    """One corpus."""

    corpus: str
    synthetic: Annotated[bool, Field(description="true where a program made the faces")]


class ServedModel(ModelName):
    """The model that answers, and what it can say."""

    outputs: list[Head]
    expressions: list[str]
    action_units: list[str]
    trained_on: list[TrainedOn]
    metrics: Annotated[
        dict[str, float | None], Field(description="of its training run, by split/metric; null: undefined")
    ]
    created: str


class Models(TypedDict):
    """What can be asked."""

    models: list[ServedModel]


class Health(TypedDict):
    """Given while all parts answer."""

    status: Literal["ok"]
    model: ModelName


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str = Field(description="the path that was asked")


def problem_response(request: Request, error: Exception) -> JSONResponse:
    """The answer to a request that raised ``error``; what is not the caller's affair stays in the log."""
    if isinstance(error, HTTPException):
        status, detail, headers = error.status_code, str(error.detail), error.headers
    else:
        status, detail, headers = 500, "the server failed; its log says why", None
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, instance=request.url.path)
    return JSONResponse(problem.model_dump(), status, headers, PROBLEM)


def problem_documentation(meanings: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    """The errors of a route for its OpenAPI entry."""
    content = {PROBLEM: {"schema": Problem.model_json_schema()}}
    return {status: {"description": meaning, "content": content} for status, meaning in meanings.items()}
