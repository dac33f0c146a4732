"""A small programme in a real SQLite file, played through the doors until the gate a test is about is open."""

from __future__ import annotations

import asyncio
import random
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from anyio import CapacityLimiter
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from deployments.desk.site import Desk, create_app
from models import clock, links
from models.advance import advance, next_at
from models.contributions import Contribution
from models.database import changing, connect, reading
from models.decisions import Decision, Entry, Verdict
from models.doors.answering import Offered, Origin, Ruling, contribute, decide, took_place
from models.doors.launching import launch
from models.doors.opening import perform
from models.events import history
from models.gates import Gate
from models.generated import generate
from models.links import Purpose
from models.method import GateKind
from models.rows import create_all
from models.standing import Standing, load
from tests.factories import definition

SECRET = "a secret for tests"
START = date(2024, 3, 4)
ORIGIN = Origin(Entry.REHEARSAL)


@dataclass
class World:
    """The database, the app on it, and what the app told the runs."""

    folder: Path
    engine: Engine = field(init=False)
    nudged: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = connect(f"sqlite:///{self.folder / 'programme.db'}")
        self.serve(self.engine, self.folder)

    def serve(self, engine: Engine, folder: Path) -> None:
        """Each request here has a loop of its own, and between loops nobody can wait for a place: so there are places for all."""
        self.engine = engine
        self.app = create_app(Desk(engine, SECRET, folder / "documents"), self.nudge)
        self.app.state.writers = self.app.state.files = CapacityLimiter(40)

    def get(self, address: str, **sent: Any) -> httpx.Response:
        return self._send("GET", address, **sent)

    def post(self, address: str, **sent: Any) -> httpx.Response:
        return self._send("POST", address, **sent)

    def _send(self, method: str, address: str, **sent: Any) -> httpx.Response:
        """In a thread with a loop of its own: Playwright keeps one in the main thread."""
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(self._request(method, address, **sent))).result()

    async def _request(self, method: str, address: str, **sent: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
            return await client.request(method, address, **sent)

    async def nudge(self, programme: str) -> None:
        self.nudged.append(programme)

    @property
    def now(self) -> datetime:
        return clock.now(self.engine)

    def set_clock(self, at: datetime) -> None:
        with self.engine.execution_options(changing=True).begin() as connection:
            connection.execute(text("delete from clock"))
            connection.execute(text("insert into clock values (:at)"), {"at": at.replace(tzinfo=None).isoformat()})

    def gate(self, key: str, scope: str) -> Gate:
        with reading(self.engine) as session:
            return load(session, "orchard").gate(key, scope)

    def token(self, key: str, scope: str, organisation: str, role: str, purpose: Purpose = "act", days: int = 60) -> str:
        gate = self.gate(key, scope)
        return links.sign(SECRET, purpose, "orchard", gate.id, None, organisation, role, (self.now + timedelta(days=days)).date())

    def history(self) -> list[tuple[str, str | None, str | None]]:
        with reading(self.engine) as session:
            return [(event.kind, event.gate, event.scope) for event in history(session, "orchard")]

    def bodies(self, gate: Gate) -> list[dict[str, object]]:
        with reading(self.engine) as session:
            found = session.query(Contribution).where(Contribution.gate_id == gate.id).all()
            return [revision.body for item in found for revision in item.revisions]


def launched(folder: Path) -> World:
    """The programme on its first morning: phase 1 is open."""
    world = World(folder)
    create_all(world.engine)
    with world.engine.execution_options(changing=True).begin() as connection:
        connection.execute(text("create table clock (at text)"))
    with changing(world.engine) as session:
        now = datetime.fromisoformat("2024-03-04T08:00:00+00:00")
        settle(session, launch(session, definition(), now, start_on=START), now)
    world.set_clock(now)
    return world


def settle(session: Session, standing: Standing, now: datetime) -> None:
    """Carry out everything due, until nothing is left."""
    while actions := advance(standing, now):
        for action in actions:
            perform(session, standing, action, now)
        session.flush()


def play(world: World, until: Callable[[Standing], bool], programme: str = "orchard") -> None:
    """Everybody answers everything, in time, until the condition holds after a settled moment."""
    with changing(world.engine) as session:
        standing, now = load(session, programme, locked=True), world.now
        earlier: list[dict[str, object]] = []
        while not until(standing):
            for gate in [item for item in standing.programme.gates if item.is_open]:
                _answer(session, standing, gate, earlier, now)
            settle(session, standing, now)
            if not until(standing) and not any(gate.is_open for gate in standing.programme.gates):
                now = next_at(standing, now) or now + timedelta(days=1)
                settle(session, standing, now)
    world.set_clock(now)


def _answer(session: Session, standing: Standing, gate: Gate, earlier: list[dict[str, object]], now: datetime) -> None:
    for party in standing.open_parties(gate) if gate.is_open else []:
        if gate.spec.kind is GateKind.EVENT:
            took_place(session, standing, gate, party.organisation, standing.today(now), ORIGIN, now)
            return
        if gate.spec.kind is GateKind.APPROVAL:
            decide(session, standing, gate, party, Ruling(Verdict.APPROVE, act_number="1/2024", act_on=standing.today(now)), ORIGIN, now)
            continue
        body = body_for(standing, gate, party.organisation, earlier, now)
        earlier.append(
            {"gate": gate.key, "kind": gate.spec.contribution, "scope": gate.scope, "organisation": party.organisation, "body": body}
        )
        contribute(session, standing, gate, Offered(party.organisation, "en", body, generated=True), ORIGIN, now)
        return


def body_for(standing: Standing, gate: Gate, organisation: str, earlier: list[dict[str, object]], now: datetime) -> dict[str, object]:
    """A generated body of the kind the gate asks for."""
    return generate(
        gate.spec.contribution, gate=gate.key, scope=gate.scope, organisation=organisation, definition=standing.definition, earlier=earlier,
        rng=random.Random(gate.id), today=standing.today(now),
        pairs=[{"mentor": pair.mentor, "mentee": pair.mentee, "theme": pair.theme} for pair in standing.programme.pairs],
    )  # fmt: skip


def opened(key: str) -> Callable[[Standing], bool]:
    """Until a gate of that key is open."""
    return lambda standing: any(gate.is_open for gate in standing.gates_of(key))


def copied(world: World, folder: Path) -> World:
    """The same world once more, in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    with world.engine.connect() as connection:
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    world.engine.dispose()
    shutil.copy(world.folder / "programme.db", folder / "programme.db")
    return World(folder)


# -- what a browser would send --------------------------------------------------------------------------------------


def mayor(world: World) -> str:
    return world.token("needs-approval", "city-cedar", "cedar", "mayor-delegate")


def lead(world: World) -> str:
    return world.token("needs", "city-cedar", "cedar", "project-lead")


def fields(world: World, token: str, **more: str) -> dict[str, str]:
    """The hidden fields of the page as a browser would send them, and what was filled in."""
    html = world.get(f"/a/{token}").text
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html)) | more


def decisions(world: World, key: str, scope: str) -> list[Decision]:
    with reading(world.engine) as session:
        return list(load(session, "orchard").gate(key, scope).decisions)
