"""The doors of access on both kinds of database, and what a closed programme still allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from models.database import reading
from models.doors import access
from models.doors.access import Section
from models.errors import Refused
from models.links import Link
from models.verify import violations
from tests.models.conftest import At
from tests.world import DESK, World


def test_links_withdrawn_sections_handed_on_and_links_sent_again_leave_rows_that_hold(world: World) -> None:
    section = Section(("needs", "population"), "Housing office", world.now.date())
    with world.changing() as (session, standing):
        gate = standing.gate("needs", "city-cedar")
        made = access.delegate(session, standing, gate, "cedar", section, DESK, world.now)
        assert made.fields == ["population", "needs"], "in the order of the form"
        other = access.delegate(session, standing, gate, "cedar", section, DESK, world.now)
        access.withdraw_delegation(session, standing, gate, "cedar", made.id, DESK, world.now)
        assert [access.is_in_force(item, world.now) for item in access.delegations(session, gate, "cedar")] == [True, False]
        link = Link("act", world.programme, gate.id, None, "cedar", "project-lead", world.now.date())
        assert access.reissue(session, standing, link, world.now)
        session.flush()
        for purpose in ("part", "behalf", "feed"):
            assert not access.reissue(session, standing, replace(link, purpose=purpose, gate_id=None), world.now)
        assert not access.reissue(session, standing, link, world.now)
    with world.changing() as (session, standing):
        access.withdraw_links(session, standing, "cedar", world.now)
    with reading(world.engine) as session:
        assert violations(session, world.programme) == []
        found = {item.id: item.withdrawn_at for item in access.delegations(session, gate, "cedar")}
    assert found[other.id] == world.now
    assert [event.organisation for event in world.events("links-withdrawn")] == ["cedar"]


def test_a_mailbox_is_found_in_the_running_programmes_only(world: World) -> None:
    with reading(world.engine) as session:
        assert access.programmes_of(session, "Project-Lead@Cedar.example") == [world.programme]
        assert access.programmes_of(session, "%") == []
    with world.changing() as (_, standing):
        standing.programme.closed_at = world.now
    with reading(world.engine) as session:
        assert access.programmes_of(session, "project-lead@cedar.example") == []
    with world.changing() as (_, standing):
        standing.programme.closed_at, standing.programme.rehearsal = None, True
    with reading(world.engine) as session:
        assert access.programmes_of(session, "project-lead@cedar.example") == []


def test_links_of_a_closed_programme_can_be_withdrawn_and_nothing_be_handed_on(at: At) -> None:
    world = at("closed")
    later = world.now + timedelta(days=30)
    with world.changing() as (session, standing):
        access.withdraw_links(session, standing, "cedar", later)
    with reading(world.engine) as session:
        assert violations(session, world.programme) == []
    with pytest.raises(Refused, match="is closed"), world.changing() as (session, standing):
        section = Section(("needs",), "x", later.date())
        access.delegate(session, standing, standing.gate("needs", "city-cedar"), "cedar", section, DESK, later)
