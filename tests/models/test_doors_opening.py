"""What the engine does as time goes on: tokens, deadlines, review editions, publication."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from models.advance import PHASE_WORK, Action, Do
from models.doors import steering
from models.doors.answering import send_back
from models.doors.opening import TIME_TO_ACT
from models.errors import StaleToken
from models.events import EventKind
from models.method import GateKind
from tests.factories import definition
from tests.models.conftest import At
from tests.world import World, launched

CEDAR = "city-cedar"


# -- fencing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("do", sorted(PHASE_WORK))
def test_a_run_that_has_lost_its_phase_gets_through_no_door(small: World, do: Do) -> None:
    with small.changing() as (session, standing):
        old = steering.take_lease(session, standing, 1, "first", small.now)
        steering.end_lease(standing, 1, old)
        steering.take_lease(session, standing, 1, "second", small.now)
    before = small.rows()
    with pytest.raises(StaleToken, match="Another run has taken over phase 1"):
        small.perform(Action(do, 1, "needs", CEDAR, "proceed-without"), token=old)
    assert small.rows() == before


def test_a_run_that_has_its_phase_gets_through(sqlite_engine: Engine) -> None:
    world = launched(sqlite_engine, settled=False)
    with world.changing() as (session, standing):
        token = steering.take_lease(session, standing, 1, "first", world.now)
    world.perform(Action(Do.OPEN_PHASE, 1), token=token)
    with world.looking() as standing:
        assert standing.phase(1).state == "open"


# -- what is no longer due -----------------------------------------------------------------------------------------------


def test_an_executor_that_slept_writes_no_digest_on_a_sunday(small: World) -> None:
    small.wait_days(5)
    small.now = datetime(2024, 3, 10, 9, tzinfo=UTC)
    before = small.rows()
    small.perform(Action(Do.DIGEST))
    assert small.rows() == before


def test_an_executor_that_slept_tells_no_rung_of_a_deadline_that_was_moved(small: World) -> None:
    small.wait_days(15)  # T-14 of 2 April was told
    rung = Action(Do.TELL, 1, "needs", CEDAR, "T-14:cedar:project-lead")
    with small.changing() as (session, standing):
        steering.extend(session, standing, standing.gate("needs", CEDAR), date(2024, 5, 20), "", small.now)
    before = small.rows()
    small.perform(rung)
    assert small.rows() == before


def test_an_executor_that_slept_tells_no_rung_after_a_later_one(small: World) -> None:
    small.wait_days(23)  # T-14 and T-7 of 2 April
    with small.changing() as (_, standing):
        gate = standing.gate("needs", CEDAR)
        gate.told = [rung for rung in gate.told if rung.startswith("T-7")]  # it stood still at T-14
    before = small.rows()
    small.perform(Action(Do.TELL, 1, "needs", CEDAR, "T-14:cedar:project-lead"))
    assert small.rows() == before


# -- opening ---------------------------------------------------------------------------------------------------------


def test_a_gate_that_still_waits_for_another_does_not_open_whoever_asks(small: World) -> None:
    small.perform(Action(Do.OPEN_GATE, 1, "matching-approval", "programme"))
    assert small.gate("matching-approval", "programme").state == "pending"


def test_a_deadline_is_moved_to_a_working_day_and_the_event_says_why(small: World) -> None:
    """Four weeks from 4 March is Easter Monday."""
    opened = small.events(EventKind.GATE_OPENED, gate="needs", scope=CEDAR)[0]
    assert (opened.detail["asked_on"], opened.detail["due_on"]) == ("2024-04-01", "2024-04-02")
    assert any("Easter" in reason or "holiday" in reason.lower() for reason in opened.detail["reasons"])


def test_a_gate_that_opens_late_leaves_time_to_act(small: World) -> None:
    """Everything was handed in a hundred days late: the deadline the method has for the approval is long past."""
    small.oversleep(100)
    small.answer("needs", "profile", scope=CEDAR)
    with small.looking() as standing:
        earliest = standing.calendar.add_working_days(["cedar"], standing.today(small.now), TIME_TO_ACT[GateKind.APPROVAL])
        assert standing.gate("needs-approval", CEDAR).due_on == earliest
    opened = small.events(EventKind.GATE_OPENED, gate="needs-approval", scope=CEDAR)[0]
    assert opened.detail["reasons"][0] == "no earlier than 5 working days after it opened"


def test_a_visit_that_was_agreed_late_takes_place_late(at: At) -> None:
    world = at("visit-1-agenda-approval")
    world.oversleep(90)
    world.answer("visit-1-agenda-approval")
    with world.looking() as standing:
        assert standing.meeting("visit-1", "pair-cedar").planned_on == standing.gate("visit-1", "pair-cedar").due_on
    moved = world.events(EventKind.DEADLINE_MOVED, gate="visit-1", scope="pair-cedar")[-1]
    assert moved.detail["new"] > moved.detail["old"]
    assert "working days after it opened" in moved.detail["why"]


# -- editions --------------------------------------------------------------------------------------------------------


def test_each_return_adds_a_part_to_the_version(at: At) -> None:
    world = at("plan-draft-approval")
    gate = next(gate for gate in world_gates(world, "plan-draft-approval") if gate.is_open)
    for _ in range(2):
        world.decide(gate.key, gate.scope, gate.scope.removeprefix("city-"), "return", "who does it?")
        world.answer("plan-draft", scope=gate.scope)
    with world.looking() as standing:
        editions = standing.editions_of("D4.2", gate.scope)
        assert [(item.version, item.state) for item in editions] == [("0.1", "returned"), ("0.1.1", "returned"), ("0.1.2", "review")]
        assert len({item.content_sha256 for item in editions}) == 3


def world_gates(world: World, key: str) -> list[object]:
    with world.looking() as standing:
        return list(standing.gates_of(key))


def test_what_was_approved_is_what_is_published(at: At) -> None:
    world = at("closed")
    with world.looking() as standing:
        published = [item for item in standing.programme.editions if item.published_at]
        assert len(published) == 51
        for edition in published:
            assert edition.approval["state"] == "approved"
            assert edition.approval["content_sha256"] == edition.content_sha256


def test_what_was_gone_on_without_is_published_unapproved_and_names_the_gap(at: At) -> None:
    world = at("pair-agreement")
    for gate in list(world_gates(world, "pair-agreement")):
        with world.changing() as (session, standing):
            steering.proceed_without(session, standing, standing.gate(gate.key, gate.scope), "no answer", world.now)
    world.settle()
    world.perform(Action(Do.PUBLISH, 1, None, "pair-cedar", "D1.3"))
    with world.looking() as standing:
        edition = standing.latest_edition("D1.3", "pair-cedar")
        assert edition is not None
        assert edition.approval == {
            "state": "none", "role": None, "at": None, "content_sha256": None,
            "gap": "Pair agreement: both cities approve: the programme went on without it.",
        }  # fmt: skip


def test_a_tacit_approval_says_so_and_binds_to_the_content(sqlite_engine: Engine) -> None:
    world = launched(sqlite_engine, definition(gates={"needs-approval": {"policy": "tacit-consent"}}))
    world.assess()
    world.oversleep(90)
    world.perform(Action(Do.PUBLISH, 1, None, CEDAR, "D1.1"))
    with world.looking() as standing:
        edition = standing.latest_edition("D1.1", CEDAR)
        assert edition is not None
        assert edition.approval["state"] == "tacit"
        assert edition.approval["content_sha256"] == edition.content_sha256


def test_an_approval_of_other_content_is_stale(at: At) -> None:
    world = at("pair-agreement")
    with world.changing() as (_, standing):
        edition = standing.latest_edition("D1.1", CEDAR)
        assert edition is not None
        edition.content_sha256, edition.published_at, edition.state = "0" * 64, None, "approved"
    world.perform(Action(Do.PUBLISH, 1, None, CEDAR, "D1.1"))
    with world.looking() as standing:
        edition = standing.latest_edition("D1.1", CEDAR)
        assert edition is not None
        assert edition.approval["state"] == "stale"
        assert edition.approval["content_sha256"] not in (None, edition.content_sha256)


def test_an_edition_is_published_once(at: At) -> None:
    world = at("closed")
    before = world.rows()
    world.perform(Action(Do.PUBLISH, 1, None, CEDAR, "D1.1"))
    assert world.rows() == before


def test_a_phase_with_a_gate_that_came_back_does_not_complete(at: At) -> None:
    """The run looked, somebody returned the pair agreement, the run came to complete the phase."""
    world = at("pair-agreement")
    with world.changing() as (session, standing):
        for gate in standing.gates_of("pair-agreement"):
            gate.state = "satisfied"
        send_back(session, standing, standing.gate("pair-agreement", "pair-cedar"), "once more", world.now)
    world.perform(Action(Do.COMPLETE_PHASE, 1))
    with world.looking() as standing:
        assert standing.phase(1).state == "open"


def test_the_programme_does_not_close_while_a_notice_is_on_its_way(at: At) -> None:
    world = at("closure")
    world.decide("closure", "programme", "alliance")
    world.settle()
    world.perform(Action(Do.CLOSE))
    with world.looking() as standing:
        assert standing.programme.closed_at is None


@pytest.mark.parametrize("key", ["matching-approval", "closure"])
def test_time_never_goes_on_without_the_matching_or_the_closure(at: At, key: str) -> None:
    world = at(key)
    with world.changing() as (_, standing):
        standing.gate(key, "programme").policy = "proceed-without"
    world.now += timedelta(days=365)
    world.settle()
    assert world.gate(key, "programme").is_open


def test_an_error_in_the_transaction_leaves_neither_row_nor_event(world: World) -> None:
    before = world.rows()
    with pytest.raises(RuntimeError), world.changing() as (session, standing):
        steering.extend(session, standing, standing.gate("needs", CEDAR), date(2024, 5, 2), "", world.now)
        session.flush()
        raise RuntimeError
    assert world.rows() == before
