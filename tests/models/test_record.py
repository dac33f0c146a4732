"""The run's own record: what documents about the run quote is what really happened."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from models.doors import steering
from models.editions import canonical, sha256_of
from models.events import Event, EventKind, write
from models.record import record
from tests.models.conftest import At
from tests.world import PERSON, World

CEDAR = "city-cedar"


def recorded(world: World) -> dict[str, Any]:
    with world.changing() as (session, standing):
        return record(session, standing)


def test_phases_say_when_they_were_planned_opened_and_completed(at: At) -> None:
    phases = recorded(at("closed"))["phases"]
    assert [phase["number"] for phase in phases] == [1, 2, 3, 4, 5, 6, 7]
    assert all(phase["planned_on"] <= phase["opened_on"] <= phase["completed_on"] for phase in phases)


def test_every_gate_of_the_method_is_counted_once(at: At) -> None:
    world = at("closed")
    found = recorded(world)
    with world.looking() as standing:
        total = len(standing.programme.gates)
    assert sum(gate["count"] for gate in found["gates"]) == sum(phase["gates"] for phase in found["phases"]) == total
    assert sum(phase["on_time"] + phase["late"] for phase in found["phases"]) == total


def test_punctual_people_are_all_on_time(at: At) -> None:
    found = recorded(at("closed"))
    assert all(row["asked"] == row["answered"] == row["on_time"] for row in found["answers"])
    assert {row["late"] for row in found["answers"]} == {0}
    assert found["decisions"].keys() == {"approve"}


def test_lateness_extensions_and_gaps_are_counted(small: World) -> None:
    """Alder answers in time, Birch late, Cedar after an extension, and without Damson it goes on."""
    small.contribute("needs", "city-alder")
    small.wait_days(25)
    with small.changing() as (session, standing):
        steering.extend(session, standing, standing.gate("needs", CEDAR), date(2024, 4, 22), "elections", small.now)
    small.wait_days(20)
    small.contribute("needs", "city-birch")
    small.contribute("needs", CEDAR)
    with small.changing() as (session, standing):
        steering.proceed_without(session, standing, standing.gate("needs", "city-damson"), "", small.now)
    found = recorded(small)
    (leads,) = [row for row in found["answers"] if row["role"] == "project-lead"]
    assert leads == {
        "role": "project-lead",
        "asked": 8,
        "answered": 3,
        "on_time": 1,
        "late": 2,
        "without": 1,
        "days": 45.0,
    }  # four profiles are still open
    assert (found["phases"][0]["extended"], found["phases"][0]["without"]) == (1, 1)
    assert [(change["kind"], change["where"], change["why"]) for change in found["changes"]] == [
        ("deadline-moved", CEDAR, "extended by the coordinator"),
        ("went-without", "city-damson", "the coordinator goes on without it"),
    ]
    assert (found["changes"][0]["old"], found["changes"][0]["new"]) == ("2024-04-02", "2024-04-22")
    assert found["phases"][0]["done"] == found["phases"][0]["on_time"] + found["phases"][0]["late"] + found["phases"][0]["without"] == 4


def test_rounds_and_decisions_are_counted(at: At) -> None:
    world = at("needs-approval")
    world.decide("needs-approval", CEDAR, "cedar", "return", "more")
    world.answer("needs", "profile", scope=CEDAR)
    world.answer("needs-approval")
    found = recorded(world)
    assert found["decisions"] == {"approve": 4, "return": 1}
    assert found["phases"][0]["rounds"] == 2  # questionnaire and profile came back
    assert found["rounds"] == [
        {
            "phase": 1, "key": "needs-approval", "title": "Needs assessment: the mayor's delegate approves",
            "asked": 4, "at_once": 3, "returned": 1, "rejected": 0, "most": 1,
        }
    ]  # fmt: skip
    assert [(row["kind"], row["what"], row["where"]) for row in found["changes"]] == [
        ("gate-reopened", "City profile", CEDAR),
        ("gate-reopened", "Needs assessment questionnaire", CEDAR),
    ]


def test_what_is_open_names_who_owes_it_since_when(small: World) -> None:
    """Two days in, Alder has answered; the profiles are not asked for yet."""
    small.contribute("needs", "city-alder")
    small.wait_days(2)
    found = recorded(small)["open"]
    assert [row["scope"] for row in found] == ["city-birch", CEDAR, "city-damson"]
    assert found[1] == {
        "phase": 1, "key": "needs", "title": "Needs assessment questionnaire", "scope": CEDAR,
        "asked_on": "2024-03-04", "planned_on": "2024-04-02", "due_on": "2024-04-02", "round": 0,
        "owed_by": [{"organisation": "cedar", "role": "project-lead"}],
    }  # fmt: skip


def test_what_is_due_first_stands_first_among_what_is_open(small: World) -> None:
    small.wait_days(20)
    with small.changing() as (session, standing):
        steering.extend(session, standing, standing.gate("needs", "city-alder"), date(2024, 6, 3), "", small.now)
    days = [row["due_on"] for row in recorded(small)["open"]]
    assert days == sorted(days)
    assert len(set(days)) > 2


def test_nothing_is_open_after_closure_and_the_day_is_known(at: At) -> None:
    world = at("closed")
    found = recorded(world)
    with world.looking() as standing:
        closed_at = standing.programme.closed_at
        assert closed_at is not None
        assert found["closed_on"] == standing.today(closed_at).isoformat()
    assert found["open"] == []
    assert found["start_on"] <= found["matched_on"] <= found["closed_on"] == found["known_until"]


def test_meetings_say_when_they_were_planned_and_when_they_took_place(at: At) -> None:
    """People here answer as soon as they are asked: visits are recorded a week before their day."""
    found = recorded(at("closed"))["meetings"]
    assert [(row["key"], row["scope"]) for row in found] == [
        ("visit-1", "pair-cedar"), ("visit-1", "pair-damson"), ("visit-2", "pair-cedar"), ("visit-2", "pair-damson"),
        ("academy", "association-north-league"), ("workshop", "pair-cedar"), ("workshop", "pair-damson"),
        ("visit-3", "pair-cedar"), ("visit-3", "pair-damson"),
    ]  # fmt: skip
    assert {row["mode"] for row in found} == {"in-person"}
    assert {row["met"] for row in found} == {"in-person"}
    assert all(row["happened_on"] and not row["without"] for row in found)


def test_how_people_met_is_what_their_own_report_says(at: At) -> None:
    """Cedar met online though everybody was to travel; Damson has not reported yet."""
    world = at("visit-1")
    world.answer("visit-1")
    assert {row["met"] for row in recorded(world)["meetings"]} == {None}
    world.contribute("visit-1-report", "pair-cedar", mode="virtual")
    found = recorded(world)["meetings"]
    assert {(row["key"], row["scope"], row["mode"], row["met"]) for row in found if row["key"] == "visit-1"} == {
        ("visit-1", "pair-cedar", "in-person", "virtual"),
        ("visit-1", "pair-damson", "in-person", None),
    }
    assert {row["met"] for row in found if row["key"] != "visit-1"} == {None}


def test_a_meeting_that_was_moved_keeps_the_day_it_was_planned_for(at: At) -> None:
    world = at("visit-1")
    before = next(row for row in recorded(world)["meetings"] if row["scope"] == "pair-cedar")
    with world.changing() as (session, standing):
        gate = standing.gate("visit-1", "pair-cedar")
        assert gate.due_on is not None
        steering.extend(session, standing, gate, gate.due_on + timedelta(days=30), "ill", world.now)
    world.wait_days(60)
    with world.looking() as standing:
        due_on = standing.gate("visit-1", "pair-cedar").due_on
    assert due_on is not None
    world.took_place("visit-1", "pair-cedar", host_of(world), due_on)
    after = next(row for row in recorded(world)["meetings"] if row["scope"] == "pair-cedar")
    assert after["planned_on"] == before["planned_on"] < after["happened_on"] == due_on.isoformat()


def host_of(world: World) -> str:
    with world.looking() as standing:
        return standing.meeting("visit-1", "pair-cedar").host


def test_notices_are_counted_by_kind(small: World) -> None:
    assert recorded(small)["notices"] == {"sent": 0, "reminders": 0, "failed": 0, "by_kind": {}}
    sent, failed = EventKind.NOTICE_SENT, EventKind.NOTICE_FAILED
    for kind, detail in ((sent, ("invitation", None)), (sent, ("reminder", "T-7")), (failed, ("reminder", "T-1"))):
        with small.changing() as (session, _):
            what = {"kind": detail[0], "rung": detail[1]}
            write(session, small.programme, Event(at=small.now, kind=kind, detail=what))
    assert recorded(small)["notices"] == {"sent": 2, "reminders": 1, "failed": 1, "by_kind": {"invitation": 1, "reminder": 1}}


def test_the_same_run_gives_the_same_record_whenever_it_is_looked_at(at: At) -> None:
    world = at("plan-adoption")
    before = sha256_of(recorded(world))
    world.now += timedelta(days=400)
    assert sha256_of(recorded(world)) == before


def test_a_record_holds_roles_and_counts_and_nobodys_address(at: At) -> None:
    found = canonical(recorded(at("closed"))).decode()
    assert "@" not in found
    assert PERSON not in found
