"""What every request below /v1 passes first, before anything of its body is read: who asks, and how often."""

import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import limits
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.storage import storage_from_string

from serve.authentication import Tokens
from serve.problems import ProblemError
from serve.settings import Access

_bearer = HTTPBearer(auto_error=False, description="A token that the server was started with.")


def guard(tokens: Tokens, access: Access) -> Callable[..., Awaitable[None]]:
    """The dependency of all routes that need leave. Raises unauthenticated or rate_exceeded."""
    rate = Rate(access)

    async def open_to_all(request: Request) -> None:
        await rate.count(_address(request))

    async def holders_only(
        request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> None:
        holder = tokens.holder(given.credentials) if given else None
        await rate.count(holder or _address(request))
        if holder is None:
            fault = "the bearer token is not valid" if given else "there is no bearer token"
            raise ProblemError("unauthenticated", f"{fault}; send 'Authorization: Bearer TOKEN'")

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


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
