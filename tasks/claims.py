"""Keeping what a sender has claimed while it sends: a mail server may take minutes over one message, and a claim lasts one.

A thread renews, whoever sends and however: in a flow, from the desk's watch, for a link to sign in with. It ends with its block; where
the process dies, the claims run out and somebody else sends.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from models import outbox
from models.errors import ProgrammeError
from tasks.dispatch import Sessions

log = logging.getLogger(__name__)

RENEW_SECONDS = 15.0
"""Four times in the length of a claim."""

PATIENCE = 5.0
"""Seconds that the end of a block waits for a renewal under way: there is nothing left to renew then."""


@contextmanager
def claims_kept(sessions: Sessions, worker: str, now: Callable[[], datetime]) -> Iterator[None]:
    """Keep the notices that a sender has claimed while the block runs. A busy database is tried again next time."""
    done = threading.Event()

    def keep() -> None:
        while not done.wait(RENEW_SECONDS):
            try:
                with sessions() as session:
                    outbox.renew(session, worker, now())
            except (OSError, ProgrammeError, SQLAlchemyError) as error:
                log.warning("the claims of a sender were not renewed: %r", error)

    thread = threading.Thread(target=keep, name=f"claims of {worker}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(PATIENCE)
