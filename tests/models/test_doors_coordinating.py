"""The coordinator's form: every thing it can say, at every kind of gate, and what it says when a rule refuses."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from models.doors import coordinating
from models.doors.coordinating import Given, What
from models.errors import Refused
from models.gates import Gate
from tests.models.conftest import At
from tests.world import ACT, World

NEEDS, APPROVAL, AGREEMENT = "needs @ city-cedar", "needs-approval @ city-cedar", "pair-agreement @ pair-cedar"


@pytest.fixture
def world(small: World) -> World:
    """What a form says does not depend on the database: the doors behind it are tried on both."""
    return small


def say(world: World, number: int, gate: str = "", what: str = What.LOOK, **more: Any) -> None:
    """One answer, as the form's task gives it."""
    with world.changing() as (session, standing):
        coordinating.answer(session, standing, number, given(gate, what, **more), world.now)


def given(gate: str, what: str, on: date | str | None = None, **more: Any) -> Given:
    """An answer with its day as the form sends it: as text."""
    return Given(gate, What(what), on=str(on) if on else None, **more)


def refusal(world: World, number: int, gate: str = "", what: str = What.LOOK, **more: Any) -> str:
    """Why the answer is refused; nothing has changed by it."""
    before = world.rows()
    with pytest.raises(Refused) as refused:
        say(world, number, gate, what, **more)
    assert world.rows() == before
    return str(refused.value)


def gate_of(world: World, label: str) -> Gate:
    key, _, scope = label.partition(" @ ")
    return world.gate(key, scope)


def answers(world: World, number: int) -> tuple[int, str | None]:
    with world.looking() as standing:
        return standing.phase(number).answers, standing.phase(number).refusal


# -- what it offers --------------------------------------------------------------------------------------------------


def test_the_form_offers_the_open_gates_of_its_phase_and_who_is_still_asked(at: At) -> None:
    world = at("pair-agreement")
    with world.looking() as standing:
        assert [gate.label for gate in coordinating.open_gates(standing, 1)] == [AGREEMENT, "pair-agreement @ pair-damson"]
        everybody = coordinating.eligible(standing, 1)
    world.decide("pair-agreement", "pair-cedar", "cedar")
    with world.looking() as standing:
        assert set(everybody) - set(coordinating.eligible(standing, 1)) == {"cedar (project-lead)"}


def test_an_empty_answer_is_legitimate_and_counts(world: World) -> None:
    with world.changing() as (session, standing):
        coordinating.answer(session, standing, 1, Given(), world.now)
    assert answers(world, 1) == (1, None)


def test_why_an_answer_was_refused_is_kept_through_wakes_until_the_next_answer(world: World) -> None:
    why = refusal(world, 1, NEEDS, What.APPROVE)
    with world.changing() as (_, standing):
        coordinating.refuse(standing, 1, why)
    assert answers(world, 1) == (1, why)
    say(world, 1)  # a wake: somebody else has acted, the coordinator has seen nothing yet
    assert answers(world, 1) == (2, why)
    say(world, 1, NEEDS, What.EXTEND, on=date(2024, 5, 2))
    assert answers(world, 1) == (3, None)


# -- what it can do --------------------------------------------------------------------------------------------------


def test_approve_on_behalf_of_a_party(at: At) -> None:
    world = at("needs-approval")
    say(world, 1, APPROVAL, What.APPROVE, on_behalf_of="cedar (mayor-delegate)")
    gate = gate_of(world, APPROVAL)
    assert gate.outcome == "approved"
    assert [(item.entry, item.on_behalf, item.organisation) for item in gate.decisions] == [("prefect", True, "cedar")]


def test_the_coordinators_own_gate_needs_no_name(at: At) -> None:
    world = at("closure")
    say(world, 7, "closure @ programme", What.APPROVE)
    assert [(item.organisation, item.on_behalf) for item in gate_of(world, "closure @ programme").decisions] == [("alliance", False)]


def test_a_decision_of_somebody_else_needs_a_name(at: At) -> None:
    world = at("pair-agreement")
    assert "Say in “on behalf of” whose decision you record" in refusal(world, 1, AGREEMENT, What.APPROVE)
    assert "is decided by" in refusal(world, 1, AGREEMENT, What.APPROVE, on_behalf_of="damson (project-lead)")


def test_return_with_a_comment(at: At) -> None:
    world = at("needs-approval")
    assert "needs a comment" in refusal(world, 1, APPROVAL, What.RETURN, on_behalf_of="cedar (mayor-delegate)")
    say(world, 1, APPROVAL, What.RETURN, on_behalf_of="cedar (mayor-delegate)", comment="housing")
    assert gate_of(world, NEEDS).is_open


def test_what_was_rejected_is_returned_by_the_coordinator(at: At) -> None:
    world = at("needs-approval")
    say(world, 1, APPROVAL, What.REJECT, on_behalf_of="cedar (mayor-delegate)", comment="no")
    assert gate_of(world, APPROVAL).rejected
    say(world, 1, APPROVAL, What.RETURN, comment="please start again")
    assert gate_of(world, NEEDS).is_open
    assert not gate_of(world, APPROVAL).rejected
    world.answer("needs", "profile", scope="city-cedar")
    say(world, 1, APPROVAL, What.APPROVE, on_behalf_of="cedar (mayor-delegate)")
    assert gate_of(world, APPROVAL).outcome == "approved"


