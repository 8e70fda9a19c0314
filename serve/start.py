"""Brings the application up on the cluster and waits until it answers."""

import time

import httpx
from ray import serve
from ray.serve.config import HTTPOptions

from affect.errors import AffectError
from serve.answers import ModelName
from serve.app import app
from serve.settings import ServeSettings

APPLICATION = "affect"


def start(settings: ServeSettings, host: str, port: int) -> tuple[str, ModelName]:
    """The URL at which the model answers, and its name and version.

    Serve stays up in the cluster when this process ends. An application that is up already is taken over: the old
    version answers until the new one is ready. Raises AffectError where it does not come up or listens elsewhere.
    """
    application = app(settings)
    url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104  # compared, not bound
    try:
        serve.start(http_options=HTTPOptions(host=host, port=port))
    except RuntimeError as error:
        serve.shutdown()  # what came up without its port cannot be mended
        raise AffectError(f"cannot listen at {url}: another program may; give another --port") from error
    try:
        _get(f"{url}/-/healthz", patience_s=2)
    except httpx.TransportError as error:
        raise AffectError(
            f"nothing listens at {url}: Serve of this cluster is up at another address; give that one, "
            "or end it first by 'serve shutdown'"
        ) from error
    try:
        serve.run(application, name=APPLICATION, route_prefix="/")
    except RuntimeError as error:
        raise AffectError(f"the application did not come up: {error}") from error
    answer = _get(f"{url}/healthz", patience_s=30, until=httpx.codes.OK)
    if answer.status_code != httpx.codes.OK:
        raise AffectError(f"{url}/healthz answers {answer.status_code}: {answer.text[:200]}; Serve's log says why")
    model: ModelName = answer.json()["model"]
    return url, model


def _get(url: str, patience_s: float, until: int | None = None) -> httpx.Response:
    """The first answer, or the first with status ``until``, or what there is when patience ends."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            answer = httpx.get(url, timeout=10, trust_env=False)
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
        else:
            if until in {None, answer.status_code} or time.monotonic() > deadline:
                return answer
        time.sleep(0.2)
