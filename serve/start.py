"""Brings the application up on the cluster and waits until it answers."""

import ssl
import time

import httpx
from ray import serve
from ray.serve.config import HTTPOptions

from affect.errors import AffectError
from affect.interface.answers import ModelName
from serve.app import build
from serve.authentication import Tokens, check_open
from serve.settings import ServeSettings

APPLICATION = "affect"


def start(settings: ServeSettings, options: HTTPOptions) -> tuple[str, list[ModelName]]:
    """The URL at which the models answer, and their names and versions.

    Serve stays up in the cluster when this process ends. An application that is up already is taken over: the old
    one answers until the new one is ready. Raises AffectError where it does not come up, listens elsewhere, or would
    listen to others without a token.
    """
    tokens = Tokens.read(settings.access)
    check_open(options.host, tokens)
    application = build(settings, tokens)
    host = "127.0.0.1" if options.host == "0.0.0.0" else options.host  # noqa: S104  # compared, not bound
    url = f"{'http' if options.ssl_certfile is None else 'https'}://{host}:{options.port}"
    with httpx.Client(base_url=url, timeout=10, trust_env=False, verify=_trusting(options.ssl_certfile)) as client:
        try:
            serve.start(http_options=options)
        except RuntimeError as error:
            serve.shutdown()  # what came up without its port cannot be mended
            raise AffectError(f"cannot listen at {url}: another program may; give another --port") from error
        try:
            _get(client, "/-/healthz", patience_s=2)
        except httpx.TransportError as error:
            raise AffectError(
                f"nothing listens at {url}: Serve of this cluster is up at another address; give that one, "
                "or end it first by 'serve shutdown'"
            ) from error
        try:
            serve.run(application, name=APPLICATION, route_prefix="/")
        except RuntimeError as error:
            raise AffectError(f"the application did not come up: {error}") from error
        answer = _get(client, "/readyz", patience_s=30, until=httpx.codes.OK)
    if answer.status_code != httpx.codes.OK:
        raise AffectError(f"{url}/readyz answers {answer.status_code}: {answer.text[:200]}; Serve's log says why")
    models: list[ModelName] = answer.json()["models"]
    return url, models


def _trusting(certificate: str | None) -> ssl.SSLContext | bool:
    """Trusts the server's own certificate, whoever signed it and whatever name it bears: it is asked from beside it."""
    if certificate is None:
        return True
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _get(client: httpx.Client, path: str, patience_s: float, until: int | None = None) -> httpx.Response:
    """The first answer, or the first with status ``until``, or what there is when patience ends."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            answer = client.get(path)
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
        else:
            if until in {None, answer.status_code} or time.monotonic() > deadline:
                return answer
        time.sleep(0.2)
