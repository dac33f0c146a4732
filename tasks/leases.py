"""Keeping the lease of a phase while its run works."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from models import clock
from models.database import changing
from models.doors import steering
from models.errors import ProgrammeError, StaleToken
from models.standing import load

log = logging.getLogger("prefect.flow_runs")

RENEW_SECONDS = 30


class Holder(Protocol):
    """A run that holds a phase."""

    programme: str
    number: int
    token: int
    suspending: bool


async def keep_lease(run: Holder) -> None:
    """Renew every half minute. A busy database is tried again next time; once another run has the phase, doors refuse this one."""
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        if run.suspending:
            continue
        try:
            with changing() as session:
                steering.renew_lease(load(session, run.programme, locked=True), run.number, run.token, clock.now())
        except StaleToken as stale:
            log.warning("%s", stale)
            return
        except (ProgrammeError, SQLAlchemyError) as error:
            log.warning("the lease was not renewed: %r", error)
