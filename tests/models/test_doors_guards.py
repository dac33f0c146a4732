"""Answers that would jam a programme or decide on what nobody saw are refused, and shared mailboxes do not stand in anybody's way."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine

from models.decisions import Verdict
from models.doors import coordinating, steering
from models.doors.coordinating import Given, choice
from models.errors import Refused
from tests.factories import definition, organisations
from tests.world import World, launched, opened


def test_an_extension_into_the_far_future_is_refused(engine: Engine) -> None:
    world = launched(engine)
    with pytest.raises(Refused, match="a year at a time"), world.changing() as (session, standing):
        steering.extend(session, standing, standing.gate("needs", "city-cedar"), date(9999, 12, 31), "", world.now)
    assert world.due() == []


def test_a_visit_before_the_programme_began_is_refused(sqlite_engine: Engine) -> None:
    world = launched(sqlite_engine)
    world.play(opened("visit-1"))
    scope = next(gate.scope for gate in _gates(world, "visit-1") if gate.is_open)
    with world.looking() as standing:
        host = standing.parties(standing.gate("visit-1", scope))[0].organisation
    with pytest.raises(Refused, match="before the programme started"):
        world.took_place("visit-1", scope, host, date(1999, 1, 1))


def _gates(world: World, key: str) -> list:  # type: ignore[type-arg]  # rows, looked at only here
    with world.looking() as standing:
        return standing.gates_of(key)


def test_a_form_opened_before_the_content_changed_decides_nothing(engine: Engine) -> None:
    world = launched(engine)
    world.assess()
    with world.looking() as standing:
        old = choice(standing, standing.gate("needs-approval", "city-cedar"))
    assert "(v1.0, " in old
    world.decide("needs-approval", "city-cedar", "cedar", Verdict.RETURN, "Say more.")
    world.contribute("needs", "city-cedar", context="Said better.")
    world.contribute("profile", "city-cedar")
    world.settle()
    given = Given(old, "approve", on_behalf_of="cedar (mayor-delegate)")
    with pytest.raises(Refused, match="changed since that form was shown"), world.changing() as (session, standing):
        coordinating.answer(session, standing, 1, given, world.now)
    with world.looking() as standing:
        now_there = choice(standing, standing.gate("needs-approval", "city-cedar"))
    with world.changing() as (session, standing):
        coordinating.answer(session, standing, 1, Given(now_there, "approve", on_behalf_of="cedar (mayor-delegate)"), world.now)
    assert world.gate("needs-approval", "city-cedar").is_satisfied


def test_what_came_too_early_is_taken_from_the_tray_when_its_gate_opens(engine: Engine) -> None:
    world = launched(engine)
    world.contribute("profile", "city-cedar")
    assert not world.gate("profile", "city-cedar").is_satisfied
    world.answer("needs")
    world.wait_days(15)
    assert world.gate("profile", "city-cedar").outcome == "contributed"
    told = world.notices(gate_id=world.gate("profile", "city-cedar").id)
    assert [(notice.kind, notice.detail["became"]) for notice in told] == [("receipt", "kept"), ("receipt", "accepted")]


def test_organisations_that_share_a_mailbox_each_have_their_notice(sqlite_engine: Engine) -> None:
    cast = []
    for item in organisations():
        shared = item.slug in ("alliance", "guides")
        contacts = [contact.model_copy(update={"mailbox": "office@shared.example"} if shared else {}) for contact in item.contacts]
        cast.append(item.model_copy(update={"contacts": [*contacts, contacts[0]]}))
    world = launched(sqlite_engine, definition(cast=cast))
    world.play(lambda standing: standing.phase(1).completed_at is not None)
    told = world.notices(kind="phase", mailbox="office@shared.example")
    assert sorted(notice.organisation for notice in told) == ["alliance", "guides"]


def test_a_rejection_is_told_to_the_coordinator_it_waits_for(engine: Engine) -> None:
    world = launched(engine)
    world.assess()
    world.decide("needs-approval", "city-cedar", "cedar", Verdict.REJECT, "Not our town.")
    assert "alliance" in [notice.organisation for notice in world.notices(kind="decision")]


@pytest.mark.parametrize("comment", ["x" * 65, "7\x00/2024"])
def test_the_number_of_an_act_is_short_and_readable_on_every_database(engine: Engine, comment: str) -> None:
    world = launched(engine)
    world.assess()
    world.decide("needs-approval", "city-cedar", "cedar", Verdict.RETURN, f"why {comment}")
    [decision] = world.gate("needs-approval", "city-cedar").decisions
    assert decision.comment == f"why {comment}".replace("\x00", "")
