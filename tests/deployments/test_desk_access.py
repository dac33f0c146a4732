"""Links on the desk: withdrawn, sent again, lost; and everything that is not to be had with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from deployments.desk.security import without_tokens
from deployments.desk.visits import ANSWERING, visiting
from models import links
from models.database import changing
from models.decisions import Entry
from models.doors import access
from models.doors.answering import Origin
from models.links import Purpose
from models.programme import Programme
from tests.deployments.desk_links import queued, request, signed, withdraw
from tests.deployments.desk_world import SECRET, World, lead

# -- withdrawn -----------------------------------------------------------------------------------------------------


def test_a_withdrawn_link_opens_nothing_and_says_so(world: World) -> None:
    before, other = lead(world), world.token("needs", "city-damson", "damson", "project-lead")
    withdraw(world)
    for address in ("", "/receipt", "/template.yaml", "/organisation", "/hand-on", "/edition/1"):
        answer = world.get(f"/a/{before}{address}")
        assert answer.status_code == 410
        assert "This link was withdrawn" in answer.text
        assert "Cedar" not in answer.text
    assert world.post(f"/a/{before}", data={"text": "gate: needs"}).status_code == 410
    assert world.get(f"/a/{signed(world, epoch=1)}").status_code == 200
    assert world.get(f"/a/{other}").status_code == 200, "another organisation's links are not touched"
    assert ("links-withdrawn", None, None) in world.history()


def test_a_link_of_an_epoch_that_has_not_come_opens_nothing(world: World) -> None:
    assert world.get(f"/a/{signed(world, epoch=7)}").status_code == 410


def test_a_link_from_before_there_were_epochs_is_of_the_first(world: World) -> None:
    old = lead(world)
    assert links.read(SECRET, old, world.now).epoch == 0
    assert old == signed(world), "tokens of the first epoch are written as they always were"


# -- sent again ----------------------------------------------------------------------------------------------------


def test_an_old_link_is_sent_again_once_a_day_however_often_the_button_is_pressed(world: World) -> None:
    old = world.token("needs", "city-cedar", "cedar", "project-lead", days=-1)
    assert f'action="/a/{old}/again"' in world.get(f"/a/{old}").text
    assert queued(world) == [], "looking sends nothing"
    answers = [world.post(f"/a/{old}/again") for _ in range(3)]
    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {(303, f"/a/{old}/again")}
    assert "on its way to the mailbox" in world.get(f"/a/{old}/again").text
    assert [mailbox for mailbox, _ in queued(world)] == ["project-lead@cedar.example"]
    world.set_clock(world.now + timedelta(days=1))
    world.post(f"/a/{old}/again")
    assert len(queued(world)) == 2


def test_a_withdrawn_link_is_sent_again_too_even_if_it_was_that_day_before(world: World) -> None:
    old = world.token("needs", "city-cedar", "cedar", "project-lead", days=-1)
    world.post(f"/a/{old}/again")
    withdraw(world)
    before = lead(world)
    for _ in range(2):
        assert world.post(f"/a/{before}/again").status_code == 303
    assert len(queued(world)) == 2


def test_a_new_link_goes_to_the_mailbox_that_answers_now(world: World) -> None:
    old = world.token("needs", "city-cedar", "cedar", "project-lead", days=-1)
    with world.engine.begin() as connection:
        connection.execute(text("update contact set mailbox = 'new@cedar.example' where mailbox = 'project-lead@cedar.example'"))
    world.post(f"/a/{old}/again")
    assert [mailbox for mailbox, _ in queued(world)] == ["new@cedar.example"]


def test_a_link_that_works_needs_no_other(world: World) -> None:
    token = lead(world)
    assert world.post(f"/a/{token}/again").headers["location"] == f"/a/{token}"
    assert queued(world) == []


@pytest.mark.parametrize("purpose", ["part", "behalf", "feed"])
def test_what_was_not_sent_by_mail_is_not_sent_again(world: World, purpose: Purpose) -> None:
    gate, past = world.gate("needs", "city-cedar"), (world.now - timedelta(days=1)).date()
    old = links.sign(SECRET, purpose, "orchard", gate.id, None, "cedar", "project-lead", past, delegation_id=1)
    shown = world.get(f"/a/{old}")
    assert shown.status_code == 410
    assert "/again" not in shown.text
    assert world.post(f"/a/{old}/again").status_code == 410
    assert queued(world) == []


def test_nothing_is_sent_again_for_what_is_not_ours(world: World) -> None:
    past = (world.now - timedelta(days=1)).date()
    foreign = links.sign("another secret", "act", "orchard", 1, None, "cedar", "project-lead", past)
    elsewhere = links.sign(SECRET, "act", "elsewhere", 1, None, "cedar", "project-lead", past)
    nobody = links.sign(SECRET, "act", "orchard", 1, None, "nobody", "project-lead", past)
    gone = links.sign(SECRET, "act", "orchard", 9999, None, "cedar", "project-lead", past)
    no_role = links.sign(SECRET, "act", "orchard", 1, None, "cedar", "gardener", past)
    assert world.post(f"/a/{foreign}/again").status_code == 404
    for token in (elsewhere, nobody, gone, no_role):
        assert world.post(f"/a/{token}/again").status_code in (303, 410)
    assert queued(world) == []


def test_a_closed_programme_sends_nothing_again(world: World) -> None:
    old = world.token("needs", "city-cedar", "cedar", "project-lead", days=-1)
    with changing(world.engine) as session:
        programme = session.get(Programme, "orchard")
        assert programme is not None
        programme.closed_at = world.now
    assert "/again" not in world.get(f"/a/{old}").text
    world.post(f"/a/{old}/again")
    world.post("/link", data={"mailbox": "project-lead@cedar.example"})
    assert queued(world) == []


# -- lost ------------------------------------------------------------------------------------------------------------


def test_an_unknown_mailbox_gets_the_same_answer_and_no_mail(world: World) -> None:
    answers = [world.post("/link", data={"mailbox": mailbox}) for mailbox in ("Project-Lead@CEDAR.example ", "nobody@cedar.example")]
    assert {(answer.status_code, answer.headers["location"], answer.text) for answer in answers} == {(303, "/link/sent", "")}
    assert set(answers[0].headers) == set(answers[1].headers)
    assert "says the same for every mailbox" in world.get("/link/sent").text
    assert [mailbox for mailbox, _ in queued(world)] == ["project-lead@cedar.example"]


def test_a_mailbox_gets_its_links_a_few_times_a_day_whoever_asks(world: World) -> None:
    for hours in (0, 0.5, 1.1, 2.2, 3.3, 4.4):
        world.set_clock(datetime(2024, 3, 4, 8, tzinfo=UTC) + timedelta(hours=hours))
        world.post("/link", data={"mailbox": "project-lead@cedar.example"})
        if hours < 1:
            assert len(queued(world)) == 1
    assert len(queued(world)) == access.MOST_A_DAY


@pytest.mark.parametrize("mailbox", ["", "cedar", "a@b@c.example", "x" * 400, "a\r\nBcc: b@c.example", "%@%.example", "å@cedar.example"])
def test_what_is_no_mailbox_is_told_beside_the_field(world: World, mailbox: str) -> None:
    answer = world.post("/link", data={"mailbox": mailbox})
    assert answer.status_code in (422, 303)
    assert queued(world) == []
    if answer.status_code == 422:
        assert 'aria-invalid="true"' in answer.text
        assert "Write the mailbox our messages come to" in answer.text


def test_a_mailbox_with_wildcards_finds_nobody(world: World) -> None:
    for mailbox in ("%@cedar.example", "project_lead@cedar.example", "project-lead@%.example"):
        world.post("/link", data={"mailbox": mailbox})
    assert queued(world) == []


# -- purposes --------------------------------------------------------------------------------------------------------


def test_a_calendars_address_opens_no_page(world: World) -> None:
    feed = links.sign(SECRET, "feed", "orchard", None, None, "cedar", "project-lead", date(2030, 1, 1))
    assert world.get(f"/calendar/{feed}.ics").status_code == 200
    for address in ("", "/organisation", "/hand-on", "/receipt", "/again"):
        assert world.get(f"/a/{feed}{address}").status_code == 404
    home = links.sign(SECRET, "act", "orchard", None, None, "cedar", "project-lead", date(2030, 1, 1))
    for token in (lead(world), signed(world, "read"), signed(world, "behalf"), home):
        assert world.get(f"/calendar/{token}.ics").status_code == 404


def test_on_behalf_is_said_of_what_comes_through_such_a_link_only(world: World) -> None:
    """A link on behalf opens its page only where the coordinator is signed in; what it records is tested there."""
    with visiting(request(world, signed(world, "act")), opens=ANSWERING) as found:
        assert found.origin == Origin(Entry.DESK)
    assert replace(found, link=replace(found.link, purpose="behalf")).origin == Origin(Entry.DESK, on_behalf=True)
    assert world.get(f"/a/{signed(world, 'behalf')}").status_code == 404


def test_what_was_never_ours_all_looks_alike(world: World) -> None:
    until = date(2030, 1, 1)
    never = [
        "nonsense",
        links.sign("another secret", "act", "orchard", 1, None, "cedar", "project-lead", until),
        links.sign(SECRET, "act", "elsewhere", 1, None, "cedar", "project-lead", until),
        links.sign(SECRET, "act", "orchard", 9999, None, "cedar", "project-lead", until),
        links.sign(SECRET, "act", "orchard", 1, None, "nobody", "project-lead", until),
        links.sign(SECRET, "part", "orchard", 1, None, "cedar", "project-lead", until, delegation_id=5),
        links.sign(SECRET, "open sesame", "orchard", 1, None, "cedar", "project-lead", until),  # type: ignore[arg-type]
    ]
    pages = {(world.get(f"/a/{token}").status_code, world.get(f"/a/{token}").text.replace(token, "")) for token in never}
    assert len(pages) == 1


@pytest.mark.parametrize("path", ["/a/{}", "/link/{}", "/calendar/{}.ics", "/a/{}/hand-on?new=1", "/sign-in/{}"])
def test_no_token_is_left_in_a_log(world: World, path: str) -> None:
    token = lead(world)
    assert token[:30] not in without_tokens(f'GET {path.format(token)} HTTP/1.1" 200')
