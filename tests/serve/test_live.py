"""Live frames over a WebSocket: in order, one stream a connection, broken frames, who may open one."""

from typing import Any

import numpy as np
import pytest
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from affect.media.pictures import decode_picture
from affect.watching.session import Session
from serve.authentication import Tokens, _digest
from serve.settings import Access, Limits
from tests.made_pictures import encode
from tests.serve.local_recognition import LocalRecognition
from tests.serve.made_bodies import JPEG
from tests.serve.made_recognition import asked, made_api
from tests.watching.made_watching import pictures

TOKEN = "a" * 32
TOKENS = Tokens((_digest(TOKEN),))
SHOWN = [encode(picture, "PNG") for picture in pictures(5)]


def ask(socket: Any, picture: bytes, time_s: float | None = None) -> Any:
    if time_s is not None:
        socket.send_json({"time_s": time_s})
    socket.send_bytes(picture)
    return socket.receive_json()


@pytest.mark.parametrize("model", ["pictures", "sequences"])
def test_two_streams_are_each_answered_as_a_session_of_their_own(model: str, local: LocalRecognition) -> None:
    orders = {0: [0, 1, 2], 1: [4, 3, 2]}
    said: dict[int, list[Any]] = {0: [], 1: []}
    with (
        asked(made_api(local, limits=Limits())) as client,
        client.websocket_connect(f"ws://127.0.0.1/v1/live?model={model}") as one,
        client.websocket_connect(f"ws://127.0.0.1/v1/live?model={model}") as other,
    ):
        for place in range(3):
            for number, socket in ((0, one), (1, other)):
                said[number].append(ask(socket, SHOWN[orders[number][place]], place / 20))
    for number, order in orders.items():
        session = Session(local.askers[model].description, local.detector)
        for place, picture in enumerate(order):
            expected = session.answer(decode_picture(SHOWN[picture]), place / 20, local.askers[model])
            got = said[number][place]
            assert (got["frame"], got["time_s"], got["width"]) == (place, expected["time_s"], 300)
            assert got["model"]["name"] == model
            assert [face["track_id"] for face in got["faces"]] == [face["track_id"] for face in expected["faces"]]
            np.testing.assert_allclose(
                [face["valence"] for face in got["faces"]], [face["valence"] for face in expected["faces"]], atol=1e-4
            )


def test_a_broken_frame_is_told_and_the_stream_goes_on(local: LocalRecognition) -> None:
    limits = Limits(bytes=200_000, pixels=60_000)
    with asked(made_api(local, limits=limits)) as client, client.websocket_connect("ws://127.0.0.1/v1/live") as socket:
        assert ask(socket, SHOWN[0], 1.0)["frame"] == 0
        for body, time_s, code in [
            (JPEG[:200], 1.1, "picture_broken"),
            (b"x" * 200_001, 1.2, "picture_too_large"),
            (encode(np.zeros((300, 300, 3), np.uint8), "PNG"), 1.3, "picture_too_large"),
            (b"no picture", 1.4, "media_type_unsupported"),
            (SHOWN[1], 0.5, "request_invalid"),
        ]:
            assert ask(socket, body, time_s)["error"]["code"] == code
        socket.send_text("[" * 5000)
        assert socket.receive_json()["error"]["code"] == "request_invalid"
        assert ask(socket, SHOWN[1], 1.5)["frame"] == 1


@pytest.mark.parametrize(("model", "code"), [("none", "model_unknown"), ("both", "model_unsuitable")])
def test_a_stream_that_cannot_be_is_told_why(model: str, code: str, local: LocalRecognition) -> None:
    with (
        asked(made_api(local, limits=Limits())) as client,
        client.websocket_connect(f"ws://127.0.0.1/v1/live?model={model}") as socket,
    ):
        assert socket.receive_json()["error"]["code"] == code
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_json()
    assert ended.value.code == 1008


def test_streams_are_bounded_and_an_idle_one_makes_room(local: LocalRecognition) -> None:
    with asked(made_api(local, limits=Limits(live=1, live_idle_s=0.5))) as client:
        with client.websocket_connect("ws://127.0.0.1/v1/live") as socket:
            assert ask(socket, SHOWN[0])["frame"] == 0
            with client.websocket_connect("ws://127.0.0.1/v1/live") as other:
                assert other.receive_json()["error"]["code"] == "overloaded"
            with pytest.raises(WebSocketDisconnect) as ended:
                socket.receive_json()
            assert "no frame came" in ended.value.reason
        with client.websocket_connect("ws://127.0.0.1/v1/live") as socket:
            assert ask(socket, SHOWN[0])["frame"] == 0


@pytest.mark.parametrize(
    ("tokens", "headers", "status"),
    [
        (TOKENS, {}, 401),
        (TOKENS, {"Authorization": "Bearer wrong"}, 401),
        (TOKENS, {"Authorization": f"Bearer {TOKEN}", "Origin": "https://example.com"}, 403),
        (Tokens(()), {"Origin": "https://example.com"}, 403),
        (Tokens(()), {"Origin": "http://["}, 403),
        (TOKENS, {"Authorization": f"Bearer {TOKEN}"}, None),
        (Tokens(()), {"Origin": "https://example.org"}, None),
        (Tokens(()), {"Origin": "http://127.0.0.1"}, None),
    ],
)
def test_who_may_open_one_is_looked_at_before(
    tokens: Tokens, headers: dict[str, str], status: int | None, local: LocalRecognition
) -> None:
    access = Access(origins=("https://example.org",))
    with asked(made_api(local, limits=Limits(), access=access, tokens=tokens)) as client:
        if status is None:
            with client.websocket_connect("ws://127.0.0.1/v1/live", headers=headers) as socket:
                assert ask(socket, SHOWN[0])["frame"] == 0
        else:
            with (
                pytest.raises(WebSocketDenialResponse) as denied,
                client.websocket_connect("ws://127.0.0.1/v1/live", headers=headers),
            ):
                pass
            assert denied.value.status_code == status


def test_the_pages_cookie_opens_one(local: LocalRecognition) -> None:
    with asked(made_api(local, limits=Limits(), tokens=TOKENS)) as client:
        client.post("/v1/session", headers={"Authorization": f"Bearer {TOKEN}"})
        with client.websocket_connect("ws://127.0.0.1/v1/live", headers={"Origin": "http://127.0.0.1"}) as socket:
            assert ask(socket, SHOWN[0])["frame"] == 0
        with pytest.raises(WebSocketDenialResponse), client.websocket_connect("ws://127.0.0.1/v1/live"):
            pass
