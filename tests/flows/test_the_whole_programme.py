"""All seven phases on a real server: the history it leaves is the rehearsal's, for the same answers at the same moments."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from models.advance import SWEEP_WORK, Do, advance, waits_for_run
from models.database import changing, reading
from models.events import Event, EventKind, history
from models.notices import Notice, NoticeState
from models.standing import load
from tasks.gates import carry_out_time
from tasks.notices import send_notices
from tasks.rehearsing import Answer, Rehearsal, give
from tests.factories import definition
from tests.flows.real_server import Server, real_server

pytestmark = [pytest.mark.prove, pytest.mark.server]

PROGRAMME = definition(historical_start="2026-01-05")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with real_server(tmp_path) as running:
        yield running


def told(events: Iterable[Event]) -> list[tuple[str, ...]]:
    """A history in a fixed order, without what is only the executor's: file names and the day a run began."""
    lines = [event.as_line() for event in events]
    rows = [
        (line["at"], line["kind"], line["phase"], line["gate"], line["scope"], line["organisation"], _detail(line["detail"]))
        for line in lines
    ]
    return sorted(tuple(str(part) for part in row) for row in rows)


def _detail(detail: dict[str, Any]) -> str:
    return str(sorted((key, str(value)) for key, value in detail.items() if key not in ("file", "message_id")))


def settle(server: Server, now: datetime, programme: str) -> None:
    """Sweep, and let the phases' runs work, until nothing is due at this moment."""
    from tasks.deliverables import publish

    for _ in range(60):
        standing = server.standing(programme)
        due, mail = advance(standing, now), _mail_due(server, now)
        if standing.programme.closed_at is not None or not (due or mail or _busy(server, programme)):
            return
        if any(action.do in SWEEP_WORK for action in due) or mail:
            asyncio.run(what_time_brings(programme))
        elif due and all(action.do is Do.PUBLISH for action in due):
            asyncio.run(publish.fn(programme, None))
        else:
            if not _busy(server, programme):
                server.sweep()
            _let_work(server, now, programme)
    raise AssertionError(f"at {now} still due: {advance(server.standing(programme), now)[:5]}")


def _let_work(server: Server, now: datetime, programme: str) -> None:
    """Until the runs have done what is due, or have had their time."""
    until = time.monotonic() + 15
    while time.monotonic() < until and (_busy(server, programme) or waits_for_run(server.standing(programme), now)):
        time.sleep(0.2)


async def what_time_brings(programme: str) -> None:
    """The sweep's first two steps alone, for the many moments at which no run has anything to do."""
    await carry_out_time.fn(programme)
    await send_notices.fn(programme)


def _mail_due(server: Server, now: datetime) -> bool:
    with reading(server.engine) as session:
        return bool(session.scalar(select(func.count()).where(Notice.state == NoticeState.QUEUED, Notice.due_at <= now)))


def _busy(server: Server, programme: str) -> bool:
    runs = [phase.run_id for phase in server.standing(programme).programme.phases if phase.run_id]
    return any(server.state(run) not in ("Suspended", "Completed") for run in runs)


def moments(events: Sequence[Event], answers: Sequence[Answer]) -> list[datetime]:
    return sorted({event.at for event in events} | {answer.at for answer in answers})


def test_a_real_server_leaves_the_rehearsals_history(server: Server, tmp_path: Path) -> None:
    rehearsal = Rehearsal(PROGRAMME, {}, 3, tmp_path / "rehearsal")
    visited: list[datetime] = []
    rehearsal.on_event = lambda standing, now: visited.append(now)
    rehearsal.play()
    expected, answers = rehearsal.events(), list(rehearsal.answers)

    server.park("deliverables")  # builds take minutes of this test; the test of phase 1 has them
    server.set_clock(visited[0])
    run = server.run("launch-programme", programme=str(server.write(PROGRAMME)), start="2026-01-05")
    server.wait("launch", lambda: server.state(run) == "Completed")
    for now in visited:
        server.set_clock(now)
        with changing(server.engine) as session:
            standing = load(session, PROGRAMME.id, locked=True)
            for answer in [answer for answer in answers if answer.at == now]:
                give(session, standing, answer, now)
        settle(server, now, PROGRAMME.id)

    with reading(server.engine) as session:
        found = history(session, PROGRAMME.id)
        assert found[-1].kind == EventKind.PROGRAMME_CLOSED
        assert told(found) == told(expected)
