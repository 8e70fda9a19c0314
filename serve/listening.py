"""Where and how Serve of this cluster listens."""

import os

from ray.serve.config import HTTPOptions
from ray.serve.context import _get_global_client

from affect.errors import AffectError
from serve.certificate import check_certificate

HAPROXY = "RAY_SERVE_ENABLE_HA_PROXY"
"""The variable by which Ray puts HAProxy in the place of Serve's own proxies."""


def listening_host() -> str | None:
    """The address that Serve's proxies listen at; the default one where Serve is not up yet.

    ``serve deploy`` and ``serve run`` start Serve before they build the application. Raises AffectError where it
    cannot listen as it was told.
    """
    client = _get_global_client(raise_if_no_controller_running=False)
    options: HTTPOptions = HTTPOptions() if client is None else client.http_config
    _check_haproxy(options.ssl_certfile)
    host: str | None = options.host
    return host


def http_options(host: str, port: int, certificate: str | None, key: str | None) -> HTTPOptions:
    """The options for plain HTTP, or for HTTPS with the files of a certificate and its key.

    Raises AffectError as ``check_certificate`` does, and where there can be no HTTPS.
    """
    check_certificate(certificate, key)
    _check_haproxy(certificate)
    return HTTPOptions(host=host, port=port, ssl_certfile=certificate, ssl_keyfile=key)


def _check_haproxy(certificate: str | None) -> None:
    if certificate is not None and os.environ.get(HAPROXY) == "1":
        raise AffectError(
            f"HAProxy as Ray starts it speaks no TLS: serve without a certificate, behind a proxy of your own that has "
            f"one (docs/serving-securely.md), or start the cluster without {HAPROXY}=1"
        )
