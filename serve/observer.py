"""What the interface tells of itself: counts and durations, nothing of what requests hold."""

import asyncio
import time
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from affect.interface.answers import Looked

CLIENT_GONE = 499
"""The usual status of requests whose client did not wait for the answer."""


class Observer(Protocol):
    """Is told of every request."""

    def answered(self, route: str, status: int, code: str, seconds: float) -> None:
        """A request was answered; ``code`` is that of its problem, or empty."""

    def recognised(self, answer: Looked) -> None:
        """A picture was looked at."""


class Observing:
    """ASGI middleware: tells ``observer`` of each HTTP request once its answer is sent."""

    def __init__(self, app: ASGIApp, observer: Observer) -> None:
        self.app = app
        self.observer = observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.monotonic()
        status = 500  # where no answer begins

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except asyncio.CancelledError:
            status = CLIENT_GONE
            raise
        finally:
            route = getattr(scope.get("route"), "path", "other")
            code = scope.get("problem", "internal" if status == 500 else "")
            self.observer.answered(route, status, code, time.monotonic() - began)
