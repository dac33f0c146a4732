"""Sections of a contribution handed on: a link of their own that opens them, and nothing else, for a time."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import select, text

from deployments.desk.site import ROUTES
from deployments.desk.visits import ANSWERING, WRITING
from models import links
from models.database import changing, reading
from models.definition import Role
from models.doors import access
from models.doors.access import Section
from models.drafts import Delegation
from models.errors import Refused
from models.links import BadLink
from models.standing import Party, load
from tasks.pages import party_of, writer_party
from tests.deployments.desk_links import signed, visit, withdraw
from tests.deployments.desk_world import ORIGIN, SECRET, World, fields, lead
from tests.deployments.form_fields import forms
from tests.deployments.test_desk_workbooks import downloaded, hidden, uploaded
from tests.deployments.test_desk_workbooks import filled as workbook


def handed_on(world: World, *names: str, days: int = 14) -> tuple[int, str]:
    """Hand sections on through the page; the number of it and its token."""
    token = lead(world)
    until = (world.now + timedelta(days=days)).date().isoformat()
    sent = fields(world, f"{token}/hand-on", label="Housing <b>office</b>", until=until)
    answer = world.post(f"/a/{token}/hand-on", data={**sent, "fields": list(names)})
    assert answer.status_code == 303, answer.text
    shown = world.get(answer.headers["location"]).text
    assert "Housing &lt;b&gt;office&lt;/b&gt;" in shown
    found = re.search(r'href="[^"]*/link/([^"]+)" id="link-new"', shown)
    assert found is not None
    return int(answer.headers["location"].rpartition("=")[2]), unescape(found[1])


def test_a_section_handed_on_opens_its_fields_and_nothing_else(world: World) -> None:
    _, token = handed_on(world, "needs", "population")
    assert visit(world, token, WRITING) == {"needs", "population", "foreign_origin_share"}
    assert visit(world, lead(world), WRITING) is None
    for address in ("/receipt", "/template.yaml", "/organisation", "/hand-on", "/edition/1", "/edition/1.pdf"):
        assert world.get(f"/a/{token}{address}").status_code == 404
    with pytest.raises(BadLink):
        visit(world, token, ANSWERING)
    assert world.get(f"/calendar/{token}.ics").status_code == 404


def test_the_page_of_a_section_says_what_it_is_for_who_handed_it_on_and_until_when_it_opens(world: World) -> None:
    _, token = handed_on(world, "needs", "population")
    page = " ".join(re.sub(r"<[^>]+>", " ", unescape(world.get(f"/a/{token}").text)).split())
    day = world.now.date() + timedelta(days=14)
    assert "Your part Population and foreign origin share and Needs" in page
    assert page.count("Your part") == 1
    assert "Handed on by Cedar (project lead)" in page
    assert f"This link opens through {day:%A}, {day.day} {day:%B %Y}" in page
    assert "Housing" not in page


def test_sections_are_handed_on_as_the_contributions_own_page_lists_them(world: World) -> None:
    listed = re.findall(r'<li[^>]*><a href="/a/[^"]+/form/\w+">([^<]+)</a>', world.get(f"/a/{lead(world)}").text)
    offered = re.findall(r'name="fields" value="\w+"[^>]*><label[^>]*>([^<]+)</label>', world.get(f"/a/{lead(world)}/hand-on").text)
    assert offered == listed
    _, token = handed_on(world, "context", "population", "needs")
    assert re.findall(r'<li[^>]*><a href="/a/[^"]+/form/\w+">([^<]+)</a>', world.get(f"/a/{token}").text) == [
        title for title in listed if title in ("Context", "Population and foreign origin share", "Needs")
    ]


def test_a_colleagues_page_says_when_their_own_section_was_saved_and_nothing_of_others(world: World) -> None:
    _, token = handed_on(world, "needs")
    for address, typed in ((f"/a/{lead(world)}/form/context", ("context", "A town.")), (f"/a/{token}/form", ("needs.e1.title", "Rooms"))):
        assert "Last saved" not in world.get(f"/a/{token}").text
        section = forms(world.get(address).text)[0]
        assert "Saved just now" not in world.get(f"/a/{token}/form").text
        sent = dict(section.with_(typed, ("writer", "Anna"), ("do", "save")))
        assert world.post(address, data=sent).status_code == 303
    world.set_clock(world.now + timedelta(hours=3))
    section = forms(world.get(f"/a/{lead(world)}/form/context").text)[0]
    world.post(f"/a/{lead(world)}/form/context", data=dict(section.with_(("context", "A town by the sea."), ("writer", "Berta"))))
    page = " ".join(re.sub(r"<[^>]+>", "", world.get(f"/a/{token}").text).split())
    assert "Last saved 3 hours ago · Anna" in page
    assert page.count("Continue") == 1
    assert "Last saved just now · Berta" in " ".join(re.sub(r"<[^>]+>", "", world.get(f"/a/{lead(world)}").text).split())


def test_a_section_handed_on_opens_the_form_and_its_workbook_of_all_pages_there_are(world: World) -> None:
    """Whoever adds a page decides whether a section opens it, and says so here."""
    _, token = handed_on(world, "needs")
    feed = links.sign(SECRET, "feed", "orchard", None, None, "cedar", "project-lead", date(2030, 1, 1))
    paths = [
        item.path for item in ROUTES if "{token}" in item.path and "GET" in (item.methods or ()) and not item.path.startswith("/link/")
    ]
    opened = {
        (what, path) for path in paths for what, link in (("part", token), ("feed", feed)) if world.get(filled(path, link)).is_success
    }
    forms = ("", "/form", "/form/{place}", "/check", "/print", "/workbook", "/workbook.xlsx")
    assert opened == {*(("part", f"/a/{{token}}{path}") for path in forms), ("feed", "/calendar/{token}.ics")}


def filled(path: str, token: str) -> str:
    """An address of a route: the link's token, 1 for numbers, the section for names."""
    return re.sub(r"\{(\w+)(:number)?\}", lambda found: token if found[1] == "token" else "1" if found[2] else "needs", path)


