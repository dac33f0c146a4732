"""`kill -9` at each named step of the engine: nothing is lost, nobody is told twice, and the next sweeps mend it."""

from __future__ import annotations

import random
import signal
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from models.database import reading
from models.events import Event, EventKind
from models.programme import PhaseState
from models.standing import Standing
from tasks.steps import Fault, Step
from tests.faults.stand import Stand
from tests.world import World, opened, write_programme

pytestmark = [pytest.mark.server]

KILLS = (Fault.KILL, Fault.KILL_WITH_WORKER)
FIRST_WORK = (
    Step.LEASE_TAKEN, Step.ACTION_DONE, Step.WORK_DONE, Step.NOTICES_CLAIMED, Step.MESSAGE_COMPOSED, Step.MESSAGE_HANDED_OVER,
    Step.MESSAGE_SETTLED, Step.TOLD, Step.SUSPENDING,
)  # fmt: skip
QUICK = {(Step.ACTION_DONE, Fault.KILL), (Step.MESSAGE_HANDED_OVER, Fault.KILL_WITH_WORKER), (Step.WOKEN, Fault.KILL)}
"""The slice that `make test` runs."""


def scenarios(steps: tuple[Step, ...], faults: tuple[Fault, ...] = KILLS) -> list[Any]:
    """Every step with every fault; all but the quick slice take part in `make prove` only."""
    pairs = [(step, fault) for step in steps for fault in faults]
    return [pytest.param(*pair, id="-".join(pair), marks=[] if pair in QUICK else [pytest.mark.prove]) for pair in pairs]


@pytest.mark.parametrize(("step", "fault"), scenarios(FIRST_WORK))
def test_a_phase_that_dies_in_its_first_work_goes_on(at_stand: Stand, step: Step, fault: Fault) -> None:
    world = at_stand.fresh()
    at_stand.arm(step, fault)
    at_stand.server.sweep()
    at_stand.wait_struck(step)
    healed = at_stand.heal(world)
    at_stand.note(world, step, fault, healed)
    assert_it_takes_answers(at_stand, world)


@pytest.mark.parametrize(("step", "fault"), scenarios((Step.WOKEN, Step.ANSWER_TAKEN)))
def test_an_answer_given_in_the_form_outlives_the_run_it_woke(at_stand: Stand, step: Step, fault: Fault) -> None:
    world = at_stand.begun()
    run = at_stand.server.wait_suspended(world.programme, 1)
    at_stand.arm(step, fault)
    assert at_stand.server.resume(run, gate="needs @ city-alder", what="extend", on="2024-05-31")["status"] == "ACCEPT"
    at_stand.wait_struck(step)
    healed = at_stand.heal(world)
    gate = world.gate("needs", "city-alder")
    assert (str(gate.due_on), gate.extensions) == ("2024-05-31", 1)
    assert len(world.events(EventKind.DEADLINE_MOVED)) == 1
    at_stand.note(world, step, fault, healed)


SENDING = (Step.TIME_CARRIED_OUT, Step.NOTICES_CLAIMED, Step.MESSAGE_COMPOSED, Step.MESSAGE_HANDED_OVER, Step.MESSAGE_SETTLED)


@pytest.mark.parametrize(("step", "fault"), scenarios((*SENDING, Step.LOOKED_AFTER), (Fault.KILL,)))
def test_a_sweep_that_dies_while_it_reminds_is_caught_up_by_the_next(at_stand: Stand, step: Step, fault: Fault) -> None:
    world = at_stand.begun()
    at_stand.forward(world, timedelta(days=15))
    the_sweep_dies_and_is_caught_up(at_stand, world, step, fault)
    assert world.notices(kind="reminder")


@pytest.mark.parametrize(("step", "fault"), scenarios((Step.RUN_CREATED, Step.RUN_NOTED), (Fault.KILL,)))
def test_a_sweep_that_dies_while_it_launches_a_run_leaves_one_run(at_stand: Stand, step: Step, fault: Fault) -> None:
    world = at_stand.fresh()
    the_sweep_dies_and_is_caught_up(at_stand, world, step, fault)
    assert_it_takes_answers(at_stand, world)


@pytest.mark.parametrize(("step", "fault"), scenarios((Step.RUN_RESUMED,), (Fault.KILL,)))
def test_a_sweep_that_dies_after_waking_a_run_has_woken_it(at_stand: Stand, step: Step, fault: Fault) -> None:
    world = at_stand.begun()
    world.contribute("needs", "city-alder")
    world.contribute("needs", "city-birch")
    world.contribute("needs", "city-cedar")
    world.contribute("needs", "city-damson")
    at_stand.forward(world, timedelta(days=15))
    the_sweep_dies_and_is_caught_up(at_stand, world, step, fault)
    assert world.gate("profile", "city-alder").is_open


REPLACING = (Step.TROUBLE_NOTED, Step.ANSWER_RESCUED, Step.RUN_BURIED)


@pytest.mark.parametrize(("step", "fault"), scenarios(REPLACING, (Fault.KILL,)))
def test_a_sweep_that_dies_while_it_replaces_a_run_is_caught_up(at_stand: Stand, step: Step, fault: Fault) -> None:
    world = at_stand.begun()
    run = at_stand.server.wait_suspended(world.programme, 1)
    at_stand.server.set_state(run, "CRASHED")
    the_sweep_dies_and_is_caught_up(at_stand, world, step, fault)
    assert_it_takes_answers(at_stand, world)


