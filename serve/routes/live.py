"""Live frames over a WebSocket: one stream a connection."""

import contextlib

from fastapi import APIRouter, WebSocket, WebSocketDisconnect, status

from affect.interface.problems import problem
from serve.admission import Admission
from serve.live import LiveStream
from serve.observer import Observer
from serve.problems import ProblemError
from serve.recognition import Recognition, chosen


def live(recognition: Recognition, admission: Admission, observer: Observer) -> APIRouter:
    """The route for cameras. OpenAPI cannot describe it; docs/serving.md does."""
    router = APIRouter(prefix="/v1")

    @router.websocket("/live")
    async def faces_of_a_stream(socket: WebSocket, model: str | None = None) -> None:
        """A binary message is a picture, a text before it {"time_s": seconds} its time; answers come in order."""
        await socket.accept()  # a browser is told nothing of what is refused before
        with contextlib.suppress(WebSocketDisconnect):
            try:
                eyes = recognition.eyes(chosen(recognition, model)["name"])
                stream = LiveStream(socket, eyes, admission, observer)
                await stream.open()
                admission.live.take()
            except ProblemError as error:
                await _refuse(socket, error)
                return
            try:
                await stream.answer()
            except ProblemError as error:
                await _close(socket, status.WS_1000_NORMAL_CLOSURE, error)
            finally:
                admission.live.give_back()

    return router


async def _refuse(socket: WebSocket, error: ProblemError) -> None:
    """Say in a message why there is no stream."""
    await socket.send_json({"error": problem(error.code, str(error.detail), socket.url.path)})
    busy = error.code == "overloaded"
    await _close(socket, status.WS_1013_TRY_AGAIN_LATER if busy else status.WS_1008_POLICY_VIOLATION, error)


async def _close(socket: WebSocket, code: int, error: ProblemError) -> None:
    reason = f"{error.code}: {error.detail}".encode()[:120].decode(errors="ignore")  # as long as a WebSocket bears
    with contextlib.suppress(RuntimeError):  # it is closed already
        await socket.close(code, reason)
