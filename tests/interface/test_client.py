"""The client against the interface itself: what it sends is understood, what it gets is told by kind."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from affect.errors import AffectError
from affect.interface.client import AsyncClient, Client
from affect.interface.errors import (
    AuthenticationError,
    BusyError,
    ModelUnknownError,
    PictureError,
    RequestError,
    ServerError,
    UnreachableError,
    VideoError,
)
from affect.interface.problems import PROBLEM
from serve.authentication import VARIABLE, Tokens
from serve.settings import Access, Limits, Sources
from tests.made_media import make_video
from tests.serve.file_server import file_server
from tests.serve.made_bodies import JPEG, PNG, grey
from tests.serve.made_recognition import CARD, FAULTY_HEIGHT, LIMITS, MadeRecognition, made_api
from tests.watching.made_watching import pictures

TOKEN = "t" * 32


@pytest.fixture
def made() -> MadeRecognition:
    return MadeRecognition()


@pytest.fixture
def network(made: MadeRecognition, monkeypatch: pytest.MonkeyPatch) -> httpx.BaseTransport:
    """Leads to an interface that wants a token."""
    monkeypatch.setenv(VARIABLE, TOKEN)
    api = made_api(made, tokens=Tokens.read(Access()))
    return TestClient(api, raise_server_exceptions=False)._transport


def test_every_method_reaches_its_route(made: MadeRecognition, network: httpx.BaseTransport, tmp_path: Path) -> None:
    (tmp_path / "picture.jpg").write_bytes(JPEG)
    with Client("http://127.0.0.1", TOKEN, transport=network) as client:
        assert [model["name"] for model in client.models()] == ["made", "other"]
        assert client.model("other")["versions"] == ["0001", "0007"]
        assert client.card("made") == CARD
        for picture in (JPEG, tmp_path / "picture.jpg", str(tmp_path / "picture.jpg")):
            answer = client.faces(picture, model="other", embedding=True)
            assert (answer["model"]["name"], answer["width"]) == ("other", 64)
            assert made.seen[-1] == ("other", (48, 64, 3), True)
        first, broken, last = client.faces_of([PNG, PNG[:50], grey(9)])
        assert "problem" in broken
        assert broken["problem"]["code"] == "picture_broken"
        assert "problem" not in first
        assert "problem" not in last
        assert (first["height"], last["height"]) == (48, 9)
        assert made.seen[-1][2] is False
        clip = make_video(tmp_path / "clip.mp4", pictures(3), 20)
        assert [frame["frame"] for frame in client.video(clip, model="other")] == [0, 1, 2]


def test_the_same_with_asyncio(made: MadeRecognition, network: httpx.BaseTransport, tmp_path: Path) -> None:
    async def ask() -> None:
        transport = httpx.ASGITransport(made_api(made))
        async with AsyncClient("http://127.0.0.1", transport=transport) as client:
            assert [model["name"] for model in await client.models()] == ["made", "other"]
            assert (await client.model("other"))["version"] == "0007"
            assert await client.card("made") == CARD
            answers = await asyncio.gather(*[client.faces(grey(height)) for height in (9, 10, 11)])
            assert [answer["height"] for answer in answers] == [9, 10, 11]
            assert ["problem" in entry for entry in await client.faces_of([PNG, b"hello"])] == [False, True]
            with pytest.raises(ModelUnknownError):
                await client.faces(PNG, model="nobody")
            clip = make_video(tmp_path / "clip.mp4", pictures(3), 20)
            assert [frame["frame"] async for frame in client.video(clip)] == [0, 1, 2]

    asyncio.run(ask())


def test_a_file_may_be_named_by_its_uri_in_place_of_being_sent(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "clip.mp4", pictures(3), 20)
    with file_server("127.0.0.1", {"clip.mp4": clip.read_bytes()}) as store:
        sources = Sources.parse({"allowed": [store.url], "networks": ["127.0.0.1"]})
        network = TestClient(made_api(limits=Limits(), sources=sources))._transport
        with Client("http://127.0.0.1", transport=network) as client:
            assert list(client.video(uri=f"{store.url}/clip.mp4")) == list(client.video(clip))
            for given in ({}, {"file": clip, "uri": f"{store.url}/clip.mp4"}):
                with pytest.raises(AffectError, match="either a file or the uri"):
                    client.video(**given)
        assert len(store.asked) == 1


FAULTS: dict[str, tuple[Callable[[Client], Any], type[RequestError], str]] = {
    "broken": (lambda client: client.faces(PNG[:50]), PictureError, "picture_broken"),
    "empty": (lambda client: client.faces(b""), PictureError, "body_empty"),
    "large": (lambda client: client.faces(bytes(LIMITS.bytes + 1)), PictureError, "body_too_large"),
    "many": (lambda client: client.faces_of([PNG] * 9), PictureError, "too_many_pictures"),
    "sound": (lambda client: list(client.sound(b"no sound")), RequestError, "model_unsuitable"),
    "named": (lambda client: list(client.video(uri="https://example.org/clip.mp4")), VideoError, "uri_refused"),
    "video": (lambda client: list(client.video(b"no video")), VideoError, "video_broken"),
    "unknown": (lambda client: client.model("nobody"), ModelUnknownError, "model_unknown"),
    "internal": (lambda client: client.faces(grey(FAULTY_HEIGHT)), ServerError, "internal"),
}


@pytest.mark.parametrize(("ask", "kind", "code"), FAULTS.values(), ids=FAULTS.keys())
def test_problems_are_errors_by_their_code(
    network: httpx.BaseTransport, ask: Callable[[Client], Any], kind: type[RequestError], code: str
) -> None:
    with Client("http://127.0.0.1", TOKEN, transport=network) as client, pytest.raises(kind) as error:
        ask(client)
    assert error.value.code == code
    assert error.value.problem["detail"] in str(error.value)


def test_a_wrong_token_is_told(network: httpx.BaseTransport) -> None:
    for token in (None, "wrong"):
        with Client("http://127.0.0.1", token, transport=network) as client, pytest.raises(AuthenticationError):
            client.models()


def scripted(*answers: httpx.Response | Exception) -> tuple[httpx.MockTransport, list[bytes]]:
    """A server that gives these answers in turn, and the bodies it was sent."""
    left, bodies = list(answers), []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.read())
        given = left.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    return httpx.MockTransport(answer), bodies


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr("httpx_retries.retry.time.sleep", slept.append)
    return slept


ANSWER = {"model": {"name": "made", "version": "0001"}, "width": 1, "height": 1, "faces": []}


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_when_it_says(status: int, naps: list[float]) -> None:
    busy = httpx.Response(status, headers={"Retry-After": "7"}, text="in Serve's own words")
    network, bodies = scripted(busy, httpx.ConnectError("refused"), httpx.Response(200, json=ANSWER))
    with Client("http://127.0.0.1", transport=network) as client:
        assert client.faces(JPEG) == ANSWER
    assert bodies == [JPEG] * 3
    assert naps[0] == 7
    assert len(naps) == 2


def test_patience_ends(naps: list[float]) -> None:
    network, bodies = scripted(*[httpx.Response(503, text="Request dropped due to backpressure")] * 3)
    with Client("http://127.0.0.1", retries=2, transport=network) as client, pytest.raises(BusyError) as error:
        client.faces_of([JPEG, PNG])
    assert error.value.code == "overloaded"
    assert "backpressure" in str(error.value)
    assert len(bodies) == 3
    assert len(set(bodies)) == 1


@pytest.mark.parametrize(
    "answer", [httpx.ConnectError("refused"), httpx.Response(200, text="<html>", headers={"Content-Type": "a/json"})]
)
def test_what_is_no_such_server_is_told(answer: httpx.Response | Exception, naps: list[float]) -> None:
    network, _ = scripted(answer)
    with Client("http://127.0.0.1", retries=0, transport=network) as client, pytest.raises(UnreachableError):
        client.models()


@pytest.mark.parametrize("body", [b'{"title": "Busy"}', b'{"code": "of another"}', b'{"code": "over', b"[]"])
def test_a_problem_of_a_proxy_is_told_by_its_status(body: bytes, naps: list[float]) -> None:
    network, _ = scripted(httpx.Response(503, content=body, headers={"Content-Type": PROBLEM}))
    with Client("http://127.0.0.1", retries=0, transport=network) as client, pytest.raises(BusyError) as error:
        client.models()
    assert error.value.code == "overloaded"
    assert body.decode() in str(error.value)


def test_an_answer_that_another_request_would_not_mend_is_not_asked_again(naps: list[float]) -> None:
    network, bodies = scripted(httpx.Response(504, text="late"))
    with Client("http://127.0.0.1", transport=network) as client, pytest.raises(BusyError):
        client.faces(JPEG)
    assert len(bodies) == 1


def test_the_client_needs_neither_torch_nor_ray() -> None:
    program = "import sys, affect.interface.client; print(sorted({'torch', 'ray', 'cv2', 'pandas'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
