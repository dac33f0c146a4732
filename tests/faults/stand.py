"""Where faults are tried: a real server, worker and mail server, one small programme at a time, steps that can be armed, and healing.

Each scenario has a database of its own; the server and its worker stay. Time is the test's: each sweep is a minute later.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from deployments.up import mend
from models.advance import PUBLICATION, advance, waits_for_run
from models.database import changing, engine_for, reading
from models.definition import Definition
from models.doors import steering
from models.doors.launching import launch
from models.errors import ProgrammeError
from models.notices import Notice
from models.outbox import ON_ITS_WAY
from models.rows import metadata
from models.standing import load
from tasks import conditions
from tasks.publishing import without_files
from tasks.steps import Fault, Step
from tests.factories import definition
from tests.faults.oracle import everything_wrong, repeated
from tests.faults.table import Outcome
from tests.flows.real_server import Server, real_server
from tests.mail_server import MailServer, mail_server
from tests.oracle import Arrival
from tests.world import LAUNCH, World

MINUTE = timedelta(minutes=1)
SWEEPS = 12
"""What has not healed by then will not."""
PATIENT = 15.0
"""Seconds in which a run that lives gets through its work."""
SHORT = timedelta(seconds=6)
"""What counts by Prefect's own clock, which no test can set, goes ten times as fast here: a minute is six seconds."""
BUSY = {"SCHEDULED", "PENDING", "RUNNING", "CANCELLING"}


