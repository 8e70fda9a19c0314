"""What every request below /v1 passes first, before anything of its body is read: who asks, and how often."""

import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import limits
from fastapi import Depends
from fastapi.security import HTTPBearer
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.storage import storage_from_string
from starlette.requests import HTTPConnection

from serve.authentication import Tokens, is_loopback
from serve.problems import ProblemError
from serve.session import Sessions, own_origin
from serve.settings import Access


class _Bearer(HTTPBearer):
    """The token of a request, or of a WebSocket, which the framework's own does not read."""

    async def __call__(self, connection: HTTPConnection) -> str | None:  # type: ignore[override]
        given = await super().__call__(connection)  # it reads nothing but headers
        return None if given is None else given.credentials


bearer = _Bearer(auto_error=False, description="A token that the server was started with.")


def guard(tokens: Tokens, access: Access) -> Callable[..., Awaitable[None]]:
    """The dependency of all routes that need leave. Raises unauthenticated, origin_refused or rate_exceeded."""
    rate, sessions = Rate(access), Sessions(tokens)

    async def open_to_all(connection: HTTPConnection) -> None:
        _check_host(connection, access)
        _check_origin(connection, access)
        await rate.count(_address(connection))

    async def holders_only(connection: HTTPConnection, given: Annotated[str | None, Depends(bearer)]) -> None:
        _check_origin(connection, access)
        asks = "authorization" in connection.headers
        holder = (tokens.holder(given) if given else None) if asks else sessions.holder(connection)
        await rate.count(holder or _address(connection))
        if holder is None:
            fault = "the bearer token is not valid" if given else "there is no bearer token"
            raise ProblemError("unauthenticated", f"{fault}; send 'Authorization: Bearer TOKEN'")
        connection.scope["holder"] = holder

    return holders_only if tokens else open_to_all


class Rate:
    """Counts the requests of each client over a sliding window."""

    def __init__(self, access: Access) -> None:
        self.limit = limits.parse(access.rate) if access.rate else None
        storage: Any = storage_from_string(access.rate_storage)
        self.limiter = SlidingWindowCounterRateLimiter(storage)

    async def count(self, client: str) -> None:
        """Raise rate_exceeded where ``client`` has asked too often."""
        if self.limit is None or await self.limiter.hit(self.limit, client):
            return
        free_at = (await self.limiter.get_window_stats(self.limit, client)).reset_time
        raise ProblemError(
            "rate_exceeded",
            f"a client may ask {self.limit.amount} times in {self.limit.get_expiry()} s; wait before you ask again",
            retry_after_s=free_at - time.time(),
        )


def _check_origin(connection: HTTPConnection, access: Access) -> None:
    """Browsers let any page open a WebSocket to any server; the server itself must look where it is from."""
    origin = connection.headers.get("origin")
    if connection.scope["type"] != "websocket" or not origin or own_origin(connection):
        return
    if origin not in access.origins:
        raise ProblemError("origin_refused", "pages of other origins may not ask; access.origins allows some")


def _check_host(connection: HTTPConnection, access: Access) -> None:
    """A page may lead its own name to this machine, and is then of the same origin as the server (DNS rebinding)."""
    host = connection.url.hostname
    if not is_loopback(host) and host not in access.hosts:
        raise ProblemError(
            "origin_refused", f"without a token this server answers to this machine alone, not as {host}; access.hosts "
            "allows other names"
        )  # fmt: skip


def _address(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else "unknown"