def test_a_section_handed_on_hands_nothing_in(world: World) -> None:
    _, token = handed_on(world, "needs")
    answer = world.post(f"/a/{token}", data={**fields(world, token), "text": "gate: needs"})
    assert answer.status_code in (403, 404, 409)
    assert world.bodies(world.gate("needs", "city-cedar")) == []
    link = links.read(SECRET, token, world.now)
    with reading(world.engine) as session:
        standing = load(session, "orchard")
        gate = standing.gate("needs", "city-cedar")
        assert party_of(standing, gate, link) is None
        assert writer_party(standing, gate, link) == Party("cedar", Role.LEAD)
        assert writer_party(standing, standing.gate("needs-approval", "city-cedar"), link) is None


def test_a_section_that_was_withdrawn_opens_nothing(world: World) -> None:
    number, token = handed_on(world, "needs")
    page = f"/a/{lead(world)}/hand-on"
    for _ in range(2):
        sent = fields(world, page.removeprefix("/a/")) | {"withdraw": str(number)}
        assert world.post(page, data=sent).status_code == 303
    answer = world.get(f"/a/{token}")
    assert answer.status_code == 410
    assert "was taken back. Ask whoever sent it to you" in answer.text
    assert "for a time" not in answer.text
    assert "withdrawn" in world.get(page).text
    assert [kind for kind, _, _ in world.history() if kind.startswith("section")] == ["section-handed-on", "section-withdrawn"]


def test_a_section_runs_out_and_is_withdrawn_with_its_organisations_links(world: World) -> None:
    number, token = handed_on(world, "needs", days=3)
    longer = signed(world, "part", section=number)
    assert visit(world, longer, WRITING) == {"needs"}
    world.set_clock(world.now + timedelta(days=4))
    over = world.get(f"/a/{token}")
    assert over.status_code == 410
    assert "for a time, and that is over" in over.text
    assert world.get(f"/a/{longer}").status_code == 410, "the row's day counts, whatever the link says"
    _, token = handed_on(world, "needs", days=3)
    withdraw(world)
    assert world.get(f"/a/{token}").status_code == 410
    with reading(world.engine) as session:
        assert all(item.withdrawn_at for item in session.scalars(select(Delegation)))


def test_a_section_of_another_gate_or_organisation_opens_nothing(world: World) -> None:
    number, _ = handed_on(world, "needs")
    until = (world.now + timedelta(days=14)).date()
    cedars, damsons = world.gate("needs", "city-cedar").id, world.gate("needs", "city-damson").id
    wrong = ((damsons, "damson", number), (damsons, "cedar", number), (cedars, "cedar", 999), (cedars, "cedar", None))
    for gate, organisation, section in wrong:
        token = links.sign(SECRET, "part", "orchard", gate, None, organisation, "project-lead", until, delegation_id=section)
        with pytest.raises(BadLink):
            visit(world, token, WRITING)


def test_a_form_to_hand_on_comes_back_with_everything_typed_and_what_is_wrong(world: World) -> None:
    page = f"{lead(world)}/hand-on"
    answer = world.post(f"/a/{page}", data={**fields(world, page), "label": "", "until": "soon", "fields": ["nonsense"]})
    assert answer.status_code == 422
    for said in ("Choose at least one section.", "Say for whom it is", "Write the date as year-month-day"):
        assert answer.text.count(said) == 2, "beside the field and in the summary"
    assert 'value="soon"' in answer.text
    far = (world.now + timedelta(days=800)).date().isoformat()
    answer = world.post(f"/a/{page}", data={**fields(world, page), "label": "x" * 81, "until": far, "fields": ["needs"]})
    assert "Shorten this to 80 characters; it has 81." in answer.text
    assert "Give a day from" in answer.text
    assert re.search(r'value="needs" checked|value="needs"\s+checked', answer.text)


