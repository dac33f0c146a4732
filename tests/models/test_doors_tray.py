"""The tray: what is taken in and when, what becomes of those who have decided already, and that nothing approved ever changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from models.contributions import Contribution, Revision
from models.database import reading
from models.doors import tray
from models.doors.answering import reopen
from models.doors.tray import Kept
from models.editions import Edition
from models.errors import Refused
from models.events import EventKind
from models.verify import violations
from tests.factories import definition
from tests.models.conftest import At
from tests.world import World, launched

CEDAR = "city-cedar"
LATE = "A late figure has come in."


def late(world: World, key: str = "needs", scope: str = CEDAR, **body: str) -> None:
    world.contribute(key, scope, **({"context": LATE} if key == "needs" else {}), **body)


def settle(world: World, how: Callable[..., None], text: str = "", number: int = 0) -> None:
    with world.changing() as (session, standing):
        how(session, standing, tray.waiting(session, standing)[number], text, world.now)


def waiting(world: World) -> list[Kept]:
    with world.changing() as (session, standing):
        return tray.waiting(session, standing)


def revisions(world: World, key: str = "needs", scope: str = CEDAR) -> list[Revision]:
    query = select(Contribution).where(Contribution.gate_key == key, Contribution.scope == scope)
    with reading(world.engine) as session:
        return [revision for item in session.scalars(query.options(selectinload(Contribution.revisions))) for revision in item.revisions]


def editions(world: World, number: str, scope: str) -> list[Edition]:
    with world.looking() as standing:
        return list(standing.editions_of(number, scope))


def receipts(world: World) -> list[tuple[str, str, str]]:
    return [(item.organisation, item.detail["became"], item.detail["comment"]) for item in world.notices(kind="receipt")]


def all_is_well(world: World) -> bool:
    with reading(world.engine) as session:
        return violations(session, world.programme) == []


def test_what_comes_late_gets_a_receipt_at_once(world: World) -> None:
    world.answer("needs", scope=CEDAR)
    late(world)
    assert receipts(world) == [("cedar", "kept", "")]
    assert world.notices(kind="receipt")[0].due_at == world.now
    assert [kept.revision.number for kept in waiting(world)] == [2]
    assert all_is_well(world)


def test_before_anybody_decides_it_simply_counts(world: World) -> None:
    world.answer("needs", scope=CEDAR)
    late(world)
    settle(world, tray.include, "Thank you.")
    assert [item.state for item in revisions(world)] == ["accepted", "accepted"]
    assert receipts(world)[-1] == ("cedar", "accepted", "Thank you.")
    (event,) = world.events(EventKind.TRAY_SETTLED)
    assert (event.detail["became"], event.detail["revision"]) == ("accepted", 2)
    assert "Thank you." not in str(event.detail)
    assert all_is_well(world)


def test_under_review_the_edition_is_built_anew_and_its_approver_asked_anew(at: At) -> None:
    world = at("needs-approval")
    (before,) = editions(world, "D1.1", CEDAR)
    late(world)
    settle(world, tray.include)
    gate = world.gate("needs-approval", CEDAR)
    assert (gate.state, gate.round) == ("pending", 1)
    world.settle()
    old, new = editions(world, "D1.1", CEDAR)
    assert (old.content_sha256, old.state, new.state) == (before.content_sha256, "returned", "review")
    assert new.content_sha256 != old.content_sha256
    assert world.gate("needs-approval", CEDAR).is_open
    assert len([item for item in world.notices(kind="approval-request", organisation="cedar") if item.gate_round == 1]) == 1
    assert world.gate("needs-approval", "city-damson").round == 0
    assert all_is_well(world)


def test_an_approval_given_already_is_stale_and_its_giver_is_asked_anew(at: At) -> None:
    """Both sides of a pair decide on the agreement: the mentor has, when the mentee sends better terms."""
    world = at("pair-agreement")
    with world.looking() as standing:
        pair = standing.programme.pairs[0]
    world.decide("pair-agreement", pair.scope, pair.mentor)
    world.contribute("pair-terms", pair.scope, contact_rhythm="Every second Tuesday.")
    with world.changing() as (session, standing):
        (kept,) = tray.waiting(session, standing)
        assert [gate.key for gate in tray.stale_approvals(standing, kept)] == ["pair-agreement"]
        tray.include(session, standing, kept, "", world.now)
    world.settle()
    gate = world.gate("pair-agreement", pair.scope)
    with world.looking() as standing:
        assert [party.organisation for party in standing.open_parties(gate)] == [pair.mentor, pair.mentee]
    world.answer("pair-agreement", scope=pair.scope)
    latest = editions(world, "D1.3", pair.scope)[-1]
    assert latest.state in ("approved", "published")
    assert "Every second Tuesday." in str(_content(world, latest))
    assert all_is_well(world)


def _content(world: World, edition: Edition) -> object:
    with reading(world.engine) as session:
        return session.get_one(Edition, edition.id).content


def test_what_is_approved_does_not_change_and_what_came_late_is_kept_or_declined(at: At) -> None:
    world = at("needs-approval")
    world.answer("needs-approval", scope=CEDAR)
    late(world)
    before = world.rows()
    with pytest.raises(Refused, match=r"D1\.1 @ city-cedar"):
        settle(world, tray.include)
    assert world.rows() == before
    settle(world, tray.keep_for_next, "For the plan.")
    assert revisions(world)[-1].state == "next"
    assert receipts(world)[-1] == ("cedar", "next", "For the plan.")
    assert world.rows()["edition"] == before["edition"]
    assert waiting(world) == []
    assert all_is_well(world)


def test_what_is_published_does_not_change(at: At) -> None:
    world = at("visit-1")
    late(world)
    before = world.rows()
    with pytest.raises(Refused, match=r"D1\.2 @ programme"):
        settle(world, tray.include)
    assert world.rows() == before


def test_a_gate_that_was_gone_on_without_counts_as_answered_after_all(small: World) -> None:
    world = launched(small.engine, definition(id="other", gates={"needs": {"policy": "proceed-without"}}))
    world.wait_days(60)
    assert world.gate("needs", CEDAR).outcome == "proceeded-without"
    late(world)
    settle(world, tray.include)
    assert world.gate("needs", CEDAR).outcome == "contributed"
    assert all_is_well(world)


def test_at_a_gate_that_is_open_again_it_is_the_answer(small: World) -> None:
    small.answer("needs", scope=CEDAR)
    late(small)
    with small.changing() as (session, standing):
        reopen(session, standing, standing.gate("needs", CEDAR), "once more", small.now)
    settle(small, tray.include)
    assert small.gate("needs", CEDAR).outcome == "contributed"
    assert revisions(small)[-1].body["context"] == LATE
    assert all_is_well(small)


def test_what_came_too_early_waits_for_its_time(small: World) -> None:
    small.contribute("profile", CEDAR)
    for how in (tray.include, tray.keep_for_next):
        with pytest.raises(Refused, match="has not opened yet"):
            settle(small, how)
    assert receipts(small) == [("cedar", "kept", "")]


def test_to_decline_needs_a_reason_which_the_sender_reads(small: World) -> None:
    small.answer("needs", scope=CEDAR)
    late(small)
    with pytest.raises(Refused, match="Say why"):
        settle(small, tray.decline, "  ")
    settle(small, tray.decline, "The figures are of another town.")
    last = revisions(small)[-1]
    assert (last.state, last.answer, last.settled_at) == ("declined", "The figures are of another town.", small.now)
    assert receipts(small)[-1] == ("cedar", "declined", "The figures are of another town.")


def test_a_newer_late_answer_takes_the_place_of_the_one_before(small: World) -> None:
    small.answer("needs", scope=CEDAR)
    late(small)
    small.contribute("needs", CEDAR, context="Later still.")
    assert [kept.revision.number for kept in waiting(small)] == [3]
    assert [(item.state, item.answer) for item in revisions(small)[1:]] == [("declined", "Replaced by revision 3."), ("tray", None)]


def test_what_lies_in_the_tray_is_settled_once(small: World) -> None:
    small.answer("needs", scope=CEDAR)
    late(small)
    with small.changing() as (session, standing):
        (kept,) = tray.waiting(session, standing)
        tray.include(session, standing, kept, "", small.now)
        with pytest.raises(Refused, match="dealt with already"):
            tray.decline(session, standing, kept, "no", small.now)
        with pytest.raises(Refused, match="any more"):
            tray.kept_of(session, standing, kept.revision.id)


def test_the_next_answer_starts_from_what_was_kept_for_it(small: World) -> None:
    small.answer("needs", scope=CEDAR)
    late(small)
    settle(small, tray.keep_for_next)
    with small.changing() as (session, standing):
        found = tray.starting_revision(session, standing, standing.gate("needs", CEDAR), "cedar")
        assert found is not None
        assert (found.number, found.body["context"]) == (2, LATE)
        assert tray.starting_revision(session, standing, standing.gate("needs", "city-alder"), "alder") is None


def test_a_later_gate_of_the_same_kind_starts_from_what_was_kept(at: At) -> None:
    """The plan is asked for three times; what came too late for the draft begins the revised one."""
    world = at("plan-draft-approval")
    with world.looking() as standing:
        scope = next(gate.scope for gate in standing.gates_of("plan-draft") if gate.is_satisfied)
        slug = scope.removeprefix("city-")
    world.contribute("plan-draft", scope)
    settle(world, tray.keep_for_next)
    with world.changing() as (session, standing):
        found = tray.starting_revision(session, standing, standing.gate("plan-revised", scope), slug)
        assert found is not None
        assert found.state == "next"


def test_what_was_declined_begins_nothing(small: World) -> None:
    small.answer("needs", scope=CEDAR)
    late(small)
    settle(small, tray.decline, "no")
    with small.changing() as (session, standing):
        found = tray.starting_revision(session, standing, standing.gate("needs", CEDAR), "cedar")
        assert found is not None
        assert found.number == 1
