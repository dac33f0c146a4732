"""The threads of those who change something: they wait for each other, and nobody who only reads waits with them."""

from __future__ import annotations

from collections.abc import Callable

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response

WRITERS = 2
"""At once, beside those who read: the database takes one at a time, the others look at what was sent meanwhile."""


def places() -> CapacityLimiter:
    """The places of one process. `app.state.writers` holds them."""
    return CapacityLimiter(WRITERS)


async def change(handle: Callable[[Request], Response], request: Request) -> Response:
    """Carry out what changes something."""
    return await to_thread.run_sync(handle, request, limiter=request.app.state.writers)
