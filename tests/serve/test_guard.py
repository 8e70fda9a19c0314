"""Who may ask, and how often; and what is told of it."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from affect.errors import AffectError
from serve.authentication import VARIABLE, Tokens, check_open, is_loopback
from serve.settings import Access
from tests.serve.made_bodies import JPEG
from tests.serve.made_recognition import MadeRecognition, asked, made_api

GOOD, OTHER = "a" * 32, "b" * 40
IMAGE = {"Content-Type": "image/jpeg"}
GUARDED = [("POST", "/v1/faces"), ("POST", "/v1/faces:batch"), ("GET", "/v1/models"), ("GET", "/v1/models/made"),
           ("GET", "/v1/models/made/card"), ("POST", "/v1/video"), ("POST", "/v1/sound"), ("POST", "/v1/session"),
           ("DELETE", "/v1/session")]  # fmt: skip


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tokens:
    monkeypatch.setenv(VARIABLE, GOOD)
    (tmp_path / "tokens").write_text(f"# of the clinic\n{OTHER}\n")
    return Tokens.read(Access(token_file=str(tmp_path / "tokens")))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_only_holders_of_a_token_are_answered_and_others_before_anything_is_read(tokens: Tokens) -> None:
    made = MadeRecognition()
    with asked(made_api(made, tokens=tokens)) as client:
        for method, path in GUARDED:
            for headers in ({}, bearer("c" * 32), bearer(GOOD[:-1]), {"Authorization": f"Basic {GOOD}"}, bearer("")):
                answer = client.request(method, path, headers=headers | IMAGE)
                assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
                assert answer.headers["www-authenticate"] == "Bearer"
        assert not made.seen
        for token in (GOOD, OTHER):
            answer = client.post("/v1/faces", content=JPEG, headers=bearer(token) | IMAGE)
            assert answer.status_code == 200
        for path in ("/healthz", "/readyz", "/docs", "/openapi.json"):
            assert client.get(path).status_code == 200
        paths = client.get("/openapi.json").json()["paths"]
        assert all(paths[path.replace("made", "{name}")][method.lower()]["security"] for method, path in GUARDED)


def test_only_digests_are_kept(tokens: Tokens) -> None:
    assert GOOD not in repr(vars(tokens))
    assert tokens.holder(GOOD) not in {None, tokens.holder(OTHER)}


@pytest.mark.parametrize(
    ("variable", "file", "message"),
    [
        ("short", None, "fewer than 32 characters"),
        ("", "# nothing\n", "holds no token"),
        ("", f"{GOOD}\nshort\n", "fewer than 32 characters"),
    ],
)
def test_tokens_that_cannot_guard_are_refused(
    variable: str, file: str | None, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, variable)
    (tmp_path / "tokens").write_text(file or "")
    with pytest.raises(AffectError, match=message):
        Tokens.read(Access(token_file=str(tmp_path / "tokens") if file else None))


def test_a_missing_token_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match="nowhere does not exist"):
        Tokens.read(Access(token_file=str(tmp_path / "nowhere")))


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),  # noqa: S104
     ("10.0.0.7", False), ("example.org", False), ("localhost.example.org", False), (None, False)],
)  # fmt: skip
def test_without_a_token_only_loopback_is_listened_at(host: str | None, loopback: bool, tokens: Tokens) -> None:
    assert is_loopback(host) == loopback
    check_open(host, tokens)
    if loopback:
        check_open(host, Tokens(()))
    else:
        with pytest.raises(AffectError, match=f"listens at {host}.*{VARIABLE}"):
            check_open(host, Tokens(()))


def statuses(client: httpx.Client, count: int, **options: Any) -> list[int]:
    return [client.get("/v1/models", **options).status_code for _ in range(count)]


def test_a_client_that_asks_too_often_is_told_when_to_ask_again() -> None:
    with asked(made_api(access=Access(rate="3/hour"))) as client:
        assert statuses(client, 4) == [200, 200, 200, 429]
        answer = client.post("/v1/faces", content=JPEG, headers=IMAGE)
        assert answer.json()["code"] == "rate_exceeded"
        assert 0 < int(answer.headers["retry-after"]) <= 3601
        assert client.get("/healthz").status_code == 200


def test_after_its_time_a_client_may_ask_again() -> None:
    with asked(made_api(access=Access(rate="2/second"))) as client:
        assert 429 in statuses(client, 5)
        time.sleep(2.1)
        assert statuses(client, 1) == [200]


def test_holders_are_counted_by_token_and_others_by_address(tokens: Tokens) -> None:
    with asked(made_api(tokens=tokens, access=Access(rate="2/hour"))) as client:
        assert statuses(client, 3, headers=bearer(GOOD)) == [200, 200, 429]
        assert statuses(client, 1, headers=bearer(OTHER)) == [200]
        assert statuses(client, 3, headers=bearer("c" * 32)) == [401, 401, 429]


@pytest.mark.parametrize(("proxies", "expected"), [(("testclient",), [200, 200]), ((), [200, 429])])
def test_addresses_behind_a_proxy_are_believed_of_known_proxies_alone(
    proxies: tuple[str, ...], expected: list[int]
) -> None:
    with asked(made_api(access=Access(rate="1/hour", proxies=proxies))) as client:
        found = [statuses(client, 1, headers={"X-Forwarded-For": f"10.0.0.{number}"})[0] for number in (1, 2)]
    assert found == expected


def test_a_rate_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(AffectError, match="rate: .*many"):
        made_api(access=Access.parse({"rate": "many"}))


def test_pages_of_other_origins_may_ask_only_where_they_are_allowed() -> None:
    wanted = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    with asked(made_api()) as client:
        assert "access-control-allow-origin" not in client.get("/v1/models", headers=wanted).headers
        assert client.options("/v1/faces", headers=wanted).status_code == 405
    with asked(made_api(access=Access(origins=("https://example.org",)))) as client:
        answer = client.options("/v1/faces", headers=wanted)
        assert answer.headers["access-control-allow-origin"] == "https://example.org"
        other = client.options("/v1/faces", headers=wanted | {"Origin": "https://example.com"})
        assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8000", 200), ("[::1]:8000", 200), ("faces.example.org", 200), ("attacker.example", 403)],
)
def test_a_name_that_was_led_to_this_machine_is_refused_where_nobody_is_asked_for_a_token(
    host: str, status: int, tokens: Tokens
) -> None:
    access = Access(hosts=("faces.example.org",))
    with asked(made_api(access=access)) as client:
        answer = client.get("/v1/models", headers={"Host": host})
        assert answer.status_code == status
        assert status == 200 or answer.json()["code"] == "origin_refused"
    with asked(made_api(access=access, tokens=tokens)) as client:
        assert client.get("/v1/models", headers={"Host": "attacker.example"} | bearer(GOOD)).status_code == 200


@pytest.mark.parametrize(("path", "policy"), [("/v1/models", "default-src 'none'"), ("/docs", "default-src 'self'")])
def test_every_answer_says_what_a_browser_may_do_with_it(path: str, policy: str) -> None:
    with asked(made_api()) as client:
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith(policy)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in headers
        assert "strict-transport-security" in client.get(f"https://127.0.0.1{path}").headers
