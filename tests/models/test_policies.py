"""What happens when a gate's time has run out: by the policy of the method or of the programme file, and never over a rejection."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine

from models.events import EventKind
from tests.factories import definition
from tests.world import World, launched

CEDAR = "city-cedar"


def out_of_time(engine: Engine, policy: str, key: str = "needs") -> World:
    """The programme with that policy at a gate, after two months of silence."""
    world = launched(engine, definition(gates={key: {"policy": policy}}))
    world.wait_days(60)
    return world


@pytest.mark.parametrize("policy", ["hold", "escalate"])
def test_people_decide_what_comes_of_a_gate_that_is_held_or_escalated(sqlite_engine: Engine, policy: str) -> None:
    gate = out_of_time(sqlite_engine, policy).gate("needs", CEDAR)
    assert gate.is_open
    assert gate.missed


def test_a_gate_with_the_policy_extend_is_extended_once(sqlite_engine: Engine) -> None:
    world = out_of_time(sqlite_engine, "extend")
    moved = world.events(EventKind.DEADLINE_MOVED, gate="needs", scope=CEDAR)
    assert len(moved) == 1
    assert world.gate("needs", CEDAR).is_open
    assert len(world.events(EventKind.DEADLINE_MISSED, gate="needs", scope=CEDAR)) == 2  # the first and the second deadline


def test_the_programme_goes_on_without_after_ten_working_days_of_grace(sqlite_engine: Engine) -> None:
    world = out_of_time(sqlite_engine, "proceed-without")
    gate = world.gate("needs", CEDAR)
    assert gate.outcome == "proceeded-without"
    assert gate.due_on == date(2024, 4, 2)
    assert gate.happened_on == date(2024, 4, 16)


def test_silence_is_consent_only_where_the_file_says_so(sqlite_engine: Engine) -> None:
    world = launched(sqlite_engine, definition(gates={"needs-approval": {"policy": "tacit-consent"}}))
    world.assess()
    world.oversleep(90)
    assert {world.gate("needs-approval", f"city-{slug}").outcome for slug in ("alder", "birch", "cedar", "damson")} == {"tacit"}
    with world.looking() as standing:
        edition = standing.latest_edition("D1.1", CEDAR)
        assert edition is not None
        assert edition.state == "approved"


def test_without_a_word_in_the_file_an_approval_waits(small: World) -> None:
    small.assess()
    small.oversleep(90)
    assert small.gate("needs-approval", CEDAR).is_open


@pytest.mark.parametrize("policy", ["tacit-consent", "proceed-without", "extend"])
def test_what_was_rejected_is_neither_consented_to_by_silence_nor_passed_over(sqlite_engine: Engine, policy: str) -> None:
    """A rejection leaves the gate to the coordinator: time does not overrule it."""
    world = launched(sqlite_engine, definition(gates={"needs-approval": {"policy": policy}}))
    world.assess()
    world.decide("needs-approval", CEDAR, "cedar", "reject", "the figures are another town's")
    world.oversleep(120)
    gate = world.gate("needs-approval", CEDAR)
    assert gate.is_open
    assert gate.rejected
    assert gate.extensions == 0
    assert len(world.events(EventKind.DEADLINE_MISSED, gate="needs-approval", scope=CEDAR)) == 1
