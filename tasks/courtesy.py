"""Work that may fail without ending what it belongs to: a run's mail and files, which the sweep does too, and a programme's sweep."""

from __future__ import annotations

import logging
from collections.abc import Awaitable

import httpx
from prefect.exceptions import PrefectException
from sqlalchemy.exc import SQLAlchemyError

from models.errors import ProgrammeError

log = logging.getLogger("prefect.flow_runs")  # what is logged here stands with the run in Prefect


async def courteously(work: Awaitable[object]) -> None:
    """Do it; a failure is logged with the run and does not end it."""
    try:
        await work
    except (httpx.HTTPError, OSError, PrefectException, ProgrammeError, SQLAlchemyError) as error:
        log.warning("left to the sweep: %r", error)


class SweepFailed(ProgrammeError):
    """A programme could not be swept; the message names it."""


class BuildFailed(ProgrammeError):
    """The files of a programme could not be made; the message names it."""


async def alone(work: Awaitable[object], programme: str) -> bool:
    """Do one programme's part; whether it went well. One programme in trouble must not keep the others from their time."""
    try:
        await work
    except Exception:
        log.exception("the part of %s failed", programme)
        return False
    return True
