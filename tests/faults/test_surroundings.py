"""What the engine stands on goes away or comes twice: Prefect's database, mail, a second worker, a second sweep, time, events."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
from prefect.events import Event, Resource
from prefect.events.clients import PrefectEventsClient

from deployments.processes import Child
from deployments.up import SERVER, mend
from flows.phase_run import COMPLETED
from models.doors import steering
from models.events import EventKind
from models.programme import PhaseState
from tasks.dispatch import FRESH
from tasks.steps import Fault, Step
from tests.faults.oracle import repeated
from tests.faults.stand import Stand
from tests.faults.test_killed_at_each_step import assert_it_takes_answers, events_of, nearly_complete, standing_of
from tests.flows.real_server import pause_sweep
from tests.world import World

pytestmark = [pytest.mark.prove, pytest.mark.server]

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def child(at_stand: Stand, name: str) -> Child:
    return next(item for item in at_stand.server.children.running if item.name == name)


def kill(at_stand: Stand, name: str) -> None:
    victim = child(at_stand, name).process
    victim.kill()
    victim.wait()


def test_a_server_that_is_killed_is_back_and_nothing_is_lost(at_stand: Stand) -> None:
    world = at_stand.begun()
    kill(at_stand, SERVER)
    world.contribute("needs", "city-alder")
    healed = at_stand.heal(world)
    at_stand.note(world, "server killed", "kill", healed)
    assert_it_takes_answers(at_stand, world)


def test_without_prefects_own_database_everything_is_launched_anew(at_stand: Stand) -> None:
    world = at_stand.begun()
    before = world.rows()["event"]
    kill(at_stand, SERVER)
    for file in (at_stand.server.found.var / "prefect").glob("prefect.db*"):
        file.unlink()
    mend(at_stand.server.found, at_stand.server.children)
    pause_sweep(at_stand.server)
    healed = at_stand.heal(world)
    at_stand.note(world, "Prefect's database", "deleted", healed)
    assert world.rows()["event"] == before
    assert_it_takes_answers(at_stand, world)


def test_the_whole_machine_loses_its_power(at_stand: Stand) -> None:
    world = at_stand.fresh()
    at_stand.arm(Step.ACTION_DONE, Fault.KILL_WITH_WORKER)
    at_stand.server.sweep()
    at_stand.wait_struck(Step.ACTION_DONE)
    kill(at_stand, SERVER)
    healed = at_stand.heal(world)
    at_stand.note(world, "everything", "kill", healed)
    assert_it_takes_answers(at_stand, world)


def test_a_mail_server_that_comes_and_goes_gets_every_message_once(at_stand: Stand) -> None:
    world = at_stand.fresh()
    for _ in range(3):
        at_stand.sink.go_away()
        at_stand.forward(world, MINUTE)
        at_stand.server.sweep()
        at_stand.wait_quiet(world)
        at_stand.sink.come_back()
        at_stand.forward(world, 2 * MINUTE)
        at_stand.server.sweep()
    at_stand.forward(world, timedelta(hours=1))
    healed = at_stand.heal(world)
    at_stand.note(world, "mail server", "comes and goes", healed)
    assert repeated(at_stand.arrived()) == 0
    assert {notice.state for notice in world.notices(kind="invitation")} == {"sent"}


def test_two_sweeps_at_once_say_everything_once(at_stand: Stand) -> None:
    world = at_stand.begun()
    at_stand.forward(world, 15 * DAY)
    with ThreadPoolExecutor(2) as both:
        ended = list(both.map(lambda _: at_stand.server.command("sweep").returncode, range(2)))
    assert ended == [0, 0]
    healed = at_stand.heal(world)
    at_stand.note(world, "sweep", "two at once", healed)
    assert repeated(at_stand.arrived()) == 0
    assert world.notices(kind="reminder")


def test_of_two_workers_one_dies_and_the_other_carries_on(at_stand: Stand) -> None:
    command = [sys.executable, "-m", "deployments.worker", "the other"]
    children = at_stand.server.children
    other = children.start("other worker", command)
    try:
        world = at_stand.fresh()
        at_stand.arm(Step.WORK_DONE, Fault.KILL_WITH_WORKER)
        at_stand.server.sweep()
        at_stand.wait_struck(Step.WORK_DONE)
        healed = at_stand.heal(world)
        at_stand.note(world, "two workers", "one killed", healed)
        assert_it_takes_answers(at_stand, world)
    finally:
        victim = next((item for item in children.running if item.name == other.name), None)
        if victim is not None:
            children.running.remove(victim)
            victim.process.kill()
            victim.process.wait()


def test_a_run_that_a_worker_took_and_never_started_is_replaced(at_stand: Stand) -> None:
    world = at_stand.begun()
    run = at_stand.server.wait_suspended(world.programme, 1)
    at_stand.server.set_state(run, "PENDING")
    healed = at_stand.heal(world)
    at_stand.note(world, "Pending", "hangs", healed)
    assert at_stand.server.state(run) == "Crashed"
    assert_it_takes_answers(at_stand, world)


def test_a_person_who_launches_a_phase_again_before_a_sweep_comes_gets_their_answer_taken_too(at_stand: Stand) -> None:
    world = at_stand.begun()
    run = at_stand.server.wait_suspended(world.programme, 1)
    at_stand.arm(Step.WOKEN, Fault.KILL)
    at_stand.server.resume(run, gate="needs @ city-alder", what="extend", on="2024-05-31")
    at_stand.wait_struck(Step.WOKEN)
    at_stand.server.wait("the worker has seen it", lambda: at_stand.server.state(run) == "Crashed")
    again = at_stand.server.run("phase-1", programme=world.programme)
    assert at_stand.server.wait_suspended(world.programme, 1) == again
    assert world.gate("needs", "city-alder").extensions == 1
    assert at_stand.wrong(world) == []


def test_an_answer_that_no_worker_comes_for_is_taken_by_the_sweep(at_stand: Stand) -> None:
    world = at_stand.begun()
    run = at_stand.server.wait_suspended(world.programme, 1)
    worker = child(at_stand, "worker").process.pid
    os.kill(worker, signal.SIGSTOP)
    try:
        assert at_stand.server.resume(run, gate="needs @ city-alder", what="extend", on="2024-05-31")["status"] == "ACCEPT"
        at_stand.server.wait("a sweep takes it", lambda: at_stand.swept(world) and world.gate("needs", "city-alder").extensions, 60)
    finally:
        os.kill(worker, signal.SIGCONT)
    healed = at_stand.heal(world)
    at_stand.note(world, "Resuming", "hangs", healed)
    assert world.gate("needs", "city-alder").extensions == 1
    assert_it_takes_answers(at_stand, world)


FROZEN = (Step.LEASE_TAKEN, Step.ACTION_DONE, Step.MESSAGE_COMPOSED, Step.MESSAGE_HANDED_OVER, Step.TOLD, Step.SUSPENDING)


@pytest.mark.parametrize("step", FROZEN)
def test_a_run_that_wakes_after_another_took_its_place_is_refused(at_stand: Stand, step: Step) -> None:
    world = at_stand.fresh()
    at_stand.arm(step, Fault.FREEZE)
    at_stand.server.sweep()
    at_stand.wait_struck(step)
    frozen, since = at_stand.frozen(), time.monotonic()
    healed = at_stand.heal(world)
    # Claims last a minute of the programme's time, which may have been seconds here; a sender trusts itself for FRESH of the machine's.
    at_stand.server.wait("its freshness to be over", lambda: time.monotonic() - since > FRESH)
    os.kill(frozen, signal.SIGCONT)
    at_stand.server.wait("the old run ends", lambda: not at_stand.is_there(frozen), 60)
    assert at_stand.wrong(world) == []
    at_stand.note(world, step, "freeze", healed)
    assert_it_takes_answers(at_stand, world)


def test_a_builder_that_wakes_after_another_took_its_place_changes_nothing(at_stand: Stand) -> None:
    world = nearly_complete(at_stand)
    at_stand.arm(Step.FILES_MADE, Fault.FREEZE)
    at_stand.server.sweep()
    at_stand.wait_struck(Step.FILES_MADE)
    frozen = at_stand.frozen()
    healed = at_stand.heal(world, files=True)
    files = world.rows()["edition_file"]
    os.kill(frozen, signal.SIGCONT)
    at_stand.server.wait("the old build ends", lambda: not at_stand.is_there(frozen), 60)
    assert at_stand.wrong(world, files=True) == []
    assert world.rows()["edition_file"] == files
    at_stand.note(world, "build: files-made", "freeze", healed)


@pytest.mark.parametrize("step", [Step.ACTION_DONE, Step.MESSAGE_COMPOSED, Step.TOLD])
def test_a_disk_that_is_full_for_a_moment_costs_a_run_and_nothing_else(at_stand: Stand, step: Step) -> None:
    world = at_stand.fresh()
    at_stand.arm(step, Fault.DISK_FULL)
    at_stand.server.sweep()
    at_stand.wait_struck(step)
    healed = at_stand.heal(world)
    at_stand.note(world, step, "disk-full", healed)
    assert repeated(at_stand.arrived()) == 0


@pytest.mark.parametrize("step", [Step.BUILD_BEGUN, Step.FILES_MADE, Step.FILES_PLACED])
def test_a_disk_that_is_full_while_files_are_made_leaves_none_half_written(at_stand: Stand, step: Step) -> None:
    world = nearly_complete(at_stand)
    at_stand.arm(step, Fault.DISK_FULL)
    at_stand.server.sweep()
    at_stand.wait_struck(step)
    healed = at_stand.heal(world, files=True)
    at_stand.note(world, f"build: {step}", "disk-full", healed)


def test_a_database_that_somebody_holds_for_longer_than_anybody_waits(at_stand: Stand) -> None:
    world = at_stand.fresh()
    file = str(at_stand.server.engine.url.database)
    at_stand.arm(Step.LEASE_TAKEN, Fault.FREEZE)
    at_stand.server.sweep()
    at_stand.wait_struck(Step.LEASE_TAKEN)
    with closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        os.kill(at_stand.frozen(), signal.SIGCONT)
        run = str(standing_of(world).phase(1).run_id)
        at_stand.server.wait("the run gives up", lambda: at_stand.server.state(run) in ("Failed", "Crashed"), 90)
        holder.execute("ROLLBACK")
    healed = at_stand.heal(world)
    at_stand.note(world, "database", "busy for 30 s", healed)
    assert_it_takes_answers(at_stand, world)


def test_a_completion_that_is_announced_three_times_publishes_once(at_stand: Stand) -> None:
    world = nearly_complete(at_stand)
    at_stand.server.sweep()
    at_stand.server.wait("completion", lambda: standing_of(world).phase(1).state == PhaseState.COMPLETED)
    for _ in range(3):
        announce(at_stand, world)
    healed = at_stand.heal(world, files=True)
    at_stand.note(world, "completion event", "three times", healed)
    assert events_of(at_stand, world, EventKind.EDITION_PUBLISHED) == len(standing_of(world).programme.editions)


def announce(at_stand: Stand, world: World) -> None:
    """What a phase's run says when the phase is complete."""
    import asyncio

    event = Event(
        event=COMPLETED,
        resource=Resource({"prefect.resource.id": f"inclucities.phase.{world.programme}.1"}),
        payload={"programme": world.programme, "phase": "1"},
    )

    async def send() -> None:
        async with PrefectEventsClient(api_url=at_stand.server.found.prefect_url + "/api") as client:
            await client.emit(event)

    asyncio.run(send())


