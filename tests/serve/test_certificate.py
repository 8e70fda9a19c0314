"""The certificate is one that a TLS client accepts for the names it was made for, and for no others."""

import ssl
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from affect.errors import AffectError
from affect.interface.client import Client
from affect.interface.errors import UnreachableError
from serve.certificate import CERTIFICATE, KEY, app
from serve.listening import HAPROXY, http_options
from tests.serve.made_recognition import made_api
from tests.serve.serving import serving


def made(folder: Path, *names: str) -> tuple[str, str]:
    words = [word for name in names for word in ("--name", name)]
    result = CliRunner().invoke(app, ["--out", str(folder), *words])
    assert result.exit_code == 0, result.output
    return str(folder / CERTIFICATE), str(folder / KEY)


def test_a_client_that_trusts_it_is_answered_by_the_named_host_alone(tmp_path: Path) -> None:
    certificate, key = made(tmp_path / "loopback", "127.0.0.1")
    other, _ = made(tmp_path / "other", "example.org")
    with serving(made_api(), ssl_certfile=certificate, ssl_keyfile=key) as url:
        port = url.rpartition(":")[2]
        for host, trusted, answered in (
            ("127.0.0.1", certificate, True),
            ("localhost", certificate, False),
            ("127.0.0.1", other, False),
        ):
            trust = ssl.create_default_context(cafile=trusted)
            with Client(f"https://{host}:{port}", verify=trust, retries=0) as client:
                if answered:
                    assert client.models()[0]["name"] == "made"
                else:
                    with pytest.raises(UnreachableError):
                        client.models()
        trust = ssl.create_default_context(cafile=certificate)
        assert "strict-transport-security" in httpx.get(f"https://127.0.0.1:{port}/healthz", verify=trust).headers


def test_the_key_is_for_its_owner_alone_and_nothing_is_overwritten(tmp_path: Path) -> None:
    _, key = made(tmp_path)
    assert Path(key).stat().st_mode & 0o777 == 0o600
    before = Path(key).read_bytes()
    result = CliRunner().invoke(app, ["--out", str(tmp_path)])
    assert isinstance(result.exception, AffectError)
    assert Path(key).read_bytes() == before


def test_serve_is_given_only_a_certificate_with_its_own_key_and_none_where_haproxy_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = made(tmp_path / "one")
    _, stranger = made(tmp_path / "two")
    options = http_options("127.0.0.1", 8443, certificate, key)
    assert (options.ssl_certfile, options.ssl_keyfile) == (certificate, key)
    for wrong in ((certificate, None), (None, key)):
        with pytest.raises(AffectError, match="both"):
            http_options("127.0.0.1", 8443, *wrong)
    for other in (stranger, str(tmp_path / "nowhere")):
        with pytest.raises(AffectError, match="no certificate with its key"):
            http_options("127.0.0.1", 8443, certificate, other)
    monkeypatch.setenv(HAPROXY, "1")
    with pytest.raises(AffectError, match="speaks no TLS"):
        http_options("127.0.0.1", 8443, certificate, key)
