"""The HTTP interface, put together. Knows nothing of how faces are found, nor of Ray."""

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

import affect
from serve.admission import Admission
from serve.annotation.http import AnnotationTool
from serve.authentication import Tokens
from serve.fetching import Fetcher
from serve.guard import guard
from serve.headers import SecurityHeaders
from serve.observer import Observer, Observing
from serve.problems import problem_response
from serve.recognition import Recognition
from serve.routes.faces import faces
from serve.routes.health import health
from serve.routes.live import live
from serve.routes.models import models
from serve.routes.page import page
from serve.routes.session import session
from serve.routes.video import video
from serve.settings import Access, Limits, Sources


def build_api(
    recognition: Recognition,
    observer: Observer,
    limits: Limits,
    access: Access = Access(),  # noqa: B008  # frozen
    sources: Sources = Sources(),  # noqa: B008
    tokens: Tokens = Tokens(()),  # noqa: B008
    annotation: AnnotationTool | None = None,
) -> FastAPI:
    """The application; ``recognition`` does the work. Without ``tokens`` nobody is asked for one.

    Where there is ``annotation``, tokens are annotators' too, and owners' are known beside them.
    """
    api: FastAPI = FastAPIOffline(  # its /docs loads nothing from other hosts
        redoc_url=None,
        title="affect-on-Ray",
        version=affect.__version__,
        description="Valence, arousal, action units and expressions of the faces in pictures and videos.",
    )
    for kind in (HTTPException, RequestValidationError, Exception):
        api.add_exception_handler(kind, problem_response)
    everyone = tokens if annotation is None else tokens + annotation.owners
    guarded = [Depends(guard(everyone, access))]
    admission = Admission(limits)
    looking = [make(recognition, admission, observer) for make in (faces, live)]
    looking.append(video(recognition, admission, observer, Fetcher(sources)))
    tool = [] if annotation is None else annotation.guarded(tokens)
    for router in (*looking, models(recognition), session(everyone), *tool):
        api.include_router(router, dependencies=guarded)
    if annotation is not None:
        api.include_router(annotation.pages())
    api.include_router(health(recognition))
    api.include_router(page())
    # The last one added is the first that a request meets.
    if access.origins:
        api.add_middleware(
            CORSMiddleware,
            allow_origins=access.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After"],
        )
    api.add_middleware(SecurityHeaders)
    api.add_middleware(Observing, observer=observer)
    if access.proxies:
        api.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(access.proxies))
    return api
