"""Pressure: what is too much is refused at once, and what nobody waits for stops."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from affect.interface.problems import Code
from serve.settings import Limits
from tests.serve.made_bodies import FORM, JPEG, form, grey
from tests.serve.made_recognition import SLOW_HEIGHT, MadeRecognition, made_api

Asked = Callable[[httpx.AsyncClient, MadeRecognition], Awaitable[None]]
PNG = {"Content-Type": "image/png"}


def run(test: Asked, limits: Limits) -> None:
    async def inside() -> None:
        made = MadeRecognition()
        transport = httpx.ASGITransport(made_api(made, limits=limits))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            await asyncio.wait_for(test(client, made), 20)

    asyncio.run(inside())


def slow(client: httpx.AsyncClient) -> "asyncio.Task[httpx.Response]":
    return asyncio.create_task(client.post("/v1/faces", content=grey(SLOW_HEIGHT), headers=PNG))


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  # what is waited for has no event
        await asyncio.sleep(0.005)


def code(answer: httpx.Response) -> Code:
    found: Code = answer.json()["code"]
    return found


def test_what_is_beyond_the_queue_is_refused_at_once_and_the_others_are_answered() -> None:
    async def test(client: httpx.AsyncClient, made: MadeRecognition) -> None:
        waiting = [slow(client) for _ in range(3)]
        await until(lambda: len(made.seen) == 2)  # the third waits to be decoded
        refused = await client.post("/v1/faces", content=JPEG, headers=PNG)
        assert (refused.status_code, code(refused), refused.headers["retry-after"]) == (503, "overloaded", "1")
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/v1/models")).status_code == 200
        made.release.set()
        assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200, 200, 200]
        assert len(made.seen) == 3
        assert (await client.post("/v1/faces", content=JPEG, headers=PNG)).status_code == 200

    run(test, Limits(queue=3, at_once=2))


def test_pictures_of_one_call_are_looked_at_no_more_at_once_than_others() -> None:
    async def test(client: httpx.AsyncClient, made: MadeRecognition) -> None:
        body = form(*[grey(SLOW_HEIGHT)] * 5)
        batch = asyncio.create_task(client.post("/v1/faces:batch", content=body, headers={"Content-Type": FORM}))
        await until(lambda: len(made.seen) == 2)
        await asyncio.sleep(0.05)
        assert len(made.seen) == 2
        made.release.set()
        assert len((await batch).json()["pictures"]) == 5

    run(test, Limits(at_once=2))


@pytest.mark.parametrize("path", ["/v1/faces", "/v1/faces:batch"])
def test_work_that_takes_too_long_is_ended(path: str) -> None:
    async def test(client: httpx.AsyncClient, made: MadeRecognition) -> None:
        answer = await client.post(path, content=form(grey(SLOW_HEIGHT)), headers={"Content-Type": FORM})
        assert (answer.status_code, code(answer)) == (504, "deadline_exceeded")
        assert made.cancelled == 1
        quick = await client.post(path, content=form(JPEG), headers={"Content-Type": FORM})
        assert quick.status_code == 200

    run(test, Limits(request_s=0.2))


@pytest.mark.parametrize("media_type", ["image/jpeg", FORM])
def test_a_body_that_trickles_in_is_given_up(media_type: str) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        while True:
            yield b"x" if media_type == "image/jpeg" else b""
            await asyncio.sleep(0.01)

    async def test(client: httpx.AsyncClient, made: MadeRecognition) -> None:
        answer = await client.post("/v1/faces", content=trickle(), headers={"Content-Type": media_type})
        assert (answer.status_code, code(answer)) == (408, "body_slow")
        assert not made.seen

    run(test, Limits(body_s=0.1))


def test_a_client_that_goes_away_stops_the_work() -> None:
    async def test(client: httpx.AsyncClient, made: MadeRecognition) -> None:
        waiting = slow(client)
        await until(lambda: len(made.seen) == 1)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert made.cancelled == 1
        made.release.set()
        assert (await slow(client)).status_code == 200  # its place is free again

    run(test, Limits(queue=1, at_once=1))
