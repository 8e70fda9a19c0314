"""A client of the HTTP interface, for code that runs elsewhere: needs httpx and websockets, and neither torch nor Ray.

For example:

    with Client("http://127.0.0.1:8000") as client:
        for face in client.faces("picture.jpg")["faces"]:
            print(face["box"], face["expression"])
"""

import asyncio
import contextlib
import functools
import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
import websockets.asyncio.client
import websockets.sync.client
from httpx_retries import Retry, RetryTransport

from affect.errors import AffectError
from affect.interface.answers import Answer, Failure, LiveAnswer, ServedModel, StoredModel
from affect.interface.errors import UnreachableError, error_of, raised
from affect.interface.live import File, LiveCall, LiveFrame, bytes_of
from affect.models.answer import FrameAnswer

_ASKED_AGAIN = (429, 502, 503)
_NOT_YET_ASKED = (httpx.NetworkError, httpx.RemoteProtocolError, httpx.ConnectTimeout)
_LONGEST_WAIT_S = 60.0


@dataclass(frozen=True)
class _Call:
    """One request."""

    method: str
    path: str
    options: dict[str, Any] = field(default_factory=dict)


class Client:
    """Asks a server, one request after the other; may be used from several threads.

    A server that is busy (429, 503) is asked again, up to ``retries`` times, when its Retry-After says. Methods raise
    ``affect.interface.errors.RequestError``, or one of its kinds by the problem's code, and UnreachableError.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        retries: int = 4,
        timeout_s: float = 60,
        verify: ssl.SSLContext | bool = True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """``verify`` is a context that trusts a certificate of one's own.

        ``transport`` takes the network's place, but for ``live``.
        """
        inner = transport or httpx.HTTPTransport(verify=verify)
        self._http = httpx.Client(
            base_url=url, headers=_headers(token), timeout=timeout_s, transport=_retrying(inner, retries)
        )
        self._stream = functools.partial(LiveCall, self._http.base_url, token, verify, timeout_s)

    def faces(self, picture: File, *, model: str | None = None, embedding: bool = False) -> Answer:
        """Every face of a picture."""
        answer: Answer = self._ask(_faces(picture, model, embedding))
        return answer

    def faces_of(
        self, pictures: Iterable[File], *, model: str | None = None, embedding: bool = False
    ) -> list[Answer | Failure]:
        """Every face of several pictures, in one call; an entry with "problem" is of a picture that is at fault."""
        entries: list[Answer | Failure] = self._ask(_batch(pictures, model, embedding))["pictures"]
        return entries

    def video(
        self, file: File | None = None, *, uri: str | None = None, model: str | None = None, embedding: bool = False
    ) -> Iterator[FrameAnswer]:
        """Each frame of a video as the server has looked at it; to leave off is to stop the server's work.

        A ``uri`` in place of the file is fetched by the server, where its settings allow it. Raises VideoError where
        the file or its URI is at fault, also part of the way.
        """
        return self._frames(_file("/v1/video", file, uri, _asking(model, embedding)))

    def sound(
        self, file: File | None = None, *, uri: str | None = None, model: str | None = None,
        embedding: bool = False, rate: float | None = None,
    ) -> Iterator[FrameAnswer]:  # fmt: skip
        """``rate`` moments a second of a sound, or of a video's sound, by a model that takes sound alone.

        Otherwise as ``video``.
        """
        return self._frames(_file("/v1/sound", file, uri, _asking(model, embedding, rate=rate)))

    def live(
        self, frames: Iterable[LiveFrame], *, model: str | None = None
    ) -> Generator[LiveAnswer | Failure, None, None]:
        """An answer to each of ``frames``, in order, over one stream that follows and remembers who is seen.

        The next frame is taken when the one before has been answered, so that a camera gives its newest. An entry with
        "problem" is of a frame that is at fault, or that the server had no time for. Raises RequestError, or one of its
        kinds, where the server ends the stream or there can be none, and UnreachableError.
        """
        call = self._stream(model)
        with contextlib.ExitStack() as opened:
            with call.errors():
                stream = opened.enter_context(websockets.sync.client.connect(**call.options))
            for frame in frames:
                messages = call.messages(frame)
                with call.errors():
                    for message in messages:
                        stream.send(message)
                    said = stream.recv(call.timeout_s)
                yield call.answer(said)

    def models(self) -> list[ServedModel]:
        """The models that answer; the first one where a call names none."""
        models: list[ServedModel] = self._ask(_MODELS)["models"]
        return models

    def model(self, name: str) -> StoredModel:
        """One of them, with the versions that are stored."""
        model: StoredModel = self._ask(_model(name))
        return model

    def card(self, name: str) -> str:
        """A model's card in Markdown."""
        card: str = self._ask(_card(name))
        return card

    def _frames(self, call: _Call) -> Iterator[FrameAnswer]:
        try:
            with self._http.stream(call.method, call.path, **call.options) as response:
                if not response.is_success:
                    response.read()
                    raise error_of(response)
                for line in response.iter_lines():
                    if (frame := _frame(line)) is not None:
                        yield frame
        except httpx.TransportError as error:
            raise _unreachable(self._http.base_url, error) from error

    def _ask(self, call: _Call) -> Any:
        try:
            response = self._http.request(call.method, call.path, **call.options)
        except httpx.TransportError as error:
            raise _unreachable(self._http.base_url, error) from error
        return _read(response)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient:
    """The same for asyncio."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        retries: int = 4,
        timeout_s: float = 60,
        verify: ssl.SSLContext | bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        inner = transport or httpx.AsyncHTTPTransport(verify=verify)
        self._http = httpx.AsyncClient(
            base_url=url, headers=_headers(token), timeout=timeout_s, transport=_retrying(inner, retries)
        )
        self._stream = functools.partial(LiveCall, self._http.base_url, token, verify, timeout_s)

    async def faces(self, picture: File, *, model: str | None = None, embedding: bool = False) -> Answer:
        """Every face of a picture."""
        answer: Answer = await self._ask(_faces(picture, model, embedding))
        return answer

    async def faces_of(
        self, pictures: Iterable[File], *, model: str | None = None, embedding: bool = False
    ) -> list[Answer | Failure]:
        """Every face of several pictures, in one call; an entry with "problem" is of a picture that is at fault."""
        entries: list[Answer | Failure] = (await self._ask(_batch(pictures, model, embedding)))["pictures"]
        return entries

    def video(
        self, file: File | None = None, *, uri: str | None = None, model: str | None = None, embedding: bool = False
    ) -> AsyncIterator[FrameAnswer]:
        """Each frame of a video as the server has looked at it; to leave off is to stop the server's work.

        A ``uri`` in place of the file is fetched by the server, where its settings allow it. Raises VideoError where
        the file or its URI is at fault, also part of the way.
        """
        return self._frames(_file("/v1/video", file, uri, _asking(model, embedding)))

    def sound(
        self, file: File | None = None, *, uri: str | None = None, model: str | None = None,
        embedding: bool = False, rate: float | None = None,
    ) -> AsyncIterator[FrameAnswer]:  # fmt: skip
        """``rate`` moments a second of a sound, or of a video's sound, by a model that takes sound alone.

        Otherwise as ``video``.
        """
        return self._frames(_file("/v1/sound", file, uri, _asking(model, embedding, rate=rate)))

    async def live(
        self, frames: AsyncIterable[LiveFrame], *, model: str | None = None
    ) -> AsyncGenerator[LiveAnswer | Failure, None]:
        """An answer to each of ``frames``, in order, over one stream that follows and remembers who is seen.

        The next frame is taken when the one before has been answered, so that a camera gives its newest. An entry with
        "problem" is of a frame that is at fault, or that the server had no time for. Raises RequestError, or one of its
        kinds, where the server ends the stream or there can be none, and UnreachableError.
        """
        call = self._stream(model)
        async with contextlib.AsyncExitStack() as opened:
            with call.errors():
                stream = await opened.enter_async_context(websockets.asyncio.client.connect(**call.options))
            async for frame in frames:
                messages = call.messages(frame)
                with call.errors():
                    for message in messages:
                        await stream.send(message)
                    said = await asyncio.wait_for(stream.recv(), call.timeout_s)
                yield call.answer(said)

    async def models(self) -> list[ServedModel]:
        """The models that answer; the first one where a call names none."""
        models: list[ServedModel] = (await self._ask(_MODELS))["models"]
        return models

    async def model(self, name: str) -> StoredModel:
        """One of them, with the versions that are stored."""
        model: StoredModel = await self._ask(_model(name))
        return model

    async def card(self, name: str) -> str:
        """A model's card in Markdown."""
        card: str = await self._ask(_card(name))
        return card

    async def _frames(self, call: _Call) -> AsyncIterator[FrameAnswer]:
        try:
            async with self._http.stream(call.method, call.path, **call.options) as response:
                if not response.is_success:
                    await response.aread()
                    raise error_of(response)
                async for line in response.aiter_lines():
                    if (frame := _frame(line)) is not None:
                        yield frame
        except httpx.TransportError as error:
            raise _unreachable(self._http.base_url, error) from error

    async def _ask(self, call: _Call) -> Any:
        try:
            response = await self._http.request(call.method, call.path, **call.options)
        except httpx.TransportError as error:
            raise _unreachable(self._http.base_url, error) from error
        return _read(response)

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


