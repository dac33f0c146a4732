"""What people do: contribute, decide, record. Every entry goes through these doors, also two at once."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import selectinload

from models.contributions import Contribution, Revision
from models.database import reading
from models.decisions import Decision, Entry, Remark, Verdict
from models.definition import Role
from models.doors import steering
from models.doors.answering import Offered, Origin, Ruling, contribute, decide, party_of, took_place
from models.doors.attaching import Upload, attach, withdraw
from models.errors import Refused
from models.events import EventKind
from tests.models import files
from tests.models.conftest import At
from tests.world import ACT, World, at_once, launched, opened

CEDAR = "city-cedar"


def revisions(world: World, key: str, scope: str) -> list[Revision]:
    """Every revision handed in at a gate, oldest first."""
    query = (
        select(Contribution).where(Contribution.gate_key == key, Contribution.scope == scope).options(selectinload(Contribution.revisions))
    )
    with reading(world.engine) as session:
        return [revision for item in session.scalars(query) for revision in item.revisions]


def decisions(world: World, key: str, scope: str) -> list[Decision]:
    return list(world.gate(key, scope).decisions)


def mentor_of(world: World, mentee: str) -> str:
    with world.looking() as standing:
        pair = standing.pair_of(f"pair-{mentee}")
        assert pair is not None
        return pair.mentor


def shown(world: World, number: str, scope: str) -> str:
    """The hash of the edition somebody has before their eyes."""
    with world.looking() as standing:
        edition = standing.latest_edition(number, scope)
        assert edition is not None
        return edition.content_sha256


# -- contributions ---------------------------------------------------------------------------------------------------


def test_a_contribution_satisfies_its_gate_and_is_kept_as_a_revision(world: World) -> None:
    world.contribute("needs", CEDAR)
    gate = world.gate("needs", CEDAR)
    assert (gate.state, gate.outcome, gate.happened_on) == ("satisfied", "contributed", date(2024, 3, 4))
    assert [(item.number, item.state, item.entry) for item in revisions(world, "needs", CEDAR)] == [(1, "accepted", "desk")]
    received, satisfied = world.events()[-2:]
    assert (received.kind, received.organisation) == (EventKind.CONTRIBUTION_RECEIVED, "cedar")
    assert received.detail == {"revision": 1, "sha256": revisions(world, "needs", CEDAR)[0].sha256}
    assert satisfied.kind == EventKind.GATE_SATISFIED


@pytest.mark.parametrize("organisation", ["damson", "alliance", "nobody"])
def test_a_contribution_of_somebody_else_is_refused(small: World, organisation: str) -> None:
    before = small.rows()
    with pytest.raises(Refused, match=rf"needs @ city-cedar asks 'cedar', not '{organisation}'"), small.changing() as (session, standing):
        contribute(session, standing, standing.gate("needs", CEDAR), Offered(organisation, "en", {}), Origin(Entry.DESK), small.now)
    assert small.rows() == before


def test_a_contribution_to_an_approval_is_refused(at: At) -> None:
    world = at("needs-approval")
    with pytest.raises(Refused, match="takes no contribution"), world.changing() as (session, standing):
        contribute(session, standing, standing.gate("needs-approval", CEDAR), Offered("cedar", "en", {}), Origin(Entry.DESK), world.now)


@pytest.mark.parametrize("key", ["needs", "profile"])
def test_a_contribution_to_a_gate_that_is_not_open_is_kept_in_a_tray_with_an_event(world: World, key: str) -> None:
    """`needs` has been answered already, `profile` is not asked for yet."""
    if key == "needs":
        world.contribute("needs", CEDAR)
    before = world.gate(key, CEDAR).state
    world.contribute(key, CEDAR, context="Handed in when nobody asked.")
    assert world.gate(key, CEDAR).state == before
    assert revisions(world, key, CEDAR)[-1].state == "tray"
    kept = world.events()[-1]
    assert (kept.kind, kept.gate, kept.organisation) == (EventKind.CONTRIBUTION_KEPT, key, "cedar")


def test_after_the_closure_a_contribution_is_refused_for_it_would_be_the_last_event_in_the_closures_place(at: At) -> None:
    world = at("closed")
    before = world.rows()
    with pytest.raises(Refused, match="Orchard was closed on"):
        world.contribute("needs", CEDAR)
    assert world.rows() == before


def test_what_lies_in_the_tray_does_not_count(at: At) -> None:
    world = at("needs-approval")
    before = shown(world, "D1.1", CEDAR)
    world.contribute("needs", CEDAR, context="Too late.")
    world.decide("needs-approval", CEDAR, "cedar", Verdict.APPROVE, content_sha256=before)
    assert world.gate("needs-approval", CEDAR).is_satisfied


def test_of_two_contributions_at_once_none_is_lost_and_the_gate_is_satisfied_once(world: World) -> None:
    outcomes = at_once(*[lambda: world.contribute("needs", CEDAR)] * 2)
    assert outcomes == [None, None]
    assert sorted(item.state for item in revisions(world, "needs", CEDAR)) == ["accepted", "tray"]
    assert len(world.events(EventKind.GATE_SATISFIED, gate="needs", scope=CEDAR)) == 1


def test_what_is_recorded_on_behalf_says_so_in_row_and_event(small: World) -> None:
    small.contribute("needs", CEDAR, origin=Origin(Entry.CLI, on_behalf=True))
    assert revisions(small, "needs", CEDAR)[0].on_behalf
    assert small.events(EventKind.CONTRIBUTION_RECEIVED)[0].detail["on_behalf"] is True


# -- events ----------------------------------------------------------------------------------------------------------


def test_a_visit_is_recorded_on_the_day_it_took_place_and_what_follows_counts_from_it(at: At) -> None:
    world = at("visit-1")
    host = mentor_of(world, "cedar")
    world.now += timedelta(days=8)
    world.took_place("visit-1", "pair-cedar", host, world.now.date() - timedelta(days=3))
    world.settle()
    assert world.gate("visit-1", "pair-cedar").happened_on == world.now.date() - timedelta(days=3)
    with world.looking() as standing:
        assert standing.anchor_on(standing.gate("visit-1-report", "pair-cedar")) == world.now.date() - timedelta(days=3)


def test_a_visit_that_is_still_to_come_cannot_be_recorded(at: At) -> None:
    world = at("visit-1")
    tomorrow = world.now.date() + timedelta(days=1)
    with pytest.raises(Refused, match=f"{tomorrow} is still to come"):
        world.took_place("visit-1", "pair-cedar", mentor_of(world, "cedar"), tomorrow)
    assert world.gate("visit-1", "pair-cedar").is_open


def test_a_visit_before_its_agenda_was_agreed_is_the_coordinators_to_record(at: At) -> None:
    world = at("visit-1")
    agreed = world.gate("visit-1-agenda-approval", "pair-cedar").happened_on
    assert agreed
    host, day = mentor_of(world, "cedar"), agreed - timedelta(days=1)
    with pytest.raises(Refused, match=f"{day} is before {agreed}, when it was agreed"):
        world.took_place("visit-1", "pair-cedar", host, day)
    with world.changing() as (session, standing):
        took_place(session, standing, standing.gate("visit-1", "pair-cedar"), host, day, Origin(Entry.DESK, on_behalf=True), world.now)
    assert world.gate("visit-1", "pair-cedar").happened_on == day


def test_a_visit_is_recorded_by_its_host_and_once(at: At) -> None:
    world = at("visit-1")
    with pytest.raises(Refused, match="not 'cedar'"):
        world.took_place("visit-1", "pair-cedar", "cedar")
    world.took_place("visit-1", "pair-cedar", mentor_of(world, "cedar"))
    with pytest.raises(Refused, match="there is nothing to record now"):
        world.took_place("visit-1", "pair-cedar", mentor_of(world, "cedar"))


# -- decisions -------------------------------------------------------------------------------------------------------


def test_a_decision_is_kept_with_who_when_through_which_entry_and_on_which_content(at: At) -> None:
    world = at("needs-approval")
    world.decide("needs-approval", CEDAR, "cedar")
    (decision,) = decisions(world, "needs-approval", CEDAR)
    assert (decision.organisation, decision.role, decision.entry, decision.at) == ("cedar", "mayor-delegate", "desk", world.now)
    assert decision.content_sha256 == shown(world, "D1.1", CEDAR)
    assert decision.bound == {"D1.1/city-cedar": shown(world, "D1.1", CEDAR), "D1.4/city-cedar": shown(world, "D1.4", CEDAR)}
    recorded = world.events(EventKind.DECISION_RECORDED, scope=CEDAR)[-1]
    assert recorded.detail == {"verdict": "approve", "role": "mayor-delegate", "content_sha256": decision.content_sha256, "round": 0}


def test_an_approval_of_content_that_has_changed_since_is_refused(at: At) -> None:
    world = at("needs-approval")
    before = shown(world, "D1.1", CEDAR)
    world.decide("needs-approval", CEDAR, "cedar", Verdict.RETURN, "say more about housing")
    world.contribute("needs", CEDAR, context="Housing is scarce.")
    world.contribute("profile", CEDAR)
    world.settle()
    assert shown(world, "D1.1", CEDAR) != before
    with pytest.raises(Refused, match="has changed since it was shown"):
        world.decide("needs-approval", CEDAR, "cedar", Verdict.APPROVE, content_sha256=before)
    world.decide("needs-approval", CEDAR, "cedar", Verdict.APPROVE, content_sha256=shown(world, "D1.1", CEDAR))
    assert world.gate("needs-approval", CEDAR).is_satisfied


def test_where_nothing_is_built_an_approval_binds_to_what_was_contributed(at: At) -> None:
    world = at("visit-1-agenda-approval")
    world.decide("visit-1-agenda-approval", "pair-cedar", mentor_of(world, "cedar"))
    (agenda,) = revisions(world, "visit-1-agenda", "pair-cedar")
    (decision,) = decisions(world, "visit-1-agenda-approval", "pair-cedar")
    assert decision.bound == {"visit-1-agenda/pair-cedar": agenda.sha256}


def test_somebody_who_is_not_asked_cannot_decide(at: At) -> None:
    world = at("needs-approval")
    with pytest.raises(Refused, match="does not ask 'damson'"):
        world.decide("needs-approval", CEDAR, "damson")
    with pytest.raises(Refused, match="does not ask 'cedar'"):
        world.decide("needs-approval", CEDAR, "cedar", role=Role.LEAD)


def test_nothing_is_decided_before_the_gate_is_open(small: World) -> None:
    with pytest.raises(Refused, match="pending: there is nothing to decide now"):
        small.decide("needs-approval", CEDAR, "cedar")


def test_both_cities_must_approve_and_neither_twice(at: At) -> None:
    world = at("pair-agreement")
    world.decide("pair-agreement", "pair-cedar", "cedar")
    assert world.gate("pair-agreement", "pair-cedar").is_open
    with pytest.raises(Refused, match=r"has decided on pair-agreement @ pair-cedar already"):
        world.decide("pair-agreement", "pair-cedar", "cedar", Verdict.RETURN, "on second thoughts")
    world.decide("pair-agreement", "pair-cedar", mentor_of(world, "cedar"))
    assert world.gate("pair-agreement", "pair-cedar").outcome == "approved"


@pytest.mark.parametrize("verdict", [Verdict.RETURN, Verdict.REJECT])
def test_to_return_or_reject_says_why(at: At, verdict: Verdict) -> None:
    world = at("needs-approval")
    with pytest.raises(Refused, match=f"to {verdict} needs-approval @ city-cedar needs a comment"):
        world.decide("needs-approval", CEDAR, "cedar", verdict, "  ")


def test_a_councils_decision_needs_number_and_date_of_its_act(at: At) -> None:
    world = at("plan-adoption")
    today = world.now.date()
    for incomplete in ({}, {"act_number": ACT}, {"act_on": today}):
        with pytest.raises(Refused, match="decided by an act: give its number and its date"):
            world.decide("plan-adoption", CEDAR, "cedar", **incomplete)  # type: ignore[arg-type]  # one of the two is missing on purpose
    with pytest.raises(Refused, match="is still to come"):
        world.decide("plan-adoption", CEDAR, "cedar", act_number=ACT, act_on=today + timedelta(days=1))
    world.decide("plan-adoption", CEDAR, "cedar", act_number=ACT, act_on=today)
    (decision,) = decisions(world, "plan-adoption", CEDAR)
    assert (decision.act_number, decision.act_on) == (ACT, today)


# -- two at once -----------------------------------------------------------------------------------------------------


def test_the_file_behind_a_decision_is_one_that_its_organisation_attached_there(at: At) -> None:
    world = at("plan-adoption")
    with world.changing() as (session, standing):
        here, there = standing.gate("plan-adoption", CEDAR), standing.gate("plan-adoption", "city-damson")
        strange = attach(session, standing, there, "damson", Upload("a.pdf", files.PDF), "", world.now).id
        own = attach(session, standing, here, "cedar", Upload("a.pdf", files.PDF), "Anna", world.now).id
    act = {"act_number": ACT, "act_on": world.now.date()}
    with pytest.raises(Refused, match="not there any more"):
        world.decide("plan-adoption", CEDAR, "cedar", **act, evidence_id=strange)
    world.decide("plan-adoption", CEDAR, "cedar", **act, evidence_id=own)
    with world.changing() as (session, standing), pytest.raises(Refused, match="handed in already"):
        withdraw(session, standing, standing.gate("plan-adoption", CEDAR), "cedar", own, world.now)
    told = world.events(EventKind.DECISION_RECORDED, gate="plan-adoption", scope=CEDAR)[-1].detail
    assert told["evidence_sha256"] == hashlib.sha256(files.PDF).hexdigest()


def test_a_comment_on_a_section_is_comment_enough_for_a_return_and_is_sent_to_the_authors(at: At) -> None:
    world = at("needs-approval")
    blank, real = Remark("D1.1", "2", "Needs", "  "), Remark("D1.1", "2", "Needs", "Who was asked?\0")
    with pytest.raises(Refused, match="Say why"):
        world.decide("needs-approval", CEDAR, "cedar", Verdict.RETURN, remarks=(blank,))
    world.decide("needs-approval", CEDAR, "cedar", Verdict.RETURN, remarks=(real,))
    kept = {"document": "D1.1", "section": "2", "title": "Needs", "comment": "Who was asked?"}
    assert decisions(world, "needs-approval", CEDAR)[-1].remarks == [kept]
    assert world.notices(kind="returned")[0].detail["remarks"] == [kept]


@pytest.fixture
def agreeing(engine: Engine) -> World:
    """Both pairs have their agreement before them, on each kind of database."""
    world = launched(engine)
    world.play(opened("pair-agreement"))
    return world


def test_of_two_decisions_at_once_none_is_lost_and_one_satisfies(agreeing: World) -> None:
    mentor = mentor_of(agreeing, "cedar")
    outcomes = at_once(*[lambda slug=slug: agreeing.decide("pair-agreement", "pair-cedar", slug) for slug in ("cedar", mentor)])
    assert outcomes == [None, None]
    assert {item.organisation for item in decisions(agreeing, "pair-agreement", "pair-cedar")} == {"cedar", mentor}
    assert len(agreeing.events(EventKind.GATE_SATISFIED, gate="pair-agreement", scope="pair-cedar")) == 1


def test_of_the_same_decision_given_twice_at_once_one_is_refused_plainly(agreeing: World) -> None:
    """The mayor on the desk and the coordinator on the mayor's behalf."""
    outcomes = at_once(*[lambda: agreeing.decide("pair-agreement", "pair-cedar", "cedar")] * 2)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "Refused"]
    assert len(decisions(agreeing, "pair-agreement", "pair-cedar")) == 1


