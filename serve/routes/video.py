"""Videos and sounds in, an answer for each frame out, as they are ready."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from affect.errors import AffectError
from affect.interface.problems import Code
from affect.media.video import VideoLimits
from affect.models.answer import FrameAnswer
from affect.models.outputs import not_given
from affect.watching.openface import OpenFaceCsv
from affect.watching.session import Session
from affect.watching.settings import WatchSettings
from affect.watching.soundtrack import MOST_RATE, WatchedSound
from affect.watching.video import WatchedVideo
from affect.watching.watched import Watched
from serve.admission import Admission
from serve.body import ANY_PICTURE
from serve.fetching import Fetcher
from serve.form import FORM, VIDEO_PART
from serve.observer import Observer
from serve.problems import ProblemError, problem_documentation
from serve.recognition import Eyes, Recognition, chosen
from serve.routes.faces import Embedding, Model
from serve.upload import ERRORS, NAMED, Named, Upload
from serve.watching import LINES, Streamed, Watching, lines

_CODES: tuple[Code, ...] = (
    *ERRORS, "unauthenticated", "origin_refused", "model_unknown", "body_slow", "parameter_invalid", "video_broken",
    "model_unsuitable", "rate_exceeded", "internal", "overloaded", "deadline_exceeded",
)  # fmt: skip
VIDEOS, SOUNDS = ("video/mp4", "video/webm"), ("audio/wav", "audio/mpeg")
"""Of which OpenAPI tells; any other of the two kinds is tried too."""
_CSV = "text/csv"
_BATCH, _LATENCY_S = 16, 0.5  # whoever looks on shall not wait for a full batch

Format = Annotated[Literal["json", "csv"], Query(description="csv: in the columns of OpenFace")]
Landmarks68 = Annotated[bool, Query(description="give each face's 68 landmarks too")]
Derived = Annotated[bool, Query(description="give scores of compound expressions too, derived from other outputs")]
Rate = Annotated[
    float | None, Query(gt=0, le=MOST_RATE, description="answers a second; by default as a video has frames")
]


def _body(kinds: tuple[str, ...]) -> dict[str, Any]:
    file: dict[str, Any] = {"type": "string", "format": "binary"}
    form: dict[str, Any] = {
        "type": "object",
        "properties": {VIDEO_PART: file},
        "required": [VIDEO_PART],
        "additionalProperties": False,
    }
    schemas: dict[str, dict[str, Any]] = dict.fromkeys((*kinds, ANY_PICTURE), file)
    schemas |= {FORM: form, NAMED: Named.model_json_schema()}
    content = {kind: {"schema": schema} for kind, schema in schemas.items()}
    return {"requestBody": {"required": True, "content": content}}


def _documentation() -> dict[int | str, dict[str, Any]]:
    described = {
        "description": "A line of JSON each: model and what is known of the file; every frame; last the summary, or "
        "the problem that ended it as `error`.",
        "content": {kind: {"schema": {"type": "string"}} for kind in (LINES, _CSV)},
    }
    return problem_documentation(*_CODES) | {200: described}


def video(recognition: Recognition, admission: Admission, observer: Observer, fetcher: Fetcher) -> APIRouter:
    """The routes that watch files, which are sent or brought by ``fetcher``."""
    router = APIRouter(prefix="/v1", tags=["video"])
    limits = admission.limits
    sizes = VideoLimits(seconds=limits.video_s, pixels=limits.video_pixels)

    async def watched(
        request: Request, eyes: Eyes, make: Callable[[str], Watched], known: Callable[[Any], dict[str, Any]],
        form: OpenFaceCsv | None = None,
    ) -> Streamed:  # fmt: skip
        admission.videos.take()
        watching = Watching(Upload(limits, fetcher), limits.request_s, limits.watch_s, admission.videos.give_back)
        try:
            async with admission.arriving(limits.video_body_s):
                await watching.upload.read(request)
            lacking = not_given(eyes.asker.description.network)
            first: dict[str, Any] = {"model": eyes.model, "not_given": lacking, **known(await watching.begin(make))}
        except BaseException:
            watching.end()
            raise

        def seen(answer: FrameAnswer) -> None:
            size = {"width": first.get("width", 0), "height": first.get("height", 0)}
            observer.recognised({"model": eyes.model, "width": size["width"], "height": size["height"],
                                 "faces": answer["faces"]})  # fmt: skip

        body = _rows(form, watching, seen) if form else lines(first, watching, request.url.path, seen)
        return Streamed(body, _CSV if form else LINES, watching)

    @router.post("/video", responses=_documentation(), openapi_extra=_body(VIDEOS),
                 response_class=Response)  # fmt: skip
    async def faces_of_a_video(
        request: Request, model: Model = None, embedding: Embedding = False, landmarks68: Landmarks68 = False,
        derived_compound: Derived = False, format: Format = "json",  # noqa: A002  # its name in the address
    ) -> Streamed:  # fmt: skip
        """Every frame of the video that is the body, the one part of a form, or named, as it has been looked at."""
        eyes = recognition.eyes(chosen(recognition, model)["name"])
        settings = WatchSettings(
            batch=_BATCH, latency_s=_LATENCY_S, embedding=embedding, landmarks68=landmarks68,
            derived_compound=derived_compound,
        )  # fmt: skip
        await run_in_threadpool(_check, eyes, settings)

        def make(path: str) -> WatchedVideo:
            return WatchedVideo(path, eyes.asker, eyes.detector, settings, sizes)

        def known(of: WatchedVideo) -> dict[str, Any]:
            info = of.info
            return {"width": info.width, "height": info.height, "rate": info.rate, "duration_s": info.duration_s}

        form = OpenFaceCsv(eyes.asker.description.network, landmarks68=landmarks68) if format == "csv" else None
        return await watched(request, eyes, make, known, form)

    @router.post("/sound", responses=_documentation(), openapi_extra=_body(SOUNDS),
                 response_class=Response)  # fmt: skip
    async def moments_of_a_sound(
        request: Request, model: Model = None, embedding: Embedding = False, rate: Rate = None
    ) -> Streamed:
        """Moments of the sound, or the video, that is the body or named, by a model that takes sound alone."""
        eyes = recognition.eyes(chosen(recognition, model)["name"])
        if eyes.asker.description.network.streams != ("sound",):
            raise ProblemError("model_unsuitable", f"{eyes.model['name']} looks at faces; send a video to /v1/video")
        settings = WatchSettings(batch=_BATCH, latency_s=_LATENCY_S, embedding=embedding)

        def make(path: str) -> WatchedSound:
            return WatchedSound(path, eyes.asker, settings, sizes, rate)

        return await watched(request, eyes, make, lambda of: {"rate": of.rate})

    return router


def _check(eyes: Eyes, settings: WatchSettings) -> None:
    """Raise model_unsuitable, before a large body is read, where the model cannot give what is asked for."""
    try:
        Session(eyes.asker.description, eyes.detector, settings).close()
    except AffectError as error:
        raise ProblemError("model_unsuitable", str(error)) from error


async def _rows(form: OpenFaceCsv, watching: Watching, seen: Callable[[FrameAnswer], None]) -> AsyncIterator[str]:
    """CSV has no line for an error: where one is raised the answer breaks off, and is seen to be cut short."""
    yield form.header()
    async for answer in watching.answers():
        seen(answer)
        yield form.rows(answer)
