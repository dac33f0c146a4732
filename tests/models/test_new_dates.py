"""A deadline that moved: on which day it really lies and why, and who is still told of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from models.doors import steering, wishing
from models.events import EventKind
from models.outbox import is_wanted
from tests.models.conftest import At
from tests.models.test_doors_wishing import answer, ask, requests
from tests.world import World


def test_time_until_a_day_nobody_works_on_becomes_the_next_working_day_and_everybody_is_told_why(small: World) -> None:
    ask(small)
    answer(small, until=date(2024, 4, 14))
    (request,) = requests(small)
    assert request.granted_until == date(2024, 4, 15)
    (told,) = small.notices(kind="deadline-moved")
    (moved,) = small.events(EventKind.DEADLINE_MOVED)
    for detail in (told.detail, moved.detail):
        assert (detail["asked_on"], detail["new"], detail["reasons"]) == ("2024-04-14", "2024-04-15", ["weekend"])


def test_time_until_a_working_day_says_nothing_of_another_day(small: World) -> None:
    ask(small)
    answer(small, until=date(2024, 4, 15))
    (told,) = small.notices(kind="deadline-moved")
    assert "asked_on" not in told.detail


def test_that_time_was_granted_is_no_reason_beside_itself(small: World) -> None:
    ask(small)
    with small.changing() as (session, standing):
        (request,) = standing.requests_at(standing.gate("needs", "city-cedar"))
        wishing.grant(session, standing, request, date(2024, 4, 16), "", small.now)
    (told,) = small.notices(kind="deadline-moved")
    assert (told.detail["granted"], told.detail["reason"]) == (True, "")


def test_whoever_has_decided_is_neither_reminded_nor_told_of_a_new_date_while_others_still_owe_it(at: At) -> None:
    world = at("pair-agreement")
    with world.looking() as standing:
        gate = next(item for item in standing.gates_of("pair-agreement") if item.is_open)
        scope, (first, second) = gate.scope, standing.parties(gate)[:2]
        assert gate.due_on
        late = datetime.combine(gate.due_on + timedelta(days=20), datetime.min.time(), UTC)
    before = {notice.id for notice in world.notices()}
    with world.changing() as (session, standing):
        gate = standing.gate("pair-agreement", scope)
        steering.extend(session, standing, gate, late.date(), "", world.now)
    told = [item for item in world.notices(kind="deadline-moved") if item.id not in before]
    assert {item.organisation for item in told} == {first.organisation, second.organisation}
    world.decide("pair-agreement", scope, first.organisation)
    world.wait(late + timedelta(days=30))
    with world.looking() as standing:
        gate = standing.gate("pair-agreement", scope)
        assert gate.is_open
        of_the_gate = [item for item in world.notices(gate_id=gate.id) if item.id not in before]
        wanted = [item for item in of_the_gate if is_wanted(standing, gate, item)]
        readers = {(item.kind, item.organisation) for item in of_the_gate if item in wanted}
    assert {kind for kind, organisation in readers if organisation == second.organisation} >= {"deadline-moved"}
    assert {organisation for _, organisation in readers} & {first.organisation} == set()