_MODELS = _Call("GET", "/v1/models")


def _faces(picture: File, model: str | None, embedding: bool) -> _Call:
    headers = {"Content-Type": "application/octet-stream"}  # the server looks at the picture itself
    return _Call("POST", "/v1/faces", _asking(model, embedding) | {"content": bytes_of(picture), "headers": headers})


def _file(path: str, file: File | None, uri: str | None, asking: dict[str, Any]) -> _Call:
    if (file is None) == (uri is None):
        raise AffectError("give either a file or the uri of one")
    body: dict[str, Any] = {"json": {"uri": uri}}
    if file is not None:
        body = {"content": bytes_of(file), "headers": {"Content-Type": "application/octet-stream"}}
    return _Call("POST", path, asking | body)


def _frame(line: str) -> FrameAnswer | None:
    """A line about a video that is of a frame. Raises what the last one tells of."""
    told: Any = json.loads(line)
    if "error" in told:
        raise raised(told["error"])
    frame: FrameAnswer | None = told if "frame" in told else None
    return frame


def _batch(pictures: Iterable[File], model: str | None, embedding: bool) -> _Call:
    parts = [("picture", (str(number), bytes_of(picture))) for number, picture in enumerate(pictures)]
    return _Call("POST", "/v1/faces:batch", _asking(model, embedding) | {"files": parts})


