"""The threads of those who change something: they wait for each other, and nobody who only reads waits with them.

Whoever sends a workbook or a Word document waits for others who do, and nobody's save waits for what is read of it.
"""

from __future__ import annotations

from collections.abc import Callable

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response

WRITERS = 2
"""At once, beside those who read: the database takes one at a time, the others look at what was sent meanwhile."""

FILES = 1
"""Workbooks and Word documents that are read at once: the largest take seconds of computing, before they need the database's turn."""


def places() -> CapacityLimiter:
    """The places of one process. `app.state.writers` holds them."""
    return CapacityLimiter(WRITERS)


def places_for_files() -> CapacityLimiter:
    """Those where a file is read first. `app.state.files` holds them."""
    return CapacityLimiter(FILES)


async def change(handle: Callable[[Request], Response], request: Request, *, reads_a_file: bool = False) -> Response:
    """Carry out what changes something."""
    state = request.app.state
    return await to_thread.run_sync(handle, request, limiter=state.files if reads_a_file else state.writers)
