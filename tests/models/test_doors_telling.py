"""Which notices a change queues: to whom, for when, once. How they are sent is tested with the outbox."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest
from sqlalchemy import Engine

from models.definition import Definition, Organisation
from models.doors import steering
from models.doors.answering import Verdict
from models.notices import Notice
from tests.factories import definition, organisations
from tests.models.conftest import At
from tests.world import World, launched

CEDAR = "city-cedar"
LEAD = "project-lead@cedar.example"


def of_gate(world: World, key: str, scope: str, **wanted: Any) -> list[Notice]:
    return world.notices(gate_id=world.gate(key, scope).id, **wanted)


def with_elected_mayor(**overrides: Any) -> Definition:
    """Cedar's mayor is elected and reads a mailbox of her own; so does the deputy of the lead."""
    cast = organisations()
    for item in cast:
        if item.slug == "cedar":
            extra = [
                {"role": "mayor-delegate", "mailbox": "mayor@cedar.example", "elected": True},
                {"role": "deputy", "mailbox": "deputy@cedar.example"},
            ]
            fields = item.model_dump(mode="json")
            cast[cast.index(item)] = type(item).model_validate(fields | {"contacts": [*fields["contacts"], *extra]})
    return definition(cast=cast, **overrides)


def who_say_no_language() -> Definition:
    """Contacts as most programme files have them: they are written to in the first language of their organisation."""
    cast = [item.model_dump(mode="json") for item in organisations()]
    for item in cast:
        item["contacts"] = [{key: value for key, value in contact.items() if key != "language"} for contact in item["contacts"]]
    return definition(cast=[Organisation.model_validate(item) for item in cast])


def test_each_party_of_a_gate_is_invited_once_in_its_own_language(engine: Engine) -> None:
    world = launched(engine, who_say_no_language())
    invited = [(notice.organisation, notice.mailbox, notice.language) for notice in world.notices(kind="invitation")]
    assert invited == [
        ("alder", "project-lead@alder.example", "fr"),
        ("birch", "project-lead@birch.example", "es"),
        ("cedar", LEAD, "it"),
        ("damson", "project-lead@damson.example", "lv"),
    ]


def test_an_invitation_waits_for_a_working_morning_of_the_reader(sqlite_engine: Engine) -> None:
    """Cedar's questionnaire comes back on Friday evening: it is told on Monday, and in Sicily at nine."""
    world = launched(sqlite_engine)
    world.assess()
    world.wait(datetime.fromisoformat("2024-03-22T19:00:00+00:00"))
    world.decide("needs-approval", CEDAR, "cedar", Verdict.RETURN, "more, please")
    (told, *_) = of_gate(world, "needs", CEDAR, kind="returned")
    with world.looking() as standing:
        local = standing.calendar.local("cedar", told.due_at)
    assert (local.date(), local.time()) == (date(2024, 3, 25), time(9))


def test_an_approval_is_requested_from_everybody_who_decides(at: At) -> None:
    asked = {notice.organisation for notice in of_gate(at("pair-agreement"), "pair-agreement", "pair-cedar", kind="approval-request")}
    assert len(asked) == 2
    assert "cedar" in asked


def test_every_notice_has_a_key_of_its_own_also_after_returns_and_extensions(at: At) -> None:
    world = at("needs-approval")
    for number in (1, 2):
        world.decide("needs-approval", CEDAR, "cedar", Verdict.RETURN, "once more")
        with world.changing() as (session, standing):
            steering.extend(session, standing, standing.gate("needs", CEDAR), date(2024, 6 + number, 3), "", world.now)
        world.wait_days(5)
        world.answer("needs", "profile", scope=CEDAR)
    keys = [notice.key for notice in world.notices()]
    assert len(keys) == len(set(keys))
    assert len(of_gate(world, "needs", CEDAR, kind="returned")) == 2
    assert len(of_gate(world, "needs-approval", CEDAR, kind="approval-request")) == 3


def test_the_rungs_reach_those_the_ladder_names(sqlite_engine: Engine) -> None:
    world = launched(sqlite_engine, with_elected_mayor())
    world.wait_days(60)
    reached: dict[str | None, set[str]] = {}
    for notice in of_gate(world, "needs", CEDAR):
        if notice.rung:
            reached.setdefault(notice.rung, set()).add(notice.mailbox)
    assert reached == {
        "T-14": {LEAD},
        "T-7": {LEAD},
        "T-1": {LEAD, "deputy@cedar.example"},
        "T+1": {LEAD},
        "T+3": {LEAD, "association-contact@south-league.example"},
        "T+7": {"coordinator@alliance.example"},
        "T+14": {"steering-committee@board.example"},
    }


