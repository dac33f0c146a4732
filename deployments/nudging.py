"""Waking the phases after a change from outside Prefect: a courtesy, for the database is the truth and the sweep catches up."""

from __future__ import annotations

import logging
import os

import httpx

log = logging.getLogger(__name__)


async def nudge_quietly(programme: str) -> bool:
    """Launch or wake what now has something to do; False where no server answers.

    Without `PREFECT_API_URL` Prefect would start a server of its own: it is asked only where one is configured.
    """
    if not os.environ.get("PREFECT_API_URL"):
        return False
    from prefect.exceptions import PrefectException

    from tasks.runs import nudge

    try:
        await nudge(programme)
    except (httpx.HTTPError, OSError, PrefectException, RuntimeError) as error:
        log.warning("the phases of %s were not woken: %r", programme, error)
        return False
    return True
