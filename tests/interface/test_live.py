"""Live frames through the client, from a real server: an answer to each, in order, and every end told by its kind."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affect.errors import AffectError
from affect.faces.detector import Detections
from affect.interface.answers import Failure, LiveAnswer
from affect.interface.client import AsyncClient, Client
from affect.interface.errors import (
    AuthenticationError,
    BusyError,
    ModelUnknownError,
    RequestError,
    ServerError,
    UnreachableError,
)
from affect.interface.live import LiveFrame
from serve.authentication import Tokens, _digest
from serve.certificate import self_signed
from serve.problems import ProblemError
from serve.recognition import Eyes
from serve.settings import Limits
from tests.serve.made_bodies import JPEG, grey
from tests.serve.made_recognition import MadeRecognition, made_api
from tests.serve.serving import serving

TOKEN = "t" * 32
IDLE_S = 0.1
BUSY, FAULTY = 21, 22
"""Heights of pictures for which there is no time, and at which the server fails."""
PICTURE = grey(9)


class Eyed(MadeRecognition):
    """Looks at pictures of some heights in its own way."""

    def eyes(self, model: str) -> Eyes:
        made = super().eyes(model)

        def detect(picture: np.ndarray) -> Detections:
            if picture.shape[0] == BUSY:
                raise ProblemError("overloaded", "too many requests wait; ask again later")
            if picture.shape[0] == FAULTY:
                raise RuntimeError("secret inner workings")
            return made.detector(picture)

        return Eyes(made.model, detect, made.asker)


def served(**limits: float) -> AbstractContextManager[str]:
    return serving(made_api(Eyed(), tokens=Tokens((_digest(TOKEN),)), limits=Limits(**limits)))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served() as at:
        yield at


Said = list[LiveAnswer | Failure]


def live(url: str, frames: Iterable[LiveFrame], token: str | None = TOKEN, **options: Any) -> Said:
    with Client(url, token) as client:
        return list(client.live(frames, **options))


def live_async(url: str, frames: Iterable[LiveFrame], token: str | None = TOKEN, **options: Any) -> Said:
    async def camera() -> AsyncIterator[LiveFrame]:
        for frame in frames:
            yield frame

    async def ask() -> Said:
        async with AsyncClient(url, token) as client:
            return [answer async for answer in client.live(camera(), **options)]

    return asyncio.run(ask())


each_way = pytest.mark.parametrize("ask", [live, live_async])
Ask = Callable[..., Said]


@each_way
def test_each_frame_is_answered_in_its_place(ask: Ask, url: str, tmp_path: Path) -> None:
    (tmp_path / "picture.jpg").write_bytes(JPEG)
    frames = [(grey(9), 0.5), (grey(10), 1.0), JPEG[:200], (grey(11), 0.7), (grey(BUSY), 2.0), (grey(12), 9.0)]
    said = ask(url, [*frames, (tmp_path / "picture.jpg", 9.5)], model="other")
    told = [
        one["problem"]["code"] if "problem" in one else (one["frame"], one["time_s"], one["height"]) for one in said
    ]
    # Times grow: one that does not is at fault, and the ones after it are not.
    assert told == [
        (0, 0.5, 9), (1, 1.0, 10), "picture_broken", "request_invalid", "overloaded", (2, 9.0, 12), (3, 9.5, 48),
    ]  # fmt: skip
    assert all(one["model"] == {"name": "other", "version": "0007"} for one in said if "problem" not in one)


@each_way
def test_frames_without_times_have_those_at_which_they_come(ask: Ask, url: str) -> None:
    times = [one["time_s"] for one in ask(url, [PICTURE] * 3) if "problem" not in one]
    assert len(times) == 3
    assert times == sorted(set(times))


ENDS: dict[str, tuple[dict[str, Any], type[RequestError], str]] = {
    "unknown": ({"model": "nobody"}, ModelUnknownError, "model_unknown"),
    "stranger": ({"token": None}, AuthenticationError, "unauthenticated"),
    "failed": ({"frames": [PICTURE, grey(FAULTY), PICTURE]}, ServerError, "internal"),
    "busy at once": ({"frames": [grey(BUSY)]}, BusyError, "overloaded"),
}


@each_way
@pytest.mark.parametrize(("given", "kind", "code"), ENDS.values(), ids=ENDS.keys())
def test_the_end_of_a_stream_is_an_error_by_its_code(
    given: dict[str, Any], kind: type[RequestError], code: str, ask: Ask, url: str
) -> None:
    with pytest.raises(kind) as error:
        ask(url, **({"frames": [PICTURE] * 2} | given))
    assert error.value.code == code
    assert "secret" not in str(error.value)


@each_way
def test_a_time_that_is_none_is_not_sent(ask: Ask, url: str) -> None:
    with pytest.raises(AffectError, match="time of a frame is nan"):
        ask(url, [PICTURE, (PICTURE, float("nan")), PICTURE])


@each_way
def test_a_camera_that_gives_nothing_for_too_long_is_told(ask: Ask) -> None:
    def idle() -> Iterator[LiveFrame]:
        time.sleep(4 * IDLE_S)
        yield PICTURE

    with served(live_idle_s=IDLE_S) as url, pytest.raises(RequestError, match="no frame came") as error:
        ask(url, idle())
    assert error.value.code == "body_slow"


def test_one_stream_too_many_is_told_and_leaving_the_loop_makes_room() -> None:
    with served(live=1) as url, Client(url, TOKEN) as client:
        first = client.live([PICTURE] * 9)
        assert "frame" in next(first)
        with pytest.raises(BusyError):
            next(client.live([PICTURE]))
        first.close()
        for _ in range(100):
            try:
                assert "frame" in next(client.live([PICTURE]))
                break
            except BusyError:
                time.sleep(0.02)
        else:
            raise AssertionError("the place was not given back")


@each_way
def test_where_no_such_server_is_that_is_told(ask: Ask, url: str) -> None:
    with pytest.raises(UnreachableError):
        ask("http://127.0.0.1:1", [PICTURE])
    with pytest.raises(RequestError, match="403"):  # what uvicorn says where no route is
        ask(f"{url}/elsewhere", [PICTURE])


def test_a_stream_over_tls_trusts_what_the_client_trusts(tmp_path: Path) -> None:
    paths = [tmp_path / "certificate.pem", tmp_path / "key.pem"]
    for path, content in zip(paths, self_signed(["127.0.0.1"], days=1), strict=True):
        path.write_bytes(content)
    with serving(made_api(), ssl_certfile=str(paths[0]), ssl_keyfile=str(paths[1])) as url:
        with Client(url, verify=ssl.create_default_context(cafile=paths[0])) as client:
            assert [one["frame"] for one in client.live([PICTURE] * 2) if "problem" not in one] == [0, 1]
        with Client(url) as client, pytest.raises(UnreachableError):
            list(client.live([PICTURE]))


def test_what_the_frames_raise_is_not_taken_for_the_servers_fault(url: str, tmp_path: Path) -> None:
    with Client(url, TOKEN) as client, pytest.raises(FileNotFoundError):
        list(client.live([PICTURE, tmp_path / "nowhere.jpg"]))