def test_elected_people_get_no_overdue_notice_until_the_coordinator_releases_it(sqlite_engine: Engine) -> None:
    world = launched(sqlite_engine, with_elected_mayor())
    world.assess()
    world.wait_days(57)
    before = of_gate(world, "needs-approval", CEDAR, mailbox="mayor@cedar.example")
    assert {notice.kind for notice in before} == {"approval-request", "reminder"}
    with world.changing() as (session, standing):
        gate = standing.gate("needs-approval", CEDAR)
        steering.release(session, standing, gate, world.now)
        steering.extend(session, standing, gate, date(2024, 6, 10), "", world.now)
    world.wait_days(60)
    after = of_gate(world, "needs-approval", CEDAR, mailbox="mayor@cedar.example")
    assert {notice.rung for notice in after if notice.kind == "overdue"} >= {"T+1", "T+3"}
    assert world.events("escalation-released")[0].organisation == "alliance"


def test_a_notice_says_that_silence_counts_as_consent_only_where_it_does(sqlite_engine: Engine) -> None:
    world = launched(sqlite_engine, definition(gates={"needs-approval": {"policy": "tacit-consent"}}))
    world.assess()
    world.wait_days(40)
    asked = of_gate(world, "needs-approval", CEDAR)
    assert {notice.kind for notice in asked} >= {"approval-request", "reminder"}
    assert all(notice.detail.get("tacit") for notice in asked if notice.kind in ("approval-request", "reminder"))
    assert not any(notice.detail.get("tacit") for notice in of_gate(world, "needs", CEDAR))


def test_those_who_are_asked_hear_of_a_new_deadline_with_the_old_one_and_the_reason(small: World) -> None:
    with small.changing() as (session, standing):
        steering.extend(session, standing, standing.gate("needs", CEDAR), date(2024, 5, 2), "elections", small.now)
    (moved,) = small.notices(kind="deadline-moved")
    assert (moved.mailbox, moved.detail["old"], moved.detail["new"], moved.detail["reason"]) == (
        LEAD,
        "2024-04-02",
        "2024-05-02",
        "elections",
    )


def test_authors_hear_of_an_approval_once_everybody_has_given_it(at: At) -> None:
    world = at("plan-draft-approval")
    scope = next(gate.scope for gate in world_open(world, "plan-draft-approval"))
    world.decide("plan-draft-approval", scope, scope.removeprefix("city-"))
    told = of_gate(world, "plan-draft-approval", scope, kind="decision")
    assert [notice.detail["verdict"] for notice in told] == ["approve"]


def world_open(world: World, key: str) -> list[Any]:
    with world.looking() as standing:
        return [gate for gate in standing.gates_of(key) if gate.is_open]


def test_one_of_two_approvals_is_no_news_yet(at: At) -> None:
    world = at("pair-agreement")
    world.decide("pair-agreement", "pair-cedar", "cedar")
    assert of_gate(world, "pair-agreement", "pair-cedar", kind="decision") == []


def test_a_published_deliverable_is_announced_to_those_it_is_about(at: At) -> None:
    told = at("closed").notices(kind="deliverable")
    readers = {(notice.detail["number"], notice.detail["scope"]): set() for notice in told}
    for notice in told:
        readers[notice.detail["number"], notice.detail["scope"]].add(notice.organisation)
    assert readers["D1.1", CEDAR] == {"cedar"}
    assert readers["D6.2", "association-north-league"] == {"north-league"}
    assert readers["D7.3", "programme"] == {"alliance", "alder", "birch", "cedar", "damson"}
    assert len(readers["D1.3", "pair-cedar"]) == 2


def test_coordinator_and_facilitator_hear_of_each_completed_phase_once(at: At) -> None:
    told = [(notice.detail["phase"], notice.organisation) for notice in at("closed").notices(kind="phase")]
    assert sorted(told) == [(number, slug) for number in range(1, 8) for slug in ("alliance", "guides")]


def test_the_digest_lists_what_is_overdue_and_what_falls_due(small: World) -> None:
    small.wait(datetime.fromisoformat("2024-04-03T12:00:00+00:00"))
    digest = small.notices(kind="digest")[-1]
    assert {item["scope"] for item in digest.detail["overdue"]} == {"city-alder", "city-birch", CEDAR, "city-damson"}
    assert {item["title"] for item in digest.detail["overdue"]} == {"Needs assessment questionnaire"}


def test_a_digest_with_nothing_to_say_is_not_sent(small: World) -> None:
    small.wait_days(7)
    assert small.notices(kind="digest") == []
    with small.looking() as standing:
        assert standing.programme.digest_on == date(2024, 3, 11)


@pytest.mark.parametrize("kind", ["invitation", "reminder", "overdue"])
def test_a_notice_of_the_small_programme_goes_to_a_mailbox_of_the_organisation_it_names(at: At, kind: str) -> None:
    found = at("pair-agreement").notices(kind=kind)
    assert all(notice.mailbox.endswith(f"@{notice.organisation}.example") for notice in found)
    assert found or kind != "invitation"
