"""The sweep: what time brings, every minute, and looking after runs and builds that lost their way."""

from __future__ import annotations

import time

from prefect import flow, get_run_logger
from sqlalchemy import select

from models import clock
from models.advance import PUBLICATION, advance
from models.database import reading
from models.doors import vital
from models.programme import Programme
from models.settings import documents_folder
from models.standing import load
from tasks.build_runs import ask_for_files, bury_dead_builds
from tasks.courtesy import SweepFailed, alone, courteously
from tasks.gates import carry_out_time, time_brings_something
from tasks.leases import only_sweep
from tasks.notices import send_notices
from tasks.publishing import without_files
from tasks.runs import Budget, bury_dead_sweeps, look_after, put_back_what_never_started
from tasks.status import show_phase, show_programme
from tasks.steps import Step, reached
from tasks.vital import leave_sign_of_life

SENDS_FOR = 30.0
"""Seconds of a sweep's minute that go into mail: a mail server that takes its time keeps no run waiting to be looked after."""


@flow(name="sweep", retries=0, persist_result=False)
async def sweep() -> None:
    """Do what time brings, for each running programme; one sweep at a time, a second one ends at once.

    1. Deadlines that have passed, rungs of the ladder, the coordinator's digest, closure.
    2. Send the notices that are due.
    3. Hold phases whose run a person has cancelled; launch, wake or replace runs, a dozen at a time.
    4. Ask for the deliverables of completed phases, and for files, that a lost event left unbuilt.
    5. Leave a sign of life, last of all: a sweep that hangs must be missed. So must one that failed for every programme, for
       then time stands still; one that got any programme through has run, and the failed run shows the rest.
    """
    async with only_sweep() as is_only:
        if not is_only:
            get_run_logger().info("Another sweep is at work.")
            return
        await courteously(bury_dead_sweeps())
        await courteously(bury_dead_builds())
        await courteously(put_back_what_never_started())
        await sweep_all()


async def sweep_all() -> None:
    """Each programme's parts, of which none keeps another from its time."""
    programmes, budget, until = running(), Budget(), time.monotonic() + SENDS_FOR
    failed = [programme for programme in programmes if not await alone(do_what_time_brings(programme, until), programme)]
    stands_still = bool(programmes) and failed == programmes
    failed += [programme for programme in programmes if not await alone(look_after_runs(programme, budget), programme)]
    failed += [programme for programme in launched() if not await alone(catch_up_on_deliverables(programme), programme)]
    if not stands_still:
        await courteously(leave_sign_of_life())
    if failed:
        raise SweepFailed(f"The sweep could not finish {', '.join(dict.fromkeys(failed))}; the others are done. See the log above.")


async def do_what_time_brings(programme: str, until: float) -> None:
    """One programme's deadlines, rungs, digest and mail, of which each programme gets one message at least out."""
    if not time_brings_something(programme):
        return
    done = await carry_out_time(programme)
    reached(Step.TIME_CARRIED_OUT)
    sent = await send_notices(programme, lasts=max(0.0, until - time.monotonic()))
    done += await carry_out_time(programme)
    if done or sent:
        get_run_logger().info("%s: %s actions, %s notices.", programme, done, sent)
        await show(programme, [])


async def look_after_runs(programme: str, budget: Budget) -> None:
    """One programme's runs."""
    news = await look_after(programme, budget)
    reached(Step.LOOKED_AFTER)
    if news:
        await show(programme, news)


async def show(programme: str, phases: list[int]) -> None:
    """Publish where the programme stands, and the phases about which there is news."""
    with reading() as session:
        standing = load(session, programme)
    for number in phases:
        await show_phase(standing, number)
    await show_programme(standing, clock.now())


def launched() -> list[str]:
    """All programmes, closed ones included."""
    with reading() as session:
        return list(session.scalars(select(Programme.id).order_by(Programme.id)))


def running() -> list[str]:
    """The programmes that are launched and not closed."""
    with reading() as session:
        return vital.running(session)


async def catch_up_on_deliverables(programme: str) -> None:
    """Start the build of what is due for publication or lacks its files."""
    with reading() as session:
        standing = load(session, programme)
        due = any(action.do in PUBLICATION for action in advance(standing, clock.now()))
        lacking = without_files(standing, documents_folder())
    if due or lacking:
        await ask_for_files(programme)
        reached(Step.BUILD_ASKED_FOR)