def test_of_an_approval_and_a_return_at_once_the_later_meets_what_the_earlier_left(agreeing: World) -> None:
    """Either the agreement came back before the other city approved, or both verdicts count and it comes back after."""
    mentor = mentor_of(agreeing, "cedar")
    outcomes = at_once(
        lambda: agreeing.decide("pair-agreement", "pair-cedar", "cedar"),
        lambda: agreeing.decide("pair-agreement", "pair-cedar", mentor, Verdict.RETURN, "the dates are wrong"),
    )
    assert outcomes[1] is None
    assert outcomes[0] is None or isinstance(outcomes[0], Refused)
    assert agreeing.gate("pair-terms", "pair-cedar").is_open
    assert agreeing.gate("pair-agreement", "pair-cedar").round == 1


# -- coming back -----------------------------------------------------------------------------------------------------


def test_a_return_asks_the_contributors_again_and_adds_a_round(at: At) -> None:
    world = at("needs-approval")
    world.decide("needs-approval", CEDAR, "cedar", Verdict.RETURN, "say more about housing")
    for key in ("needs", "profile"):
        gate = world.gate(key, CEDAR)
        assert (gate.state, gate.round, gate.told, gate.missed) == ("open", 1, [], False)
        assert gate.due_on is not None
        assert gate.due_on > world.now.date()
    approval = world.gate("needs-approval", CEDAR)
    assert (approval.state, approval.round) == ("pending", 1)
    assert world.gate("needs", "city-damson").is_satisfied
    with world.looking() as standing:
        assert [item.state for item in standing.editions_of("D1.1", CEDAR)] == ["returned"]


