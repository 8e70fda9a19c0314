"""Live frames over a WebSocket: one stream a connection, with whom it follows and what it remembers of them."""

import asyncio
import contextlib
import json
import logging
import math
import time
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect, status

from affect.errors import AffectError
from affect.interface.problems import problem
from affect.models.answer import FrameAnswer
from affect.watching.session import Session
from serve.admission import Admission
from serve.body import decode_body
from serve.observer import Observer
from serve.problems import ProblemError
from serve.recognition import Eyes, Recognition, chosen

logger = logging.getLogger("ray.serve")
_NO_FRAME = (None, None)

Sent = tuple[bytes | None, float | None]
"""A picture as it came, and its time."""


def live(recognition: Recognition, admission: Admission, observer: Observer) -> APIRouter:
    """The route for cameras. OpenAPI cannot describe it; docs/serving.md does."""
    router = APIRouter(prefix="/v1")
    limits = admission.limits

    @router.websocket("/live")
    async def faces_of_a_stream(socket: WebSocket, model: str | None = None) -> None:
        """A binary message is a picture, a text before it {"time_s": seconds} its time; answers come in order."""
        await socket.accept()
        try:
            eyes = recognition.eyes(chosen(recognition, model)["name"])
            session = await asyncio.to_thread(_session, eyes)
            admission.live.take()
        except ProblemError as error:
            await _tell(socket, error)
            busy = error.code == "overloaded"
            await _close(socket, status.WS_1013_TRY_AGAIN_LATER if busy else status.WS_1008_POLICY_VIOLATION, error)
            return
        try:
            await _watch(socket, eyes, session)
        except ProblemError as error:
            await _close(socket, status.WS_1000_NORMAL_CLOSURE, error)
        except WebSocketDisconnect:
            pass
        finally:
            admission.live.give_back()

    async def _watch(socket: WebSocket, eyes: Eyes, session: Session) -> None:
        newest: asyncio.Queue[Sent] = asyncio.Queue(1)
        receiving = asyncio.create_task(_receive(socket, newest, limits.live_idle_s))
        began = time.monotonic()

        def answer(sent: bytes, time_s: float) -> tuple[FrameAnswer, int, int]:
            picture = decode_body(sent, limits)
            try:
                said = session.answer(picture, time_s, eyes.asker)
            except AffectError as error:
                raise ProblemError("request_invalid", str(error)) from error
            return said, picture.shape[1], picture.shape[0]

        try:
            while (sent := await newest.get()) != _NO_FRAME:
                body, time_s = sent
                assert body is not None
                try:
                    if len(body) > limits.bytes:
                        raise ProblemError("picture_too_large", f"it has more than {limits.bytes:,} bytes")
                    if time_s is None:
                        time_s = time.monotonic() - began
                    async with admission.answering():
                        said, width, height = await asyncio.to_thread(answer, body, time_s)
                except ProblemError as error:
                    await _tell(socket, error)
                    if error.code == "deadline_exceeded":  # a thread is still at work with the session
                        raise
                    continue
                observer.recognised({"model": eyes.model, "width": width, "height": height, "faces": said["faces"]})
                await socket.send_json({"model": eyes.model, "width": width, "height": height, **said})
            await receiving
        except (WebSocketDisconnect, ProblemError):
            raise
        except Exception:
            logger.exception("A live stream failed.")
            raise ProblemError("internal", "the server failed; its log says why") from None
        finally:
            receiving.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, ProblemError):
                await receiving

    return router


async def _receive(socket: WebSocket, newest: asyncio.Queue[Sent], idle_s: float) -> None:
    """Put each frame where the last one waits: what came before it and was not looked at is left out."""
    time_s: float | None = None
    try:
        while True:
            try:
                message = await asyncio.wait_for(socket.receive(), idle_s)
            except TimeoutError as error:
                raise ProblemError("body_slow", f"no frame came for {idle_s:g} s") from error
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1000))
            if message.get("bytes") is not None:
                if newest.full():
                    newest.get_nowait()
                newest.put_nowait((message["bytes"], time_s))
                time_s = None
            else:
                time_s = await _time(socket, message.get("text") or "")
    finally:
        if newest.full():
            newest.get_nowait()
        newest.put_nowait(_NO_FRAME)


async def _time(socket: WebSocket, text: str) -> float | None:
    with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
        time_s = float(json.loads(text)["time_s"])
        if math.isfinite(time_s):
            return time_s
    await _tell(
        socket, ProblemError("request_invalid", 'a text is {"time_s": seconds}, before the picture of its time')
    )
    return None


def _session(eyes: Eyes) -> Session:
    name, network = eyes.model["name"], eyes.asker.description.network
    if "sound" in network.streams:
        raise ProblemError("model_unsuitable", f"{name} takes sound, which does not come with live pictures")
    return Session(eyes.asker.description, eyes.detector)


async def _tell(socket: WebSocket, error: ProblemError) -> None:
    await socket.send_json({"error": _problem(socket, error)})


async def _close(socket: WebSocket, code: int, error: ProblemError) -> None:
    reason = str(error.detail).encode()[:120].decode(errors="ignore")  # as long as a WebSocket bears
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.close(code, reason)


def _problem(socket: WebSocket, error: ProblemError) -> Any:
    return problem(error.code, str(error.detail), socket.url.path)