def test_a_form_to_hand_on_must_come_from_its_page(world: World) -> None:
    until = world.now.date().isoformat()
    answer = world.post(f"/a/{lead(world)}/hand-on", data={"proof": "0" * 64, "label": "x", "until": until, "fields": ["needs"]})
    assert answer.status_code == 403
    with reading(world.engine) as session:
        assert session.scalars(select(Delegation)).all() == []


def test_only_who_is_asked_for_a_contribution_can_hand_a_section_on(world: World) -> None:
    foreign = world.token("needs", "city-cedar", "damson", "project-lead")
    reader = world.token("needs", "city-cedar", "cedar", "project-lead", purpose="read")
    approval = world.token("needs-approval", "city-cedar", "cedar", "mayor-delegate")
    for token in (foreign, reader, approval):
        assert world.get(f"/a/{token}/hand-on").status_code == 404
        assert world.post(f"/a/{token}/hand-on", data={"label": "x"}).status_code == 404


def test_another_organisations_section_cannot_be_withdrawn(world: World) -> None:
    number, token = handed_on(world, "needs")
    page = f"{world.token('needs', 'city-damson', 'damson', 'project-lead')}/hand-on"
    for given in (str(number), "0", "999999999999", "one", "-1", ""):
        assert world.post(f"/a/{page}", data=fields(world, page) | {"withdraw": given}).status_code == 409
    assert visit(world, token, WRITING) == {"needs"}


def test_the_link_can_be_sent_by_mail_as_it_is(world: World) -> None:
    _, token = handed_on(world, "needs")
    shown = unescape(world.get(f"/a/{lead(world)}/hand-on").text)
    assert f"/link/{token}" in unquote(next(iter(re.findall(r'href="(mailto:[^"]+)"', shown))))


# -- the doors' own rules --------------------------------------------------------------------------------------------


def test_a_form_cannot_hand_on_more_than_the_door_allows(world: World) -> None:
    day = world.now.date()
    with changing(world.engine) as session:
        standing = load(session, "orchard", locked=True)
        gate = standing.gate("needs", "city-cedar")
        past = Section(("needs",), "x", date(2020, 1, 1))
        for section in (Section((), "x", day), Section(("proof",), "x", day), Section(("needs",), " \u202e", day), past):
            with pytest.raises(Refused):
                access.delegate(session, standing, gate, "cedar", section, ORIGIN, world.now)
        with pytest.raises(Refused):
            access.delegate(session, standing, gate, "damson", Section(("needs",), "x", day), ORIGIN, world.now)
        for _ in range(access.MOST_SECTIONS):
            access.delegate(session, standing, gate, "cedar", Section(("needs",), "x", day), ORIGIN, world.now)
        with pytest.raises(Refused, match="Withdraw those"):
            access.delegate(session, standing, gate, "cedar", Section(("needs",), "x", day), ORIGIN, world.now)
        with pytest.raises(Refused, match="has no organisation 'oak'"):
            access.withdraw_links(session, standing, "oak", world.now)


def test_what_the_history_says_of_a_section_holds_no_words_of_people(world: World) -> None:
    handed_on(world, "needs")
    with world.engine.connect() as connection:
        detail = connection.execute(text("select detail from event where kind = 'section-handed-on'")).scalar_one()
    assert "ousing" not in str(detail)
    assert "needs" in str(detail)


def test_whoever_has_a_section_neither_sees_nor_settles_the_workbook_of_all(world: World) -> None:
    def edit(book: Any) -> None:
        book["Answers"]["C4"], book["Answers"]["C5"], book["Needs"]["D4"] = "A town", "not a number", "A need"

    _, part = handed_on(world, "needs")
    data = workbook(downloaded(world), edit)
    place = uploaded(world, data).headers["location"]
    number, proof = place.rpartition("/")[2], hidden(world, f"/a/{part}/workbook")["proof"]
    assert world.get(f"/a/{part}/workbook/{number}").status_code == 404
    for how in ("accept", "decline"):
        assert world.post(f"/a/{part}/workbook/{number}/{how}", data={"proof": proof, "base": "0.0"}).status_code == 404
    for own in [data, *(workbook(data, lambda book, title=title: title_of(book, title)) for title in "abcdef")]:
        answer = world.post(f"/a/{part}/workbook", data={"proof": proof}, files={"file": ("needs.xlsx", own)})
        assert answer.status_code == 303
        assert answer.headers["location"].rpartition("/")[2] != number
    assert "A town" in world.get(place).text
    mine = answer.headers["location"]
    assert world.post(f"{mine}/decline", data={"proof": proof}).status_code == 303
    assert "looked at already" in world.get(mine).text
    assert world.post(f"{place}/accept", data=hidden(world, place)).status_code == 303


def title_of(book: Any, title: str) -> None:
    book["Needs"]["D4"] = title
