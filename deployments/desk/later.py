"""What is done for somebody who does not wait for it: nobody would press the button again, so a busy database is tried again here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event
from typing import TypeVar

from sqlalchemy.exc import OperationalError

from models.errors import Busy, Overtaken

log = logging.getLogger(__name__)

PAUSES = (2.0, 10.0, 30.0)
"""Seconds before each further try. Each waits for the database besides, so that it is given up after a few minutes."""

NOT_NOW = (Busy, Overtaken, OperationalError)
"""Nothing was changed, and the same may be tried again."""

Done = TypeVar("Done")


def insisting(do: Callable[[], Done], closing: Event) -> Done:
    """Carry out one transaction, again after each pause while the database does not take it; what it raises the last time.

    Only for a thread in which nobody waits. `closing` is set where the desk stops: then there are no pauses.
    """
    for pause in PAUSES:
        try:
            return do()
        except NOT_NOW as error:
            log.warning("what was asked for is tried again in %d seconds: %s", pause, type(error).__name__)
            closing.wait(pause)
    return do()
