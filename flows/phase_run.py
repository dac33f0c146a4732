"""One run of one phase: do what is due, wait for people, and so on until the phase is complete.

The run may be killed, cancelled or started twice at any line: it reads what is to be done from the database every time
and keeps nothing itself. While people are busy it is suspended, and no process exists.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

from prefect import get_run_logger
from prefect.events import emit_event
from prefect.flow_runs import asuspend_flow_run
from prefect.runtime import flow_run

from flows.form import form_for
from models import clock
from models.advance import Do
from models.database import changing, reading
from models.doors import steering
from models.programme import PhaseState
from models.standing import Standing, load
from tasks.answers import suspension_key
from tasks.build_runs import ask_for_files
from tasks.courtesy import courteously
from tasks.gates import carry_out, due_in_phase, take_answer
from tasks.leases import keep_lease
from tasks.notices import send_notices
from tasks.runs import is_somebody_elses, nudge
from tasks.status import show_phase, show_programme
from tasks.steps import Step, reached

COMPLETED = "inclucities.phase.completed"


@dataclass
class PhaseRun:
    """A run that holds the lease of a phase."""

    programme: str
    number: int
    token: int

    def standing(self) -> Standing:
        with reading() as session:
            return load(session, self.programme)

    @property
    def is_complete(self) -> bool:
        return self.standing().phase(self.number).state == PhaseState.COMPLETED

    async def do_what_is_due(self) -> None:
        """Open gates, build review editions, let time run out, complete the phase; then tell those concerned."""
        drafted = False
        while actions := due_in_phase(self.programme, self.number):
            for action in actions:
                await carry_out(self.programme, action, self.token)
                drafted = drafted or action.do is Do.BUILD_REVIEW
        reached(Step.WORK_DONE)
        await courteously(send_notices(self.programme))
        reached(Step.TOLD)
        if drafted:
            await courteously(ask_for_files(self.programme))
        await courteously(nudge(self.programme))
        await courteously(show_phase(self.standing(), self.number))
        await courteously(show_programme(self.standing(), clock.now()))

    async def wait_for_people(self) -> None:
        """Suspend until the coordinator answers the form or something happens elsewhere, then take the answer.

        The key is counted in the database: under a key that was answered already Prefect gives the old answer at once.
        """
        standing = self.standing()
        if due_in_phase(self.programme, self.number) or standing.phase(self.number).state == PhaseState.COMPLETED:
            return
        key = standing.phase(self.number).answers
        reached(Step.SUSPENDING)
        form = await asuspend_flow_run(form_for(standing, self.number), key=suspension_key(self.number, key), timeout=None)
        reached(Step.WOKEN)
        self.token = take_lease(self.programme, self.number, again=True)
        refusal = await take_answer(self.programme, self.number, asdict(form.given()), key)
        reached(Step.ANSWER_TAKEN)
        if refusal:
            get_run_logger().warning("The answer was refused: %s", refusal)

    def end_lease(self) -> None:
        with changing() as session:
            steering.end_lease(load(session, self.programme, locked=True), self.number, self.token)

    def announce(self) -> None:
        """Say that the phase is complete: the trigger of its deliverables."""
        emit_event(
            event=COMPLETED,
            resource={
                "prefect.resource.id": f"inclucities.phase.{self.programme}.{self.number}",
                "prefect.resource.name": f"Phase {self.number} of {self.programme}",
            },
            payload={"programme": self.programme, "phase": str(self.number)},
        )


def this_run() -> str:
    """The id of the run this code runs in."""
    return str(flow_run.get_id())


def take_lease(programme: str, number: int, *, again: bool = False) -> int:
    """Lend the phase to this run; `again` after it was suspended, when another may have been put in its place."""
    with changing() as session:
        return steering.take_lease(session, load(session, programme, locked=True), number, this_run(), clock.now(), again=again)


@asynccontextmanager
async def phase_run(programme: str, number: int) -> AsyncIterator[PhaseRun]:
    """Hold the phase's lease, renewed while the block runs. Refused where another run has the phase."""
    run = PhaseRun(programme, number, take_lease(programme, number))
    renewal = asyncio.create_task(keep_lease(run))
    try:
        yield run
    finally:
        renewal.cancel()


async def work_off(programme: str, number: int) -> None:
    """The life of a phase's run."""
    reason = await is_somebody_elses(programme, number, this_run())
    if reason:
        get_run_logger().warning("%s This run leaves it alone.", reason)
        return
    async with phase_run(programme, number) as run:
        reached(Step.LEASE_TAKEN)
        await run.do_what_is_due()
        while not run.is_complete:
            await run.wait_for_people()
            await run.do_what_is_due()
        reached(Step.PHASE_COMPLETED)
        run.end_lease()
    run.announce()
    reached(Step.ANNOUNCED)
