"""Everything asked of an organisation on one page, for each of its roles, and the same as a calendar to subscribe to."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from icalendar import Calendar
from sqlalchemy import text

from deployments.desk.security import proof
from models import links
from models.database import changing, reading
from models.definition import Role
from models.doors import access
from models.drafts import Draft
from models.links import Link
from models.standing import load
from tasks.organisation_page import OrganisationPage, concerns, organisation_page
from tests.deployments.coordinator_world import signed_in
from tests.deployments.desk_world import SECRET, World, copied, lead, mayor, opened, play


@pytest.fixture(scope="module")
def approving(morning: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    world = copied(morning, tmp_path_factory.mktemp("approving"))
    play(world, opened("needs-approval"))
    return world


@pytest.fixture(scope="module")
def second_phase(approving: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    world = copied(approving, tmp_path_factory.mktemp("second"))
    play(world, lambda standing: standing.phase(1).completed_at is not None)
    return world


def page_of(world: World, organisation: str, role: str) -> OrganisationPage:
    """The page as plain values; addresses are `to KEY @ SCOPE`."""
    link = Link("act", "orchard", None, None, organisation, role, world.now.date())
    with reading(world.engine) as session:
        return organisation_page(session, load(session, "orchard"), link, lambda gate: f"to {gate.label}", world.now)


def led_to(world: World, address: str) -> list[Link]:
    """What the links on a page allow."""
    tokens = set(re.findall(r'href="/a/([^/"]+)', world.get(address).text))
    return [links.read(SECRET, token, world.now) for token in tokens]


# -- the page --------------------------------------------------------------------------------------------------------


def test_an_officer_sees_what_is_asked_by_when_and_gets_to_it(world: World) -> None:
    token = lead(world)
    assert f'href="/a/{token}/organisation"' in world.get(f"/a/{token}").text
    shown = world.get(f"/a/{token}/organisation").text
    told = ("Everything asked of Cedar", "Needs assessment questionnaire: Cedar", "days left", "project-lead@cedar", "What comes next")
    for said in told:
        assert said in shown
    address = next(item.address for item in page_of(world, "cedar", "project-lead").tasks)
    assert address == "to needs @ city-cedar"
    for link in led_to(world, f"/a/{token}/organisation"):
        assert (link.purpose, link.organisation, link.role) == ("act", "cedar", "project-lead")
        assert link.expires_on <= links.read(SECRET, token, world.now).expires_on, "no link outlives the one that led to it"


def test_lateness_and_a_draft_begun_are_told(world: World) -> None:
    world.set_clock(world.now + timedelta(days=60))
    gate = world.gate("needs", "city-cedar")
    with changing(world.engine) as session:
        now = world.now
        session.add(Draft(programme_id="orchard", gate_id=gate.id, organisation="cedar", language="en", started_at=now, saved_at=now))
    task = next(item for item in page_of(world, "cedar", "project-lead").tasks if "@ city-cedar" in item.address)
    assert task.is_late
    assert task.begun_at == now
    shown = world.get(f"/a/{lead(world)}/organisation").text
    assert "days late" in shown
    assert "A draft was saved on" in shown


def test_a_mayor_is_led_to_decisions_and_contributions_and_to_no_one_elses(approving: World) -> None:
    mine, officers = page_of(approving, "cedar", "mayor-delegate"), page_of(approving, "cedar", "project-lead")
    approval = "to needs-approval @ city-cedar"
    assert approval in [item.address for item in mine.tasks]
    asked = next(item for item in officers.tasks if item.role == "mayor's delegate")
    assert asked.address == "", "the officer hears who is asked and gets no link to decide"
    assert "asked of another role" in approving.get(f"/a/{lead(approving)}/organisation").text
    assert mine.under_review[0].address.startswith(f"{approval}/edition/")
    assert officers.under_review == ()
    contributed = next(item for item in mine.done if item.title == "Needs assessment questionnaire")
    assert contributed.address == "to needs @ city-cedar", "what an organisation contributes may come from any of its roles"


def test_no_link_of_the_page_lets_a_mayor_do_what_the_officer_is_asked(approving: World) -> None:
    allowed = led_to(approving, f"/a/{mayor(approving)}/organisation")
    assert allowed
    with reading(approving.engine) as session:
        standing = load(session, "orchard")
        for link in allowed:
            gate = standing.gate_by_id(link.gate_id or 0)
            assert gate is not None
            assert (link.organisation, link.role) == ("cedar", "mayor-delegate")
            assert gate.spec.kind == "contribution" or Role.MAYOR in [party.role for party in standing.parties(gate)]


def test_no_link_of_the_officers_page_decides_for_the_mayor(approving: World) -> None:
    gate = approving.gate("needs-approval", "city-cedar")
    for link in led_to(approving, f"/a/{lead(approving)}/organisation"):
        assert link.gate_id != gate.id
    token = approving.token("needs-approval", "city-cedar", "cedar", "project-lead")
    answer = approving.post(f"/a/{token}", data={"proof": proof(SECRET, token), "verdict": "approve"})
    assert answer.status_code == 409


def test_what_is_published_and_concerns_a_city_is_among_its_documents(second_phase: World) -> None:
    shown = page_of(second_phase, "cedar", "project-lead").published
    assert shown
    for item in shown:
        assert second_phase.get(item.address).status_code == 200, item.address
    with reading(second_phase.engine) as session:
        standing = load(session, "orchard")
        assert concerns(standing, "cedar", "city-cedar")
        assert not concerns(standing, "cedar", "city-damson")
        assert concerns(standing, "alliance", "city-damson")
        assert concerns(standing, "south-league", "city-cedar")
        assert not concerns(standing, "south-league", "city-damson")


@pytest.mark.parametrize("organisation", ["alliance", "guides", "board", "south-league", "alder", "cedar"])
def test_every_organisation_has_its_page_in_every_phase(morning: World, second_phase: World, organisation: str) -> None:
    for world in (morning, second_phase):
        until = (world.now + timedelta(days=9)).date()
        token = links.sign(SECRET, "act", "orchard", None, None, organisation, "project-lead", until)
        assert world.get(f"/a/{token}").headers["location"] == f"/a/{token}/organisation"
        answer = world.get(f"/a/{token}/organisation")
        assert answer.status_code == 200
        assert "Your mailboxes" in answer.text


def test_only_a_link_that_answers_leads_to_the_page(world: World) -> None:
    reader = world.token("needs", "city-cedar", "cedar", "project-lead", purpose="read")
    assert world.get(f"/a/{reader}/organisation").status_code == 404
    assert "Everything asked of" not in world.get(f"/a/{reader}").text
    assert world.post(f"/a/{lead(world)}/organisation").status_code == 405


def test_on_behalf_the_page_leads_on_on_behalf_and_to_no_calendar(world: World) -> None:
    gate = world.gate("needs", "city-cedar")
    token = links.sign(SECRET, "behalf", "orchard", gate.id, None, "cedar", "project-lead", world.now.date())
    shown = signed_in(world).get(f"/a/{token}/organisation").text
    assert "/calendar/" not in shown
    found = [links.read(SECRET, item, world.now) for item in set(re.findall(r'href="/a/([^/"]+)', shown))]
    assert {link.purpose for link in found} == {"behalf"}
    assert {link.expires_on for link in found} == {world.now.date()}


# -- the calendar ----------------------------------------------------------------------------------------------------


def feed_of(world: World, token: str) -> str:
    found = re.search(r'href="[^"]*(/calendar/[^"]+\.ics)"', world.get(f"/a/{token}/organisation").text)
    assert found is not None
    return unescape(found[1])


def events(world: World, address: str) -> dict[str, tuple[str, object, int]]:
    """Summary, day and sequence by UID."""
    answer = world.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    found = Calendar.from_ical(answer.content)
    assert str(found["version"]) == "2.0"
    return {str(item["uid"]): (str(item["summary"]), item["dtstart"].dt, int(item["sequence"])) for item in found.walk("VEVENT")}


def test_a_calendar_has_the_organisations_days_and_follows_when_they_move(world: World) -> None:
    address = feed_of(world, lead(world))
    assert address == feed_of(world, lead(world)), "its address stays the same"
    before = events(world, address)
    uid = "needs.city-cedar@orchard.example"
    gate = world.gate("needs", "city-cedar")
    assert before[uid] == ("Due: Needs assessment questionnaire (Cedar)", gate.due_on, before[uid][2])
    assert not [other for other in before if "damson" in other]
    with world.engine.begin() as connection:
        connection.execute(text("update gate set due_on = '2024-06-03', extensions = extensions + 1 where id = :id"), {"id": gate.id})
    after = events(world, address)
    assert str(after[uid][1]) == "2024-06-03"
    assert after[uid][2] > before[uid][2]


def test_a_done_thing_is_done_in_the_calendar(approving: World) -> None:
    found = events(approving, feed_of(approving, lead(approving)))
    assert found["needs.city-cedar@orchard.example"][0] == "Done: Needs assessment questionnaire (Cedar)"


def test_a_withdrawn_calendar_is_empty_of_everything(world: World) -> None:
    address = feed_of(world, lead(world))
    with changing(world.engine) as session:
        access.withdraw_links(session, load(session, "orchard", locked=True), "cedar", world.now)
    answer = world.get(address)
    assert answer.status_code == 410
    assert "VEVENT" not in answer.text
