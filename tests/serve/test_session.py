"""The page's cookie in place of the bearer token: who gets one, from where it is taken, and how it ends."""

import time

import pytest
from fastapi.testclient import TestClient

from serve.authentication import Tokens, _digest
from serve.session import LASTS_S
from tests.serve.made_bodies import JPEG
from tests.serve.made_recognition import asked, made_api

TOKEN = "a" * 32
TOKENS = Tokens((_digest(TOKEN),))
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PAGE = {"Origin": "http://127.0.0.1"}
STRANGER = {"Origin": "https://example.org"}


def look(client: TestClient, headers: dict[str, str]) -> tuple[int, str]:
    answer = client.post("/v1/faces", content=JPEG, headers={"Content-Type": "image/jpeg"} | headers)
    return answer.status_code, answer.json().get("code", "")


def begin(client: TestClient) -> str:
    answer = client.post("/v1/session", headers=BEARER)
    assert answer.status_code == 204
    return answer.headers["set-cookie"]


def test_a_token_is_exchanged_for_a_cookie_that_serves_the_page_alone() -> None:
    with asked(made_api(tokens=TOKENS)) as client:
        assert client.post("/v1/session").status_code == 401
        cookie = begin(client)
        assert TOKEN not in cookie
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        assert look(client, PAGE) == (200, "")
        assert look(client, {"Sec-Fetch-Site": "same-origin"}) == (200, "")
        assert look(client, STRANGER) == (403, "origin_refused")
        assert look(client, PAGE | {"Sec-Fetch-Site": "same-site"}) == (403, "origin_refused")
        assert look(client, {}) == (403, "origin_refused")
        assert look(client, STRANGER | BEARER) == (200, "")
        assert look(client, PAGE | {"Authorization": "Bearer wrong"}) == (401, "unauthenticated")
        assert client.get("/v1/models").status_code == 200
        assert client.delete("/v1/session", headers=PAGE).status_code == 204
        assert look(client, PAGE) == (401, "unauthenticated")
        assert "Secure" in client.post("https://127.0.0.1/v1/session", headers=BEARER).headers["set-cookie"]


@pytest.mark.parametrize("fault", ["changed", "another's", "old"])
def test_a_cookie_that_is_not_this_servers_own_counts_for_nothing(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = Tokens((_digest("b" * 32),)) if fault == "another's" else TOKENS
    with asked(made_api(tokens=TOKENS)) as client:
        cookie = begin(client).partition(";")[0]
    if fault == "changed":
        cookie = cookie[:-2] + ("a" if cookie[-2] != "a" else "b") + cookie[-1]
    if fault == "old":
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + LASTS_S + 2)
    with asked(made_api(tokens=tokens)) as client:  # it has no jar that would forget an old one
        assert look(client, PAGE | {"Cookie": cookie}) == (401, "unauthenticated")


def test_without_tokens_there_is_nothing_to_exchange() -> None:
    with asked(made_api()) as client:
        answer = client.post("/v1/session", headers=PAGE)
        assert answer.status_code == 204
        assert "set-cookie" not in answer.headers