@dataclass
class Stand:
    """The server, its mail sink, and the programme of the scenario that is on."""

    server: Server
    sink: MailServer
    template: Path | None
    scenario: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    may_repeat: bool = False
    """The fault of this scenario strikes a message in flight."""
    remarks: list[str] = field(default_factory=list)
    """What else was measured, for the end of the table."""

    # -- scenarios -----------------------------------------------------------------------------------------------

    def fresh(self, programme: Definition | None = None) -> World:
        """A database with one programme, launched and not begun; nobody has heard of it yet."""
        self.scenario += 1
        self.server.children._deaths.clear()  # here nothing dies of itself: every death was wanted
        self.sink.arrived.clear()
        self.may_repeat = False
        self._new_database()
        programme = programme or definition(id=f"grove-{self.scenario}", title="Grove")
        self.server.set_clock(LAUNCH)
        with changing(self.server.engine) as session:
            launch(session, programme, LAUNCH, start_on=LAUNCH.date())
        return World(self.server.engine, LAUNCH, programme.id)

    def _new_database(self) -> None:
        if self.template is None:
            with self.server.engine.begin() as connection:
                for table in reversed(metadata.sorted_tables):
                    connection.execute(table.delete())
            return
        for engine in (self.server.engine, engine_for(self.server.found.database_url)):
            engine.dispose()
        file = Path(str(self.server.engine.url.database))
        for old in file.parent.glob(f"{file.name}*"):
            old.unlink()
        shutil.copy(self.template, file)

    def empty_database(self) -> None:
        """The programme is launched by somebody else."""
        self._new_database()
        self.server.set_clock(LAUNCH)

    def begun(self) -> World:
        """Phase 1 has begun and waits for its questionnaires."""
        world = self.fresh()
        self.server.sweep()
        self.server.wait_suspended(world.programme, 1)
        return world

    def at(self, world: World) -> None:
        """The clock goes by what a test has played."""
        self.server.set_clock(world.now)

    # -- faults --------------------------------------------------------------------------------------------------

    @property
    def faults(self) -> Path:
        return Path(self.server.environment["FAULTS"])

    def arm(self, step: Step, fault: Fault) -> None:
        self.may_repeat = self.may_repeat or step is Step.MESSAGE_HANDED_OVER
        (self.faults / step).write_text(fault, encoding="ascii")

    def struck(self, step: Step) -> bool:
        return not (self.faults / step).exists()

    def wait_struck(self, step: Step) -> None:
        self.server.wait(f"somebody dies at {step}", lambda: self.struck(step), 150)

    def frozen(self) -> int:
        """The process that an armed step has frozen; None other is."""
        found = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and _state(path.name) == "T"]
        ours = [pid for pid in found if self.server.environment["FAULTS"].encode() in (Path("/proc") / str(pid) / "environ").read_bytes()]
        assert len(ours) == 1, f"{len(ours)} processes are frozen"
        return ours[0]

    def is_there(self, pid: int) -> bool:
        return _state(str(pid)) not in ("", "Z")

    # -- healing -------------------------------------------------------------------------------------------------

    def heal(self, world: World, *, files: bool = False, sweep: Callable[[], None] | None = None) -> tuple[int, float]:
        """Sweep every minute until nothing is wrong; how many sweeps it took, and seconds of this machine."""
        began = time.monotonic()
        for count in range(1, SWEEPS + 1):
            self.forward(world, MINUTE)
            mend(self.server.found, self.server.children)
            swept = time.monotonic()
            (sweep or self.server.sweep)()
            self.wait_quiet(world, files=files)
            wrong = self.wrong(world, files=files)
            if not wrong:
                return count, time.monotonic() - began
            self._let_a_minute_pass(swept)
        self.outcomes.append(Outcome("(not healed)", world.programme, SWEEPS, time.monotonic() - began, repeated(self.arrived()), wrong))
        raise AssertionError(f"after {SWEEPS} sweeps: {wrong}")

    def _let_a_minute_pass(self, swept: float) -> None:
        """The next sweep is a minute after the last by Prefect's clock, too."""
        self.server.wait("the next minute", lambda: time.monotonic() - swept > SHORT.total_seconds())

    def try_to_sweep(self, world: World, by: timedelta) -> None:
        """A sweep whose database may go away under its hands."""
        try:
            self.forward(world, by)
            self.server.sweep()
        except (ProgrammeError, SQLAlchemyError):
            return  # as in Prefect: that one has failed, and the next comes

    def forward(self, world: World, by: timedelta) -> None:
        world.now = self.server.now() + by
        self.server.set_clock(world.now)

    def swept(self, world: World) -> bool:
        """The next minute's sweep."""
        self.forward(world, MINUTE)
        self.server.sweep()
        return True

    def wait_quiet(self, world: World, *, files: bool = False) -> None:
        """Until no run of the programme is at work, or those that are have had their time: they are dead."""
        until = time.monotonic() + (4 * PATIENT if files else PATIENT)
        while time.monotonic() < until and self._at_work(world):
            time.sleep(0.2)

    def _at_work(self, world: World) -> bool:
        filters = {"flow_runs": {"state": {"type": {"any_": sorted(BUSY)}}, "tags": {"any_": ["phase", "engine"]}}}
        runs = self.server.api.post("/flow_runs/filter", json=filters).raise_for_status().json()
        return any(run["parameters"].get("programme") == world.programme and _lives(run) for run in runs)

    def wrong(self, world: World, *, files: bool = False) -> list[str]:
        """Everything that is not as it must be now, in words."""
        engine, now = self.server.engine, self.server.now()
        with reading(engine) as session:
            standing = load(session, world.programme)
            due = [str(action) for action in advance(standing, now) if files or action.do not in PUBLICATION]
            waiting = session.scalar(select(func.count()).where(Notice.state.in_(ON_ITS_WAY), Notice.due_at <= now)) or 0
            lacking = without_files(standing, self.documents) if files else []
            found = [f"phase {number} has something to do" for number in waits_for_run(standing, now)]
        found += [f"{len(due)} actions are due, first {due[0]}"] if due else []
        found += [f"{waiting} notices are due and not sent"] if waiting else []
        found += [f"{len(lacking)} editions have no files"] if lacking else []
        api, arrived = self.server.api, self.arrived()
        return found + everything_wrong(engine, api, self.documents, world.programme, arrived, may_repeat=self.may_repeat)

    def arrived(self) -> list[Arrival]:
        letters = [(message_from_bytes(envelope.original_content or b""), envelope.rcpt_tos[0]) for envelope in self.sink.arrived]
        return [Arrival(str(letter["Message-ID"]), mailbox, batch) for batch, (letter, mailbox) in enumerate(letters)]

    @property
    def documents(self) -> Path:
        return self.server.found.var / "documents"

    def note(self, world: World, step: str, fault: str, healed: tuple[int, float]) -> None:
        """A line of the table; what counts as lost is whatever the oracle finds now."""
        lost = self.wrong(world)
        self.outcomes.append(Outcome(step, fault, *healed, repeated(self.arrived()), lost))
        assert lost == []


def _lives(run: dict[str, Any]) -> bool:
    """A run that Prefect shows at work, and whose process, where it has one, is there."""
    if run["state"]["type"] != "RUNNING" or not run.get("infrastructure_pid"):
        return True
    return _state(str(run["infrastructure_pid"]).rpartition(":")[2]) not in ("", "Z", "T")


def _state(pid: str) -> str:
    """The letter that the system has for a process: T where it is stopped, Z where it has ended; nothing where there is none."""
    try:
        return (Path("/proc") / pid / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


@contextmanager
def stand(folder: Path, template: Path | None = None, **settings: str) -> Iterator[Stand]:
    """A server with a worker and a mail server. `template`: an SQLite file with the newest schema; None for another kind of database."""
    faults = folder / "faults"
    faults.mkdir()
    with mail_server() as sink, real_server(folder, FAULTS=str(faults), NOTIFY_URLS=sink.url(), **settings) as server:
        assert "FAULTS" not in os.environ, "this process must not die of what is meant for the others"
        with pytest.MonkeyPatch.context() as patched:
            for module, name in ((conditions, "STARTS_WITHIN"), (conditions, "FORM_COMES_WITHIN"), (steering, "LEASE")):
                patched.setattr(module, name, SHORT)
            yield Stand(server, sink, template)
