"""Keeping a lease while its work goes on: the phase of a run, the build of a programme's files. What a sender claims: `claims`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

from prefect.runtime import flow_run
from sqlalchemy.exc import SQLAlchemyError

from models import clock
from models.database import changing
from models.doors import leasing, steering
from models.errors import ProgrammeError, Refused, StaleToken
from models.standing import load

log = logging.getLogger("prefect.flow_runs")

RENEW_SECONDS = 15


class Holder(Protocol):
    """A run that holds a phase."""

    programme: str
    number: int
    token: int


async def keep_lease(run: Holder) -> None:
    """Renew a phase's lease."""

    def renew() -> None:
        with changing() as session:
            steering.renew_lease(load(session, run.programme, locked=True), run.number, run.token, clock.now())

    await _keep(renew)


@asynccontextmanager
async def lease_of(name: str, holder: str) -> AsyncIterator[int]:
    """Hold the right to do something, renewed while the block runs; its fencing token. Refused while another has it."""
    with changing() as session:
        token = leasing.take(session, name, holder, clock.now(), steering.LEASE)

    def renew() -> None:
        with changing() as session:
            leasing.renew(session, name, token, clock.now(), steering.LEASE)

    renewal = asyncio.create_task(_keep(renew))
    try:
        yield token
    finally:
        renewal.cancel()
        with changing() as session:
            leasing.give_back(session, name, token)


@asynccontextmanager
async def only_sweep() -> AsyncIterator[bool]:
    """Hold the right to sweep while the block runs; False where another sweep has it."""
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(lease_of("the sweep", flow_run.get_id() or "sweep"))
        except Refused:
            yield False
            return
        yield True


def build_of(programme: str) -> str:
    """The name of the lease for writing a programme's files."""
    return f"the files of {programme}"


async def _keep(renew: Callable[[], None]) -> None:
    """Renew four times in the length of a lease. A busy database is tried again next time; once another has it, doors refuse this one."""
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        try:
            renew()
        except StaleToken as stale:
            log.warning("%s", stale)
            return
        except (OSError, ProgrammeError, SQLAlchemyError) as error:
            log.warning("the lease was not renewed: %r", error)
