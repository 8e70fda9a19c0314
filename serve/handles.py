"""Calls of one part of the application to another."""

import asyncio
from typing import Any

from ray.serve.handle import DeploymentHandle

MESSAGE_BYTES = 2**21
"""What is no larger is sent within a message, which saves some milliseconds; Serve refuses messages of 4 MiB."""


def carrying(size: int, handle: DeploymentHandle) -> DeploymentHandle:
    """The handle that takes so many bytes the quicker way: within the message, or by the object store."""
    return handle.options(_by_reference=size > MESSAGE_BYTES)


async def waited(response: Any) -> Any:
    """The answer of a handle, which need not go on where nobody waits any more."""
    try:
        return await response
    except asyncio.CancelledError:
        response.cancel()
        raise
