"""Where Serve of this cluster listens."""

from ray.serve.config import HTTPOptions
from ray.serve.context import _get_global_client

from serve.certificate import check_certificate


def listening_host() -> str | None:
    """The address that Serve's proxies listen at; the default one where Serve is not up yet.

    ``serve deploy`` and ``serve run`` start Serve before they build the application.
    """
    client = _get_global_client(raise_if_no_controller_running=False)
    options: HTTPOptions = HTTPOptions() if client is None else client.http_config
    host: str | None = options.host
    return host


def http_options(host: str, port: int, certificate: str | None, key: str | None) -> HTTPOptions:
    """The options for plain HTTP, or for HTTPS with the files of a certificate and its key.

    Raises AffectError as ``check_certificate`` does.
    """
    check_certificate(certificate, key)
    return HTTPOptions(host=host, port=port, ssl_certfile=certificate, ssl_keyfile=key)