def test_who_approved_the_earlier_version_is_asked_about_the_new_one(at: At) -> None:
    world = at("pair-agreement")
    mentor = mentor_of(world, "cedar")
    world.decide("pair-agreement", "pair-cedar", "cedar")
    world.decide("pair-agreement", "pair-cedar", mentor, Verdict.RETURN, "the dates are wrong")
    world.answer("pair-terms", scope="pair-cedar")
    with world.looking() as standing:
        gate = standing.gate("pair-agreement", "pair-cedar")
        assert {party.organisation for party in standing.open_parties(gate)} == {"cedar", mentor}


def test_a_return_withdraws_every_approval_of_the_same_content(at: At) -> None:
    """The pair and the facilitator have approved the benchmark paper; the committee sends it back to its authors."""
    world = at("pair-agreement")
    world.play(opened("benchmark-committee"))
    world.decide("benchmark-committee", "pair-cedar", "board", Verdict.RETURN, "no indicators")
    chain = [world.gate(key, "pair-cedar") for key in ("benchmark-pair", "benchmark-facilitator", "benchmark-committee")]
    assert [(gate.state, gate.round) for gate in chain] == [("pending", 1)] * 3
    assert [event.gate for event in world.events(EventKind.GATE_WITHDRAWN)] == [
        "benchmark-pair",
        "benchmark-facilitator",
        "benchmark-committee",
    ]
    assert world.gate("benchmark", "pair-cedar").is_open
    assert world.gate("benchmark-committee", "pair-damson").is_open
    world.answer("benchmark", scope="pair-cedar")
    assert world.gate("benchmark-pair", "pair-cedar").is_open


