"""What the coordinator does beside deciding: extend, go on without, release; and the lease of a phase."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from models.doors import steering
from models.doors.steering import LEASE
from models.errors import Refused, StaleToken
from models.events import EventKind
from tests.models.conftest import At
from tests.world import World, at_once

CEDAR = "city-cedar"


def extend(world: World, key: str, scope: str, on: date) -> None:
    with world.changing() as (session, standing):
        steering.extend(session, standing, standing.gate(key, scope), on, "council elections", world.now)


def without(world: World, key: str, scope: str) -> None:
    with world.changing() as (session, standing):
        steering.proceed_without(session, standing, standing.gate(key, scope), "no answer", world.now)


def take(world: World, run: str, number: int = 1) -> int:
    with world.changing() as (session, standing):
        return steering.take_lease(session, standing, number, run, world.now)


# -- deadlines -------------------------------------------------------------------------------------------------------


def test_an_extension_moves_the_deadline_to_a_working_day_and_is_recorded(world: World) -> None:
    extend(world, "needs", CEDAR, date(2024, 5, 4))  # a Saturday
    gate = world.gate("needs", CEDAR)
    assert (gate.due_on, gate.extensions, gate.planned_on) == (date(2024, 5, 6), 1, date(2024, 4, 2))
    (moved,) = world.events(EventKind.DEADLINE_MOVED, gate="needs", scope=CEDAR)
    days = {"old": "2024-04-02", "new": "2024-05-06", "asked_on": "2024-05-04"}
    assert moved.detail == {**days, "why": "extended by the coordinator", "reasons": ["weekend"]}


def test_what_the_coordinator_says_goes_to_those_asked_and_not_into_the_history(world: World) -> None:
    extend(world, "needs", CEDAR, date(2024, 5, 6))
    assert world.gate("needs", CEDAR).remark == "council elections"
    assert [notice.detail["reason"] for notice in world.notices(kind="deadline-moved")] == ["council elections"]
    assert "council elections" not in str([event.detail for event in world.events()])


def test_an_extension_starts_the_ladder_afresh(small: World) -> None:
    small.wait_days(37)  # Wednesday 10 April: T+7 has gone out
    extend(small, "needs", CEDAR, date(2024, 5, 6))
    assert small.gate("needs", CEDAR).told == []
    small.wait_days(60)
    second = [
        notice.rung
        for notice in small.notices(mailbox="project-lead@cedar.example")
        if notice.rung and notice.detail["due_on"] == "2024-05-06"
    ]
    assert list(dict.fromkeys(second)) == ["T-14", "T-7", "T-1", "T+1", "T+3"]


def test_a_short_extension_is_not_followed_at_once_by_a_reminder_of_the_new_deadline(small: World) -> None:
    """The notice of the new deadline has just said it."""
    small.wait_days(37)
    extend(small, "needs", CEDAR, date(2024, 4, 15))
    small.settle()
    today = [
        notice.kind
        for notice in small.notices(mailbox="project-lead@cedar.example")
        if notice.detail.get("due_on") == "2024-04-15" and notice.gate_id
    ]
    assert today == ["deadline-moved"]


def test_a_missed_deadline_that_was_extended_can_be_missed_again(small: World) -> None:
    small.wait_days(37)
    extend(small, "needs", CEDAR, date(2024, 4, 15))
    assert not small.gate("needs", CEDAR).missed
    small.wait_days(10)
    assert len(small.events(EventKind.DEADLINE_MISSED, gate="needs", scope=CEDAR)) == 2


def test_extending_the_gate_of_a_visit_moves_the_visit(at: At) -> None:
    world = at("visit-1")
    with world.looking() as standing:
        before = standing.meeting("visit-1", "pair-cedar").planned_on
    extend(world, "visit-1", "pair-cedar", before + timedelta(weeks=5))
    with world.looking() as standing:
        assert standing.meeting("visit-1", "pair-cedar").planned_on == standing.gate("visit-1", "pair-cedar").due_on
        assert standing.meeting("visit-1", "pair-cedar").planned_on >= before + timedelta(weeks=5)


@pytest.mark.parametrize("on", [date(2024, 4, 2), date(2024, 3, 1)])
def test_an_extension_needs_a_later_day(small: World, on: date) -> None:
    with pytest.raises(Refused, match=r"due on 2024-04-02: an extension needs a later day"):
        extend(small, "needs", CEDAR, on)


def test_an_extension_into_the_past_is_refused_also_after_the_deadline(small: World) -> None:
    small.oversleep(60)
    with pytest.raises(Refused, match="later day than that and than today"):
        extend(small, "needs", CEDAR, date(2024, 4, 20))


def test_only_an_open_gate_is_extended_gone_on_without_or_released(small: World) -> None:
    small.contribute("needs", CEDAR)
    for what in (lambda: extend(small, "needs", CEDAR, date(2024, 6, 3)), lambda: without(small, "needs", CEDAR)):
        with pytest.raises(Refused, match="is satisfied: there is nothing to"):
            what()


# -- going on without ------------------------------------------------------------------------------------------------


def test_what_was_gone_on_without_is_named_where_it_would_have_been_used(world: World) -> None:
    world.oversleep(40)
    without(world, "needs", CEDAR)
    world.answer("profile", scope=CEDAR)
    assert world.events(EventKind.GATE_SATISFIED, gate="needs", scope=CEDAR)[0].detail["outcome"] == "proceeded-without"
    with world.looking() as standing:
        edition = standing.latest_edition("D1.1", CEDAR)
        assert edition is not None
        assert [(item["gate"], item["owed_by"]) for item in edition.content["missing"]] == [("needs", "Cedar")]


@pytest.mark.parametrize("key", ["matching-approval", "closure"])
def test_the_programme_cannot_go_on_without_the_matching_or_the_closure(at: At, key: str) -> None:
    world = at(key)
    before = world.rows()
    with pytest.raises(Refused, match="cannot go on without this decision"):
        without(world, key, "programme")
    assert world.rows() == before


# -- leases ----------------------------------------------------------------------------------------------------------


def test_a_lease_is_taken_over_only_once_it_has_run_out(world: World) -> None:
    first = take(world, "first")
    world.now += LEASE - timedelta(seconds=1)
    with pytest.raises(Refused, match="Another run works on phase 1"):
        take(world, "second")
    world.now += timedelta(seconds=1)
    assert take(world, "second") > first


def test_of_two_runs_that_start_at_once_one_gets_the_phase(world: World) -> None:
    outcomes = at_once(lambda: take(world, "first"), lambda: take(world, "second"))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "Refused"]


def test_a_lease_that_is_renewed_lasts(small: World) -> None:
    token = take(small, "first")
    small.now += LEASE / 2
    with small.changing() as (_, standing):
        steering.renew_lease(standing, 1, token, small.now)
    small.now += LEASE * 0.75
    with pytest.raises(Refused, match="Another run works"):
        take(small, "second")


def test_a_lease_that_was_given_back_is_free_at_once(small: World) -> None:
    token = take(small, "first")
    with small.changing() as (_, standing):
        steering.end_lease(standing, 1, token)
    assert take(small, "second") == token + 1


def test_a_run_that_lost_its_lease_can_neither_renew_nor_end_it(small: World) -> None:
    old = take(small, "first")
    small.now += LEASE
    take(small, "second")
    with pytest.raises(StaleToken), small.changing() as (_, standing):
        steering.renew_lease(standing, 1, old, small.now)
    with pytest.raises(StaleToken), small.changing() as (_, standing):
        steering.end_lease(standing, 1, old)


def test_the_same_run_takes_its_phase_again_with_a_new_token(small: World) -> None:
    assert take(small, "first") < take(small, "first")


def test_a_cancelled_run_leaves_its_phase_held_until_it_is_launched_again(world: World) -> None:
    old = take(world, "first")
    with world.changing() as (session, standing):
        steering.hold(session, standing, 1, world.now)
    with world.looking() as standing:
        assert (standing.phase(1).state, standing.phase(1).run_id) == ("held", None)
    with pytest.raises(StaleToken), world.changing() as (_, standing):
        steering.renew_lease(standing, 1, old, world.now)
    take(world, "second")
    with world.looking() as standing:
        assert standing.phase(1).state == "open"
    assert [event.kind for event in world.events()[-2:]] == [EventKind.PHASE_HELD, EventKind.PHASE_RELEASED]


def test_a_phase_that_was_held_before_it_opened_waits_again_once_released(small: World) -> None:
    with small.changing() as (session, standing):
        steering.hold(session, standing, 2, small.now)
    take(small, "run", 2)
    with small.looking() as standing:
        assert standing.phase(2).state == "waiting"


def test_a_completed_phase_is_neither_held_nor_lent(at: At) -> None:
    world = at("closed")
    before = world.rows()
    with world.changing() as (session, standing):
        steering.hold(session, standing, 1, world.now)
    assert world.rows() == before
    with pytest.raises(Refused, match="Phase 1 is completed"):
        take(world, "late")
