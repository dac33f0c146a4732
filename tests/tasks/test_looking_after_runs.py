"""Runs that work, die or are overtaken: who counts as dead, how a lease is kept, what may fail without ending a run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect.client.schemas.objects import State, StateType
from sqlalchemy import Engine

from models import clock
from models.database import changing, reading
from models.doors import steering
from models.programme import Phase
from models.standing import load
from tasks import leases
from tasks.conditions import is_dead
from tasks.courtesy import alone, courteously
from tests.world import launched

MINUTE = timedelta(minutes=1)


@pytest.fixture
def programme(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A launched programme in the database that tasks use by themselves."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/programme.db")
    return launched(sqlite_engine).programme


def leased(ahead: timedelta | None) -> Phase:
    return Phase(number=1, leased_until=None if ahead is None else clock.now() + ahead)


# --- dead runs --------------------------------------------------------------------------------------------------------


NOW, LONG_AGO, DAYS_AGO = timedelta(0), steering.LEASE + MINUTE, timedelta(days=9)


@pytest.mark.parametrize(
    ("kind", "since", "lease", "dead"),
    [
        pytest.param(StateType.RUNNING, NOW, MINUTE, False, id="it works and holds its lease"),
        pytest.param(StateType.RUNNING, LONG_AGO, -MINUTE, True, id="its lease ran out"),
        pytest.param(StateType.RUNNING, NOW, -MINUTE, False, id="it has just been woken, and its lease is from before"),
        pytest.param(StateType.RUNNING, DAYS_AGO, 300 * MINUTE, True, id="its lease is from before the clock was set back"),
        pytest.param(StateType.RUNNING, DAYS_AGO, MINUTE, False, id="it has run for days and renews its lease"),
        pytest.param(StateType.RUNNING, NOW, None, False, id="it has only just started"),
        pytest.param(StateType.RUNNING, LONG_AGO, None, True, id="it started long ago and never took a lease"),
        pytest.param(StateType.PAUSED, NOW, -MINUTE, False, id="it waits for people"),
        pytest.param(StateType.PENDING, NOW, -MINUTE, False, id="it has not started"),
    ],
)
def test_a_run_is_dead_when_it_runs_without_a_sign_of_life(
    programme: str, kind: StateType, since: timedelta, lease: timedelta | None, dead: bool
) -> None:
    state: State[Any] = State(type=kind, timestamp=datetime.now(UTC) - since)
    assert is_dead(leased(lease), state) is dead


# --- leases -----------------------------------------------------------------------------------------------------------


@dataclass
class Run:
    """What a phase's run tells the keeper of its lease."""

    programme: str
    number: int
    token: int


def take(programme: str, run: str, ago: timedelta = timedelta(0)) -> int:
    with changing() as session:
        return steering.take_lease(session, load(session, programme, locked=True), 1, run, clock.now() - ago)


def leased_until(programme: str) -> datetime:
    with reading() as session:
        until = load(session, programme).phase(1).leased_until
    assert until is not None
    return until


async def until(holds: Callable[[], bool]) -> None:
    """Wait for it, ten seconds at most."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for is a row in a database, which tells nobody
            await asyncio.sleep(0.01)


def test_a_lease_is_renewed_while_the_run_works_and_let_go_once_another_has_the_phase(
    programme: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.01)
    run = Run(programme, 1, take(programme, "first", ago=steering.LEASE - MINUTE))
    nearly_over = leased_until(programme)

    async def play() -> None:
        keeping = asyncio.create_task(leases.keep_lease(run))
        await until(lambda: leased_until(programme) > nearly_over)
        steal()
        await asyncio.wait_for(keeping, 10)

    def steal() -> None:
        with changing() as session:
            load(session, programme, locked=True).phase(1).leased_until = None
        take(programme, "second")

    with caplog.at_level(logging.WARNING):
        asyncio.run(play())
    assert "Another run has taken over phase 1" in caplog.text


# --- what may fail ----------------------------------------------------------------------------------------------------


async def failing(error: Exception) -> None:
    raise error


def test_a_courtesy_that_fails_is_left_to_the_sweep_and_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        asyncio.run(courteously(failing(OSError("no mail server"))))
    assert "left to the sweep: OSError('no mail server')" in caplog.text


def test_a_fault_of_ours_is_no_courtesy() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(courteously(failing(ZeroDivisionError())))


def test_one_programme_in_trouble_does_not_keep_the_others_from_their_time(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    async def work(name: str) -> None:
        if name == "orchard":
            raise ZeroDivisionError
        done.append(name)

    async def sweep(parts: dict[str, Awaitable[None]]) -> list[bool]:
        return [await alone(part, name) for name, part in parts.items()]

    assert asyncio.run(sweep({"orchard": work("orchard"), "meadow": work("meadow")})) == [False, True]
    assert done == ["meadow"]
    assert "the part of orchard failed" in caplog.text