@pytest.mark.parametrize(("step", "fault"), scenarios((Step.HELD,), (Fault.KILL,)))
def test_a_sweep_that_dies_after_holding_a_phase_has_held_it_once(at_stand: Stand, step: Step, fault: Fault) -> None:
    world = at_stand.begun()
    run = at_stand.server.wait_suspended(world.programme, 1)
    at_stand.server.set_state(run, "CANCELLED")
    the_sweep_dies_and_is_caught_up(at_stand, world, step, fault)
    with world.looking() as standing:
        assert standing.phase(1).state == PhaseState.HELD
    assert len(world.events(EventKind.PHASE_HELD)) == 1
    assert len(world.notices(kind="phase-held")) == 1


@pytest.mark.parametrize(("step", "fault"), scenarios((Step.LAUNCHED, Step.RUN_CREATED, Step.RUN_NOTED)))
def test_a_launch_that_dies_has_launched_the_programme_once(at_stand: Stand, step: Step, fault: Fault) -> None:
    world = at_stand.fresh()
    file = write_programme(definition_of(world), at_stand.server.folder / world.programme)
    at_stand.empty_database()
    at_stand.arm(step, fault)
    run = at_stand.server.run("launch-programme", programme=str(file), start=world.now.date().isoformat())
    at_stand.wait_struck(step)
    healed = at_stand.heal(world)
    at_stand.note(world, f"launch: {step}", fault, healed)
    assert at_stand.server.state(run) in ("Crashed", "Running")  # Prefect's word for it; nobody depends on it
    assert_it_takes_answers(at_stand, world)


BUILDING = (Step.PUBLISHED, Step.BUILD_BEGUN, Step.FILES_MADE, Step.FILES_PLACED, Step.FILES_NOTED)


@pytest.mark.parametrize(("step", "fault"), scenarios((Step.BUILD_ASKED_FOR,), (Fault.KILL,)))
def test_a_sweep_that_dies_after_it_asked_for_a_build_is_caught_up(at_stand: Stand, step: Step, fault: Fault) -> None:
    world = nearly_complete(at_stand)
    at_stand.arm(Step.PHASE_COMPLETED, Fault.KILL)
    at_stand.server.sweep()
    at_stand.wait_struck(Step.PHASE_COMPLETED)
    the_sweep_dies_and_is_caught_up(at_stand, world, step, fault, files=True)
    assert events_of(at_stand, world, EventKind.EDITION_PUBLISHED) == len(standing_of(world).programme.editions)


@pytest.mark.parametrize(("step", "fault"), scenarios((Step.PHASE_COMPLETED, Step.ANNOUNCED, *BUILDING)))
def test_what_a_completed_phase_publishes_is_there_though_whoever_was_at_it_died(at_stand: Stand, step: Step, fault: Fault) -> None:
    world = nearly_complete(at_stand)
    at_stand.arm(step, fault)
    at_stand.server.sweep()
    at_stand.wait_struck(step)
    healed = at_stand.heal(world, files=True)
    at_stand.note(world, f"build: {step}", fault, healed)
    with world.looking() as standing:
        assert standing.phase(1).state == PhaseState.COMPLETED
        assert {item.state for item in standing.programme.editions} == {"published"}
    assert events_of(at_stand, world, EventKind.EDITION_PUBLISHED) == len(standing.programme.editions)


def nearly_complete(at_stand: Stand) -> World:
    """Phase 1 with its last answers in, and a run that has not seen them."""
    world = at_stand.fresh()
    world.play(opened("pair-agreement"))
    with world.looking() as standing:
        scopes = [(gate.scope, party) for gate in standing.gates_of("pair-agreement") for party in standing.open_parties(gate)]
    for scope, party in scopes:
        world.decide("pair-agreement", scope, party.organisation, role=party.role)
    at_stand.at(world)
    return world


def the_sweep_dies_and_is_caught_up(at_stand: Stand, world: World, step: Step, fault: Fault, *, files: bool = False) -> None:
    """A sweep in a process of its own is killed at a step; those after it mend what it left."""
    at_stand.arm(step, fault)
    assert at_stand.server.command("sweep").returncode == -signal.SIGKILL
    at_stand.note(world, f"sweep: {step}", fault, at_stand.heal(world, files=files))


def definition_of(world: World) -> Any:
    with world.looking() as standing:
        return standing.definition


def events_of(at_stand: Stand, world: World, kind: EventKind) -> int:
    with reading(at_stand.server.engine) as session:
        return session.scalar(select(func.count()).where(Event.programme_id == world.programme, Event.kind == kind)) or 0


def assert_it_takes_answers(at_stand: Stand, world: World) -> None:
    """What has healed works: an answer through the form is taken, by one run, once."""
    run = at_stand.server.wait_suspended(world.programme, 1)
    answers = standing_of(world).phase(1).answers
    due_on = standing_of(world).gate("needs", "city-birch").due_on
    later = (due_on or world.now.date()) + timedelta(days=random.Random(answers).randint(20, 40))
    assert at_stand.server.resume(run, gate="needs @ city-birch", what="extend", on=later.isoformat())["status"] == "ACCEPT"
    at_stand.server.wait_suspended(world.programme, 1, answers + 1)
    assert world.gate("needs", "city-birch").extensions == 1


def standing_of(world: World) -> Standing:
    with world.looking() as standing:
        return standing
