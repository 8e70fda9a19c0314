"""Live frames for the client: what is sent over the WebSocket, what is read from it, and its errors as the client's."""

import contextlib
import json
import math
import os
import ssl
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from affect.errors import AffectError
from affect.interface.answers import Failure, LiveAnswer
from affect.interface.errors import UnreachableError, error_of, raised
from affect.interface.problems import KINDS, Code, Problem, problem

PATH = "/v1/live"
File = bytes | str | os.PathLike[str]
"""What a file holds, or its path: of a picture JPEG, PNG or WebP."""
LiveFrame = File | tuple[File, float]
"""A picture, or one with the seconds at which it was taken; without them the time at which it comes counts."""

_OF_ONE_FRAME: tuple[Code, ...] = (
    "request_invalid", "picture_too_large", "picture_broken", "media_type_unsupported",
)  # fmt: skip
_FOR_A_WHILE: tuple[Code, ...] = ("overloaded", "not_ready")
"""Of a stream that is open; one that is not open yet is refused by them."""


class LiveCall:
    """One stream: how it is opened, and what its messages mean."""

    def __init__(
        self, base: httpx.URL, token: str | None, verify: ssl.SSLContext | bool, timeout_s: float, model: str | None
    ) -> None:
        secure = base.scheme == "https"
        named = {} if model is None else {"model": model}
        self.url = base.join(PATH[1:]).copy_with(scheme="wss" if secure else "ws", params=named)
        self.timeout_s = timeout_s
        self.opened = False
        self.options: dict[str, Any] = {
            "uri": str(self.url),
            "additional_headers": {} if token is None else {"Authorization": f"Bearer {token}"},
            "ssl": httpx.create_ssl_context(verify) if secure else None,
            "open_timeout": timeout_s,
            "proxy": None,  # as with all that the client asks
            "compression": None,  # of pictures, which are compressed already
        }

    def messages(self, frame: LiveFrame) -> Sequence[str | bytes]:
        """What is sent for one frame."""
        picture, time_s = frame if isinstance(frame, tuple) else (frame, None)
        if time_s is not None and not math.isfinite(time_s):
            raise AffectError(f"the time of a frame is {time_s}; give the seconds since the first one")
        return [*([] if time_s is None else [json.dumps({"time_s": time_s})]), bytes_of(picture)]

    def answer(self, message: str | bytes) -> LiveAnswer | Failure:
        """What came back for it. Raises what the stream ends with."""
        said: Any = json.loads(message)
        if "error" not in said:
            self.opened = True
            answer: LiveAnswer = said
            return answer
        told: Problem = said["error"]
        if told["code"] in _OF_ONE_FRAME or (self.opened and told["code"] in _FOR_A_WHILE):
            return {"problem": told}
        raise raised(told)

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """What is raised by the library is raised as the client's own."""
        try:
            yield
        except InvalidStatus as error:
            given = error.response
            response = httpx.Response(
                given.status_code,
                headers={"Content-Type": given.headers.get("Content-Type", "")},
                content=bytes(given.body or b""),
                request=httpx.Request("GET", self.url),
            )
            raise error_of(response) from error
        except ConnectionClosed as error:
            reason = error.rcvd.reason if error.rcvd else ""
            code, separator, detail = reason.partition(": ")
            for known in KINDS:
                if separator and code == known:
                    raise raised(problem(known, detail, PATH)) from error
            raise UnreachableError(f"{self.url} ended the stream ({reason or error})") from error
        except TimeoutError as error:
            raise UnreachableError(
                f"{self.url} gave no answer within {self.timeout_s:g} s; is the server up?"
            ) from error
        except (OSError, WebSocketException) as error:
            raise UnreachableError(f"{self.url} does not answer ({error}); is the server up?") from error


def bytes_of(file: File) -> bytes:
    if isinstance(file, bytes):
        return file
    with open(file, "rb") as opened:
        return opened.read()
