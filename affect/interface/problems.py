"""The errors of the HTTP interface. Their codes do not change; what is said in words may."""

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import Field
from typing_extensions import TypedDict

PROBLEM = "application/problem+json"

Code = Literal[
    "request_invalid",
    "body_empty",
    "form_invalid",
    "uri_invalid",
    "unauthenticated",
    "origin_refused",
    "uri_refused",
    "owner_only",
    "not_found",
    "model_unknown",
    "method_not_allowed",
    "conflict",
    "body_slow",
    "body_too_large",
    "picture_too_large",
    "video_too_large",
    "too_many_pictures",
    "media_type_unsupported",
    "parameter_invalid",
    "picture_broken",
    "video_broken",
    "uri_unavailable",
    "model_unsuitable",
    "rate_exceeded",
    "internal",
    "overloaded",
    "not_ready",
    "deadline_exceeded",
]


@dataclass(frozen=True)
class Kind:
    """One kind of error: its HTTP status, and what it means."""

    status: int
    meaning: str


KINDS: dict[Code, Kind] = {
    "request_invalid": Kind(400, "The request is not valid HTTP, or not one that is understood."),
    "body_empty": Kind(400, "The body is empty."),
    "form_invalid": Kind(400, "The multipart form is broken or cut short, or its parts are not those asked for."),
    "uri_invalid": Kind(400, "The JSON body is not an object with one uri, or not one that can be read."),
    "unauthenticated": Kind(401, "There is no bearer token, or not a valid one."),
    "origin_refused": Kind(403, "A page of another origin asks, which may not."),
    "uri_refused": Kind(
        403, "The server does not fetch from there: it is not allowed, or leads to an address that is not public."
    ),
    "owner_only": Kind(403, "Only the owner of an annotation project may ask for this."),
    "not_found": Kind(404, "There is no such path."),
    "model_unknown": Kind(404, "No model of that name is served."),
    "method_not_allowed": Kind(405, "The path is not asked with this method."),
    "conflict": Kind(409, "What is sent does not fit what is recorded already."),
    "body_slow": Kind(408, "The body, or the file that it names, took too long to arrive."),
    "body_too_large": Kind(413, "The body has too many bytes."),
    "picture_too_large": Kind(413, "A picture has too many bytes or pixels."),
    "video_too_large": Kind(413, "A video or sound has too many bytes, pixels or seconds."),
    "too_many_pictures": Kind(413, "There are too many pictures in one call."),
    "media_type_unsupported": Kind(
        415, "It is not of a kind that is read here, or its Content-Type says that it is not."
    ),
    "parameter_invalid": Kind(422, "A query parameter has a value that it cannot have."),
    "picture_broken": Kind(422, "The picture is broken or cut short."),
    "video_broken": Kind(422, "The video or sound is broken, or lacks the sound that the model takes."),
    "uri_unavailable": Kind(422, "What the URI names cannot be had: it is not there, or its server does not give it."),
    "model_unsuitable": Kind(422, "The model does not take what was sent, or cannot give what was asked for."),
    "rate_exceeded": Kind(429, "The client asks more often than it may; Retry-After says when to ask again."),
    "internal": Kind(500, "A fault of the server; its log says more."),
    "overloaded": Kind(503, "Too many requests wait; Retry-After says when to ask again."),
    "not_ready": Kind(503, "A part behind the interface does not answer."),
    "deadline_exceeded": Kind(504, "The answer took longer than the server allows."),
}
assert KINDS.keys() == set(get_args(Code))

_TYPE = "urn:problem-type:affect:"


class Problem(TypedDict):
    """What went wrong (RFC 9457)."""

    type: Annotated[str, Field(description="a name of the kind of problem, not an address")]
    code: Annotated[Code, Field(description="the same in short; does not change between versions")]
    title: str
    status: int
    detail: Annotated[str, Field(description="what is at fault in this request, and how to mend it")]
    instance: Annotated[str, Field(description="the path that was asked")]


def problem(code: Code, detail: str, instance: str) -> Problem:
    """The problem as it is sent; ``instance`` is the path that was asked."""
    kind = KINDS[code]
    return {
        "type": _TYPE + code,
        "code": code,
        "title": kind.meaning,
        "status": kind.status,
        "detail": detail,
        "instance": instance,
    }
