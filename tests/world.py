"""A small programme in any database, played forward through its doors: a clock, and people who answer when a test says so.

What partners do of their own accord, by seed, is the rehearsal's; here everybody answers at once, or keeps silent.
"""

from __future__ import annotations

import fcntl
import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, selectinload

from models import database, outbox
from models.advance import Action, advance, next_at
from models.contributions import Contribution
from models.decisions import Entry, Verdict
from models.definition import Definition, Role
from models.doors.answering import Offered, Origin, Ruling, contribute, decide, party_of, took_place
from models.doors.launching import launch
from models.doors.opening import perform
from models.events import Event, history
from models.gates import Gate
from models.generated import generate
from models.method import GateKind
from models.notices import Notice
from models.rows import metadata
from models.standing import Standing, load
from tests.factories import city, definition, organisations

LAUNCH = datetime(2024, 3, 4, 8, tzinfo=UTC)
"""A Monday on which every organisation of the small programme works."""

DESK = Origin(Entry.DESK)
ACT = "17/2024"
PERSON = "Somebody Particular"
"""A name that belongs in a contact's row and nowhere else."""
MOMENTS = 1_500
"""More moments than a small programme has."""

Until = Callable[[Standing], bool]
Settling = Callable[[Session, Standing, datetime], None]


@dataclass
class World:
    """A launched programme and its clock. Every change is a transaction of its own, as from a desk or a run."""

    engine: Engine
    now: datetime = LAUNCH
    programme: str = "orchard"

    # -- looking -----------------------------------------------------------------------------------------------

    @contextmanager
    def looking(self) -> Iterator[Standing]:
        with database.reading(self.engine) as session:
            yield load(session, self.programme)

    def gate(self, key: str, scope: str) -> Gate:
        with self.looking() as standing:
            return standing.gate(key, scope)

    def due(self) -> list[Action]:
        with self.looking() as standing:
            return advance(standing, self.now)

    def events(self, *kinds: str, gate: str | None = None, scope: str | None = None) -> list[Event]:
        """The history, or the part of it that is asked for."""
        with database.reading(self.engine) as session:
            found = history(session, self.programme)
        return [
            event for event in found if (not kinds or event.kind in kinds) and gate in (None, event.gate) and scope in (None, event.scope)
        ]

    def notices(self, **wanted: Any) -> list[Notice]:
        """The outbox, or the part of it with those column values, in the order of writing."""
        with database.reading(self.engine) as session:
            return list(session.scalars(select(Notice).filter_by(programme_id=self.programme, **wanted).order_by(Notice.id)))

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything in the database, for comparing before and after."""
        with self.engine.connect() as connection:
            return {table.name: sorted(map(tuple, connection.execute(table.select())), key=repr) for table in metadata.sorted_tables}

    # -- time ----------------------------------------------------------------------------------------------------

    @contextmanager
    def changing(self) -> Iterator[tuple[Session, Standing]]:
        with database.changing(self.engine) as session:
            yield session, load(session, self.programme, locked=True)

    def perform(self, *actions: Action, token: int | None = None) -> None:
        with self.changing() as (session, standing):
            for action in actions:
                perform(session, standing, action, self.now, token=token)

    def settle(self) -> None:
        """Carry out everything that is due now."""
        with self.changing() as (session, standing):
            settle(session, standing, self.now)

    def wait(self, until: datetime) -> None:
        """Let time pass with nobody answering: whatever becomes due on the way is carried out at its moment."""
        with self.changing() as (session, standing):
            while (moment := next_at(standing, self.now)) is not None and moment <= until:
                self.now = moment
                settle(session, standing, self.now)
        self.now = until
        self.settle()

    def wait_days(self, days: int) -> None:
        self.wait(self.now + timedelta(days=days))

    def oversleep(self, days: int) -> None:
        """Stand still for so long, and only then carry out what is due."""
        self.now += timedelta(days=days)
        self.settle()

    # -- people --------------------------------------------------------------------------------------------------

    def contribute(self, key: str, scope: str, organisation: str | None = None, origin: Origin = DESK, **body: Any) -> None:
        """Hand in a generated body, with other values where given; without `organisation`, by who is asked."""
        with self.changing() as (session, standing):
            gate = standing.gate(key, scope)
            slug = organisation or standing.parties(gate)[0].organisation
            offered = Offered(slug, "en", body_for(session, standing, gate, slug, self.now) | body, generated=True)
            contribute(session, standing, gate, offered, origin, self.now)

    def decide(
        self, key: str, scope: str, organisation: str, verdict: Verdict = Verdict.APPROVE, comment: str = "", role: Role | None = None,
        origin: Origin = DESK, **ruling: Any,
    ) -> None:  # fmt: skip
        with self.changing() as (session, standing):
            gate = standing.gate(key, scope)
            party = party_of(standing, gate, organisation, role)
            decide(session, standing, gate, party, Ruling(verdict, comment, **ruling), origin, self.now)

    def took_place(self, key: str, scope: str, organisation: str, on: date | None = None) -> None:
        with self.changing() as (session, standing):
            took_place(session, standing, standing.gate(key, scope), organisation, on or standing.today(self.now), DESK, self.now)

    def answer(self, *keys: str, scope: str | None = None) -> None:
        """Everybody asked at an open gate of those keys does what is asked, approving; then what follows is carried out."""
        with self.changing() as (session, standing):
            for gate in [item for item in standing.programme.gates if item.is_open and item.key in keys and scope in (None, item.scope)]:
                answer(session, standing, gate, self.now)
            settle(session, standing, self.now)

    def assess(self) -> None:
        """All cities hand in what phase 1 collects; their approvals open."""
        self.answer("needs")
        self.wait_days(15)  # the profile is asked for six weeks before its deadline
        self.answer("profile")

    def play(self, until: Until, settling: Settling | None = None) -> None:
        """Everybody answers everything the moment it is asked, until the condition holds; mail is thrown away."""
        with self.changing() as (session, standing):
            for _ in range(MOMENTS):
                (settling or settle)(session, standing, self.now)
                if until(standing):
                    return
                open_gates = [gate for gate in standing.programme.gates if gate.is_open]
                for gate in open_gates:
                    answer(session, standing, gate, self.now)
                if not open_gates:
                    self._move_on(session, standing)
        raise AssertionError(
            f"the programme does not get there: {[gate.label for gate in standing.programme.gates if not gate.is_satisfied][:5]}"
        )

    def _move_on(self, session: Session, standing: Standing) -> None:
        throw_mail_away(session, standing, self.now)
        if not due(session, standing, self.now):
            self.now = next_at(standing, self.now) or self.now + timedelta(days=1)


def launched(engine: Engine, programme: Definition | None = None, *, settled: bool = True) -> World:
    """The small programme, or another, on its first morning."""
    programme = programme or definition()
    with database.changing(engine) as session:
        launch(session, programme, LAUNCH, start_on=LAUNCH.date())
    world = World(engine, LAUNCH, programme.id)
    if settled:
        world.settle()
    return world


def settle(session: Session, standing: Standing, now: datetime) -> None:
    """Carry out everything due, until nothing is left."""
    for _ in range(MOMENTS):
        actions = due(session, standing, now)
        for action in actions:
            perform(session, standing, action, now)
        if not actions:
            return
        session.flush()
    raise AssertionError(f"said to be due and never done: {actions[:3]}")


def due(session: Session, standing: Standing, now: datetime) -> list[Action]:
    """A standing knows how many notices were unsent when it was loaded; here they change under its hands. Only closing asks."""
    if all(phase.completed_at for phase in standing.programme.phases):
        standing.unsent = outbox.unsettled(session, standing.programme.id)
    return advance(standing, now)


def answer(session: Session, standing: Standing, gate: Gate, now: datetime) -> None:
    """Whoever is asked at an open gate does what is asked, and approves."""
    if gate.spec.kind is GateKind.EVENT:
        took_place(session, standing, gate, standing.parties(gate)[0].organisation, standing.today(now), DESK, now)
    elif gate.spec.kind is GateKind.CONTRIBUTION:
        slug = standing.parties(gate)[0].organisation
        contribute(session, standing, gate, Offered(slug, "en", body_for(session, standing, gate, slug, now), generated=True), DESK, now)
    else:
        for party in standing.open_parties(gate):
            decide(session, standing, gate, party, approval(standing, gate, now), DESK, now)


def approval(standing: Standing, gate: Gate, now: datetime) -> Ruling:
    """Approved, by an act where a council decides."""
    return Ruling(Verdict.APPROVE, act_number=ACT, act_on=standing.today(now)) if gate.spec.needs_act else Ruling(Verdict.APPROVE)


def body_for(session: Session, standing: Standing, gate: Gate, organisation: str, now: datetime) -> dict[str, Any]:
    """A generated body of the kind the gate asks for, consistent with what is there."""
    return generate(
        gate.spec.contribution, gate=gate.key, scope=gate.scope, organisation=organisation, definition=standing.definition,
        earlier=_earlier(session, standing), rng=random.Random(f"{gate.label} {gate.round}"), today=standing.today(now),
        pairs=[{"mentor": pair.mentor, "mentee": pair.mentee, "theme": pair.theme} for pair in standing.programme.pairs],
    )  # fmt: skip


def _earlier(session: Session, standing: Standing) -> list[dict[str, Any]]:
    query = select(Contribution).where(Contribution.programme_id == standing.programme.id).options(selectinload(Contribution.revisions))
    found = [(item.current.id, item, item.current.body) for item in session.scalars(query) if item.current]
    found.sort(key=lambda row: row[0])
    return [
        {"gate": item.gate_key, "kind": item.kind, "scope": item.scope, "organisation": item.organisation, "body": body}
        for _, item, body in found
    ]  # fmt: skip


def throw_mail_away(session: Session, standing: Standing, now: datetime) -> None:
    """Nobody reads mail here: everything in the outbox is cancelled, also what is not due yet."""
    while claimed := outbox.claim(session, standing.programme.id, now + timedelta(days=90), "bin", limit=500):
        for notice in claimed:
            outbox.cancel(session, notice.id, "bin")
        session.flush()


def opened(key: str, scope: str | None = None) -> Until:
    """Until a gate of that key is open."""
    return lambda standing: any(gate.is_open and scope in (None, gate.scope) for gate in standing.gates_of(key))


def closed(standing: Standing) -> bool:
    """Until the programme has closed."""
    return standing.programme.closed_at is not None


def one_pair(**overrides: Any) -> Definition:
    """The smallest programme there can be: one mentor, one mentee, one association; Cedar's project lead has a name."""
    contact = {
        "role": "project-lead",
        "mailbox": "project-lead@cedar.example",
        "name": PERSON,
        "consent_on": "2024-01-02",
        "retain_until": "2030-01-02",
    }
    cedar = city("cedar", "mentee", country="IT", subdivision="PA", zone="Europe/Rome", languages=["it", "en"], contacts=[contact])
    cast = [item for item in organisations() if item.slug not in ("birch", "cedar", "damson", "south-league")] + [cedar]
    return definition(cast=cast, **({"id": "sapling", "title": "Sapling"} | overrides))


# -- files and copies ------------------------------------------------------------------------------------------------


def write_programme(programme: Definition, folder: Path) -> Path:
    """The programme as a file, for what reads one; its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    body = programme.model_dump(mode="json", exclude_defaults=True)
    (folder / "programme.yaml").write_text(yaml.safe_dump(body, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return folder


def copy_database(source: Path, target: Path) -> None:
    """What is committed in an SQLite file, in another one."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that takes long to make, made by the first test process that needs it; the others wait for it."""
    base = factory.getbasetemp()
    root = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder, done = root / name, root / f"{name}.done"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            folder.mkdir(exist_ok=True)
            make(folder)
            done.touch()
    return folder


def at_once(*work: Callable[[], object]) -> list[Exception | None]:
    """Each in a thread of its own, started together; what each was refused with, in order."""
    start = Barrier(len(work))

    def run(one: Callable[[], object]) -> Exception | None:
        start.wait(timeout=10)
        try:
            one()
        except Exception as error:  # noqa: BLE001 - the test looks at whatever came of it
            return error
        return None

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))