def test_a_rejection_leaves_the_gate_to_the_coordinator(at: At) -> None:
    world = at("pair-agreement")
    world.decide("pair-agreement", "pair-cedar", "cedar", Verdict.REJECT, "not with us")
    gate = world.gate("pair-agreement", "pair-cedar")
    assert gate.is_open
    assert gate.rejected
    with pytest.raises(Refused, match=r"was rejected\. The coordinator now"):
        world.decide("pair-agreement", "pair-cedar", mentor_of(world, "cedar"))
    world.wait_days(60)
    assert not [notice for notice in world.notices(gate_id=gate.id) if notice.rung]
    with world.changing() as (session, standing):
        steering.proceed_without(session, standing, standing.gate("pair-agreement", "pair-cedar"), "they part", world.now)
    assert world.gate("pair-agreement", "pair-cedar").outcome == "proceeded-without"


@pytest.mark.parametrize("verdict", [Verdict.RETURN, Verdict.REJECT])
def test_the_closure_cannot_be_sent_back_for_nobody_would_ever_be_asked_again(at: At, verdict: Verdict) -> None:
    world = at("closure")
    with pytest.raises(Refused, match="Nothing was handed in for closure @ programme"):
        world.decide("closure", "programme", "alliance", verdict, "not yet")
    world.decide("closure", "programme", "alliance")
    assert world.gate("closure", "programme").is_satisfied


def test_an_error_after_a_decision_leaves_neither_decision_nor_event(agreeing: World) -> None:
    before = agreeing.rows()
    with pytest.raises(RuntimeError), agreeing.changing() as (session, standing):
        gate = standing.gate("pair-agreement", "pair-cedar")
        decide(session, standing, gate, party_of(standing, gate, "cedar"), Ruling(Verdict.APPROVE), Origin(Entry.DESK), agreeing.now)
        raise RuntimeError
    assert agreeing.rows() == before