def _model(name: str) -> _Call:
    return _Call("GET", f"/v1/models/{quote(name, safe='')}")


def _card(name: str) -> _Call:
    return _Call("GET", f"/v1/models/{quote(name, safe='')}/card", {"headers": {"Accept": "text/markdown"}})


def _asking(model: str | None, embedding: bool, rate: float | None = None) -> dict[str, Any]:
    asked = {"model": model, "embedding": "true" if embedding else None, "rate": rate}
    return {"params": {name: value for name, value in asked.items() if value is not None}}


def _headers(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def _retrying(inner: httpx.BaseTransport | httpx.AsyncBaseTransport, retries: int) -> RetryTransport:
    retry = Retry(
        total=retries,
        allowed_methods=("GET", "POST"),  # what is asked here changes nothing, so it may be asked again
        status_forcelist=_ASKED_AGAIN,
        retry_on_exceptions=_NOT_YET_ASKED,
        backoff_factor=0.5,
        max_backoff_wait=_LONGEST_WAIT_S,
    )
    return RetryTransport(inner, retry)


def _unreachable(url: httpx.URL, error: httpx.TransportError) -> UnreachableError:
    return UnreachableError(f"{url} does not answer ({error or type(error).__name__}); is the server up?")


def _read(response: httpx.Response) -> Any:
    if not response.is_success:
        raise error_of(response)
    if "json" not in response.headers.get("content-type", ""):
        return response.text
    try:
        return response.json()
    except json.JSONDecodeError as error:
        raise UnreachableError(f"{response.url} answered no whole JSON; is another server there?") from error
