"""One stream of live pictures over a WebSocket: its session, the frame at work, and the one that waits."""

import asyncio
import contextlib
import json
import logging
import math
import time
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from affect.errors import AffectError
from affect.interface.problems import problem
from affect.models.answer import FrameAnswer
from affect.watching.session import Session
from serve.admission import Admission
from serve.body import decode_body
from serve.observer import Observer
from serve.problems import ProblemError
from serve.recognition import Eyes

logger = logging.getLogger("ray.serve")

Sent = tuple[bytes, float | None]
"""A picture as it came, and its time."""


class LiveStream:
    """Answers the pictures of ``socket``, which is open, in order: one at a time, the newest next."""

    def __init__(self, socket: WebSocket, eyes: Eyes, admission: Admission, observer: Observer) -> None:
        self.socket = socket
        self.eyes = eyes
        self.admission = admission
        self.limits = admission.limits
        self.observer = observer
        self.began = time.monotonic()
        self.newest: asyncio.Queue[Sent | None] = asyncio.Queue(1)
        """The frame that waits; None: no more come."""

    async def open(self) -> None:
        """Raises model_unsuitable."""
        name, network = self.eyes.model["name"], self.eyes.asker.description.network
        if "sound" in network.streams:
            raise ProblemError("model_unsuitable", f"{name} takes sound, which does not come with live pictures")
        self.session = await asyncio.to_thread(Session, self.eyes.asker.description, self.eyes.detector)

    async def answer(self) -> None:
        """Until the client leaves. Raises WebSocketDisconnect then, and a ProblemError where it goes on no more."""
        receiving = asyncio.create_task(self._receive())
        try:
            while (sent := await self.newest.get()) is not None:
                await self._look(*sent)
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

    async def tell(self, error: ProblemError) -> None:
        await self.socket.send_json({"error": problem(error.code, str(error.detail), self.socket.url.path)})

    async def _look(self, body: bytes, time_s: float | None) -> None:
        try:
            async with self.admission.answering():
                answer, width, height = await asyncio.to_thread(self._answer, body, time_s)
        except ProblemError as error:
            await self.tell(error)
            if error.code == "deadline_exceeded":  # a thread is still at work with the session
                raise
            return
        model = self.eyes.model
        self.observer.recognised({"model": model, "width": width, "height": height, "faces": answer["faces"]})
        await self.socket.send_json({"model": model, "width": width, "height": height, **answer})

    def _answer(self, body: bytes, time_s: float | None) -> tuple[FrameAnswer, int, int]:
        if len(body) > self.limits.bytes:
            raise ProblemError("picture_too_large", f"it has more than {self.limits.bytes:,} bytes; send a smaller one")
        picture = decode_body(body, self.limits)
        height, width = picture.shape[:2]
        time_s = time.monotonic() - self.began if time_s is None else time_s
        try:
            return self.session.answer(picture, time_s, self.eyes.asker), width, height
        except AffectError as error:
            raise ProblemError("request_invalid", str(error)) from error

    async def _receive(self) -> None:
        time_s: float | None = None
        try:
            while True:
                message = await self._message()
                if message.get("bytes") is not None:
                    self._put((message["bytes"], time_s))
                    time_s = None
                else:
                    time_s = await self._time(message.get("text") or "")
        finally:
            self._put(None)

    def _put(self, sent: Sent | None) -> None:
        """In the place of what waits there: a frame that was overtaken is left out."""
        if self.newest.full():
            self.newest.get_nowait()
        self.newest.put_nowait(sent)

    async def _message(self) -> dict[str, Any]:
        idle_s = self.limits.live_idle_s
        try:
            message: dict[str, Any] = dict(await asyncio.wait_for(self.socket.receive(), idle_s))
        except TimeoutError as error:
            raise ProblemError("body_slow", f"no frame came for {idle_s:g} s") from error
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        return message

    async def _time(self, text: str) -> float | None:
        with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError, OverflowError):
            time_s = float(json.loads(text)["time_s"])
            if math.isfinite(time_s):
                return time_s
        wanted = 'a text is {"time_s": seconds}, before the picture of its time'
        await self.tell(ProblemError("request_invalid", wanted))
        return None