def test_a_clock_that_jumps_back_an_hour_and_forth_a_week_neither_loses_nor_repeats(at_stand: Stand) -> None:
    world = at_stand.begun()
    before = len(at_stand.arrived())
    at_stand.forward(world, timedelta(hours=-1))
    at_stand.server.sweep()
    at_stand.server.sweep()
    assert len(at_stand.arrived()) == before
    at_stand.forward(world, timedelta(hours=1) + 17 * DAY)
    healed = at_stand.heal(world)
    at_stand.note(world, "clock", "back and forth", healed)
    assert repeated(at_stand.arrived()) == 0
    rungs = [notice.rung for notice in world.notices(kind="reminder", organisation="alder", role="project-lead")]
    assert len(rungs) == 1, "after a standstill only the latest rung goes out"
    assert_it_takes_answers(at_stand, world)


def test_a_phase_whose_runs_keep_breaking_is_told_of_and_tried_again_more_slowly(at_stand: Stand) -> None:
    world = at_stand.fresh()
    for _ in range(steering.STUCK_AFTER):
        at_stand.arm(Step.ACTION_DONE, Fault.KILL)
        at_stand.forward(world, MINUTE)
        at_stand.server.sweep()
        at_stand.wait_struck(Step.ACTION_DONE)
        at_stand.wait_quiet(world)
    at_stand.forward(world, MINUTE)
    at_stand.server.sweep()
    at_stand.wait_quiet(world)
    at_stand.server.sweep()
    assert len(world.events(EventKind.PHASE_STUCK)) == 1
    [notice] = world.notices(kind="phase-stuck")
    assert notice.mailbox in [item.mailbox for item in at_stand.arrived()]
    runs = at_stand.server.api.post("/flow_runs/filter", json={"flow_runs": {"tags": {"all_": ["stuck"]}}}).json()
    assert {run["parameters"]["programme"] for run in runs} >= {world.programme}
    healed = at_stand.heal(world)
    at_stand.note(world, "phase", "breaks 3 times", healed)
    assert standing_of(world).phase(1).relaunches == 0


