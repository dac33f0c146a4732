"""Waking a programme's runs after an answer, in a thread of its own: it asks Prefect and waits for locks, and no page waits with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from queue import SimpleQueue
from threading import Lock, Thread

log = logging.getLogger(__name__)

Nudge = Callable[[str], Awaitable[None]]


class Waker:
    """One nudge after the other. Who asks for a programme that is still to be nudged has asked enough.

    The thread starts with the first wish, which brings Prefect with it, and ends with the process: what it had not come to, the
    sweep does.
    """

    def __init__(self, nudge: Nudge) -> None:
        self._nudge = nudge
        self._wishes: SimpleQueue[str] = SimpleQueue()
        self._waiting: set[str] = set()
        self._lock = Lock()
        self._thread: Thread | None = None

    async def wake(self, programme: str) -> None:
        """Wish for it; comes back at once."""
        with self._lock:
            if programme not in self._waiting:
                self._waiting.add(programme)
                self._wishes.put(programme)
            if self._thread is None:
                self._thread = Thread(target=self._work, name="waker", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            programme = self._wishes.get()
            with self._lock:
                self._waiting.discard(programme)  # from now on there may be something new to see
            try:
                asyncio.run(self._carry_out(programme))
            except Exception:
                log.exception("the runs of %s could not be woken; the sweep will", programme)

    async def _carry_out(self, programme: str) -> None:
        await self._nudge(programme)


async def wake_in_prefect(programme: str) -> None:
    """Launch or wake what now has something to do."""
    from tasks.runs import nudge  # brings Prefect with it, which no page needs

    await nudge(programme)
