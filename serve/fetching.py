"""Files that a request names by their URI, brought from where the settings allow, and from nowhere else.

A name is looked up once, and what is connected to is an address that was found and looked at: what the name means to
whoever asks again, a moment later, does not matter. Each redirect is a URI like the first one.
"""

import asyncio
import contextlib
import functools
import ipaddress
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Protocol

import httpx
from fastapi.concurrency import run_in_threadpool

from affect import storage
from affect.errors import AffectError
from serve.location import S3, Location
from serve.problems import ProblemError
from serve.settings import Sources

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
"""The addresses of a host's name, or of an address, at a port. Raises OSError where there is none."""

HOPS = 5
"""Redirects that are followed, one after the other."""
_CONNECT_S = 10.0
_PART = 2**20
_HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "identity",  # what unfolds has no size that could be looked at
    "Connection": "close",
    "User-Agent": "affect-on-Ray",
}
# What the standard library of this Python, or of an older one, takes for public.
_NOT_PUBLIC = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b::/96", "2001::/23", "2002::/16", "3fff::/20"))
)


class Sink(Protocol):
    """Where the bytes go."""

    def expect(self, size: int) -> None:
        """So many will come. Raises where these are too many."""

    def write(self, data: bytes) -> None:
        """The next ones. May block; raises where they are too many."""


async def resolve(host: str, port: int) -> list[Address]:
    """As this machine resolves names."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # An address of a single link may name the link after a %.
    return [ipaddress.ip_address(str(address[0]).partition("%")[0]) for *_, address in found]


class Fetcher:
    """Brings what ``sources`` allows."""

    def __init__(self, sources: Sources, resolve: Resolve = resolve, trust: ssl.SSLContext | None = None) -> None:
        """``trust`` is of certificates; None: those that this machine trusts."""
        self.sources = sources
        self.resolve = resolve
        self._allowed = [Location.of_prefix(prefix) for prefix in sources.allowed]
        self._given = trust

    async def fetch(self, uri: str, sink: Sink) -> None:
        """Hand the bytes of the file to ``sink``.

        Raises uri_refused, uri_unavailable, and what ``sink`` raises.
        """
        if self._check(uri).scheme == S3:
            await self._from_storage(uri, sink)
            return
        url = httpx.URL(uri)
        for _ in range(HOPS + 1):
            async with self._asked(url) as response:
                if not response.has_redirect_location:
                    await _read(response, sink)
                    return
                url = self._next(url, response.headers["location"])
        raise ProblemError("uri_unavailable", f"it is redirected more than {HOPS} times")

    def _check(self, uri: str) -> Location:
        if not self._allowed:
            raise ProblemError(
                "uri_refused", "this server fetches nothing; send the file itself (sources.allowed would allow places)"
            )
        try:
            location = Location.of(uri)
        except ValueError as error:
            raise ProblemError("uri_refused", f"the URI is not fetched: {error}") from error
        if not any(location.below(prefix) for prefix in self._allowed):
            raise ProblemError("uri_refused", "the URI lies nowhere that sources.allowed of this server names")
        return location

    async def _from_storage(self, uri: str, sink: Sink) -> None:
        left = threading.Event()

        def copy() -> None:
            with contextlib.closing(storage.read_parts(uri, _PART)) as parts:
                while not left.is_set() and (part := _following(parts)) is not None:
                    sink.write(part)

        try:
            await run_in_threadpool(copy)
        finally:
            left.set()

    def _next(self, url: httpx.URL, location: str) -> httpx.URL:
        """Where a redirect leads; refused as if it had been asked for."""
        try:
            following = url.join(location)
            if self._check(str(following)).scheme != S3:
                return following
        except (httpx.InvalidURL, ProblemError) as error:
            raise ProblemError("uri_refused", "its server redirects to where sources.allowed does not lead") from error
        raise ProblemError("uri_refused", "its server redirects to what is neither http nor https")

    @contextlib.asynccontextmanager
    async def _asked(self, url: httpx.URL) -> AsyncIterator[httpx.Response]:
        """The answer of the first address that can be connected to."""
        # A connection of its own for each: one that is kept would be taken for another name at the same address.
        # The bare transport follows no redirect, reads no .netrc, takes no proxy and logs no URI.
        async with httpx.AsyncHTTPTransport(verify=self._trust) as transport:
            with _told():
                response = await self._connected(transport, url, await self._addresses(url))
                try:
                    yield response
                finally:
                    await response.aclose()

    async def _connected(
        self, transport: httpx.AsyncHTTPTransport, url: httpx.URL, addresses: Sequence[Address]
    ) -> httpx.Response:
        for address in addresses:
            request = httpx.Request(
                "GET",
                url.copy_with(host=str(address)),
                headers={"Host": url.netloc.decode("ascii"), **_HEADERS},
                extensions={"sni_hostname": url.raw_host.decode("ascii"), "timeout": {"connect": _CONNECT_S}},
            )
            try:
                return await transport.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        raise ProblemError("uri_unavailable", "its server cannot be connected to")

    async def _addresses(self, url: httpx.URL) -> list[Address]:
        location = Location.of(str(url))
        try:
            found = await self.resolve(location.host, location.port)
        except (OSError, UnicodeError, ValueError) as error:
            raise ProblemError("uri_unavailable", "its host has no address") from error
        admitted = [address for address in map(_plain, found) if self._admits(address)]
        if not admitted:
            raise ProblemError("uri_refused", "its host has no address that is public")
        return admitted

    def _admits(self, address: Address) -> bool:
        return is_public(address) or any(address in network for network in self.sources.networks)

    @functools.cached_property
    def _trust(self) -> ssl.SSLContext:
        return self._given or httpx.create_ssl_context()


def is_public(address: Address) -> bool:
    """Whether ``address`` is one of the Internet, and of one machine there."""
    address = _plain(address)
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not (isinstance(address, ipaddress.IPv6Address) and address.is_site_local)
        and not any(address in network for network in _NOT_PUBLIC)
    )


def _plain(address: Address) -> Address:
    """An IPv4 address that is written as IPv6 is what it is."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _following(parts: Iterator[bytes]) -> bytes | None:
    try:
        return next(parts, None)
    except (AffectError, OSError) as error:  # what the storage says of it is not the caller's affair
        raise ProblemError("uri_unavailable", "there is no such object, or this server may not read it") from error


async def _read(response: httpx.Response, sink: Sink) -> None:
    if response.status_code != httpx.codes.OK:
        raise ProblemError("uri_unavailable", f"its server answers {response.status_code}, not 200")
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProblemError("uri_unavailable", "its server sends it compressed, which is not read")
    with contextlib.suppress(ValueError):
        sink.expect(int(response.headers.get("content-length", 0)))
    async for part in response.aiter_raw():
        await run_in_threadpool(sink.write, part)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except httpx.TransportError as error:
        raise ProblemError("uri_unavailable", "the connection to its server broke off") from error