def test_a_sweep_that_dies_with_its_worker_keeps_the_next_ones_out_for_a_minute_at_most(at_stand: Stand) -> None:
    world = at_stand.begun()
    at_stand.forward(world, 15 * DAY)
    at_stand.arm(Step.TIME_CARRIED_OUT, Fault.KILL_WITH_WORKER)
    dead = at_stand.server.run("sweep")
    at_stand.wait_struck(Step.TIME_CARRIED_OUT)
    mend(at_stand.server.found, at_stand.server.children)
    began = time.monotonic()
    tried: list[str] = []

    def swept() -> bool:
        tried.append(at_stand.server.run("sweep"))
        at_stand.server.wait("it ends", lambda: at_stand.server.state(tried[-1]) in ("Completed", "Cancelled"))
        return at_stand.server.state(tried[-1]) == "Completed"

    at_stand.server.wait("a sweep that is let in", swept, 120)
    waited = time.monotonic() - began
    healed = at_stand.heal(world)
    at_stand.note(world, "scheduled sweep", "kill-with-worker", (round(waited / 60) + healed[0], waited + healed[1]))
    assert waited < 90
    assert at_stand.server.state(dead) in ("Running", "Crashed")


def test_a_cancelled_run_says_how_the_phase_goes_on(at_stand: Stand) -> None:
    world = at_stand.begun()
    run = at_stand.server.wait_suspended(world.programme, 1)
    at_stand.server.set_state(run, "CANCELLED")
    at_stand.server.sweep()
    shown = at_stand.server.api.get(f"/flow_runs/{run}").json()
    assert "held" in shown["tags"]
    status = at_stand.server.api.get(f"/artifacts/{world.programme}-status/latest").raise_for_status().json()["data"]
    assert "Phase 1 is held." in status
    assert f"phase-1, Run, with programme “{world.programme}”" in shown["state"]["message"]
    again = at_stand.server.run("phase-1", programme=world.programme)
    at_stand.server.wait("under way again", lambda: standing_of(world).phase(1).state == PhaseState.OPEN)
    assert at_stand.server.wait_suspended(world.programme, 1) == again
