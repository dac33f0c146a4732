"""The run's own record: what documents about the run quote is what really happened."""

from __future__ import annotations

from datetime import date
from typing import Any

from models.doors import steering
from models.record import record
from tests.models.conftest import At
from tests.world import World

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
    }  # four profiles are still open
    assert (found["phases"][0]["extended"], found["phases"][0]["without"]) == (1, 1)
    assert [(change["where"], change["why"]) for change in found["changes"]] == [(CEDAR, "extended by the coordinator")]


def test_rounds_and_decisions_are_counted(at: At) -> None:
    world = at("needs-approval")
    world.decide("needs-approval", CEDAR, "cedar", "return", "more")
    world.answer("needs", "profile", scope=CEDAR)
    world.answer("needs-approval")
    found = recorded(world)
    assert found["decisions"] == {"approve": 4, "return": 1}
    assert found["phases"][0]["rounds"] == 2  # questionnaire and profile came back


def test_a_record_holds_roles_and_counts_and_nobodys_address(at: At) -> None:
    assert "@" not in str(recorded(at("closed")))