def test_what_was_rejected_is_gone_on_without_by_the_coordinator(at: At) -> None:
    world = at("needs-approval")
    say(world, 1, APPROVAL, What.REJECT, on_behalf_of="cedar (mayor-delegate)", comment="no")
    say(world, 1, APPROVAL, What.WITHOUT, comment="the city leaves")
    assert gate_of(world, APPROVAL).outcome == "proceeded-without"


def test_the_act_of_a_council_is_the_comment_and_its_date(at: At) -> None:
    world = at("plan-adoption")
    label, council = "plan-adoption @ city-cedar", "cedar (council)"
    assert "give its number and its date" in refusal(world, 7, label, What.APPROVE, on_behalf_of=council)
    assert "give its number and its date" in refusal(world, 7, label, What.APPROVE, on_behalf_of=council, comment=ACT)
    say(world, 7, label, What.APPROVE, on_behalf_of=council, comment=ACT, on=world.now.date())
    assert [(item.act_number, item.act_on) for item in gate_of(world, label).decisions] == [(ACT, world.now.date())]


def test_record_a_visit_on_behalf_of_its_host(at: At) -> None:
    world = at("visit-1")
    label, yesterday = "visit-1 @ pair-cedar", world.now.date() - timedelta(days=1)
    assert "is still to come" in refusal(world, 4, label, What.RECORD, on=world.now.date() + timedelta(days=2))
    say(world, 4, label, What.RECORD, on=yesterday)
    assert gate_of(world, label).happened_on == yesterday


def test_contents_are_not_recorded_in_the_form(world: World) -> None:
    assert "inclucities contribute FILE" in refusal(world, 1, NEEDS, What.RECORD)


def test_an_approval_is_not_recorded_and_a_contribution_not_approved(at: At) -> None:
    world = at("needs-approval")
    assert "choose approve, return or reject" in refusal(world, 1, APPROVAL, What.RECORD)
    assert "is no approval" in refusal(at("visit-1"), 4, "visit-1 @ pair-cedar", What.APPROVE)


@pytest.mark.parametrize("what", [What.APPROVE, What.RETURN, What.REJECT])
def test_what_cannot_be_decided_is_said_in_proper_words(world: World, what: What) -> None:
    assert f"is no approval: there is nothing to {what}." in refusal(world, 1, NEEDS, what)


def test_extend_until_a_date(world: World) -> None:
    assert "Until when" in refusal(world, 1, NEEDS, What.EXTEND)
    assert "needs a later day" in refusal(world, 1, NEEDS, What.EXTEND, on=date(2024, 3, 20))
    say(world, 1, NEEDS, What.EXTEND, on=date(2024, 5, 2), comment="elections")
    assert gate_of(world, NEEDS).due_on == date(2024, 5, 2)


def test_proceed_without(world: World) -> None:
    say(world, 1, NEEDS, What.WITHOUT, comment="the city does not answer")
    assert gate_of(world, NEEDS).outcome == "proceeded-without"


def test_proceed_without_is_barred_at_the_matching(at: At) -> None:
    assert "cannot go on without this decision" in refusal(at("matching-approval"), 1, "matching-approval @ programme", What.WITHOUT)


# -- what has changed meanwhile --------------------------------------------------------------------------------------


def test_an_answer_for_a_gate_that_has_been_dealt_with_meanwhile_is_refused_with_the_reason(world: World) -> None:
    world.contribute("needs", "city-cedar")
    assert "is satisfied: it has been dealt with" in refusal(world, 1, NEEDS, What.EXTEND, on=date(2024, 5, 2))


def test_an_answer_without_a_gate_or_for_one_that_is_not_there_is_refused(world: World) -> None:
    assert "Choose the gate" in refusal(world, 1, "", What.APPROVE)
    assert "There is no gate" in refusal(world, 1, "needs @ city-atlantis", What.APPROVE)
    assert "There is no gate" in refusal(world, 1, "nonsense", What.APPROVE)


def test_everything_the_form_can_say_is_tried_here() -> None:
    assert {what.name for what in What} == {"LOOK", "APPROVE", "RETURN", "REJECT", "RECORD", "EXTEND", "WITHOUT"}


@pytest.mark.parametrize("typed", ["soon", "2027-02-31", "31/12/2027", "\u202e2027", "0"])
def test_a_day_that_is_none_is_refused_with_what_would_be_right(world: World, typed: str) -> None:
    assert "is no date. Give it as year, month and day" in refusal(world, 1, NEEDS, What.EXTEND, on=typed)


def test_a_day_may_come_with_a_time_as_some_pickers_send_it(world: World) -> None:
    due_on = gate_of(world, NEEDS).due_on
    assert due_on is not None
    say(world, 1, NEEDS, What.EXTEND, on=f"{due_on + timedelta(days=28)}T00:00:00Z")
    assert gate_of(world, NEEDS).due_on > due_on


def test_a_refusal_is_shown_while_its_gate_is_open_and_no_longer(world: World) -> None:
    with world.changing() as (_, standing):
        coordinating.refuse(standing, 1, "Because.", Given(f"{NEEDS} (v1.0, 0123abcd)"))
    with world.looking() as standing:
        assert coordinating.last_refusal(standing, 1) == "Because."
    world.answer("needs", scope="city-cedar")
    with world.looking() as standing:
        assert coordinating.last_refusal(standing, 1) is None


def test_a_refusal_that_named_no_gate_stays_until_the_next_answer(world: World) -> None:
    with world.changing() as (_, standing):
        coordinating.refuse(standing, 1, "Choose a gate.", Given())
    with world.looking() as standing:
        assert coordinating.last_refusal(standing, 1) == "Choose a gate."
