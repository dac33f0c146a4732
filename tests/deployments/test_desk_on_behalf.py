"""What the coordinator does on a partner's pages beside answering: recorded as on behalf, said to be so, left in the partner's hands."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from models.database import changing, reading
from models.doors import access
from models.drafts import Draft
from models.events import history
from models.standing import load
from models.verify import violations
from tests.deployments.coordinator_world import HOME, Browser, proof_in, signed_in
from tests.deployments.desk_world import World, copied, fields, lead, opened, play
from tests.deployments.test_desk_workbooks import answers, filled, state
from tests.models import files
from tests.tasks.worded import Docx, ins, para


@pytest.fixture
def inside(morning: World, tmp_path: Path) -> Browser:
    return signed_in(copied(morning, tmp_path / "world"))


def acting(inside: Browser) -> str:
    """The address of Cedar's page for its needs, opened on Cedar's behalf."""
    gate = inside.world.gate("needs", "city-cedar").id
    return inside.press(f"{HOME}/gate/{gate}", "behalf", party="cedar:project-lead").headers["location"]


def events(world: World, kind: str) -> list[dict[str, Any]]:
    with reading(world.engine) as session:
        return [event.detail for event in history(session, "orchard") if event.kind == kind]


def coordination(world: World) -> str:
    with reading(world.engine) as session:
        definition = load(session, "orchard").definition
        return definition.organisation(definition.coordinator).name


def hand_on(inside: Browser, address: str) -> tuple[str, str]:
    """Hand a section on; the number it has and the token it opens with."""
    until = (inside.world.now + timedelta(days=7)).date().isoformat()
    made = inside.press(f"{address}/hand-on", fields="needs", label="Housing office", until=until).headers["location"]
    found = re.search(r'href="[^"]*/link/([^"]+)" id="link-new"', inside.get(made).text)
    assert found is not None
    return made.rpartition("=")[2], unescape(found[1])


def test_a_section_handed_on_for_a_partner_is_seen_and_taken_back_by_the_partner(inside: Browser) -> None:
    world = inside.world
    number, token = hand_on(inside, acting(inside))
    assert events(world, "section-handed-on")[0]["on_behalf"] is True
    page = world.get(f"/a/{lead(world)}/hand-on").text
    assert "handed on by the coordinator" in page
    assert world.get(f"/a/{token}").status_code == 200, "whoever holds it needs no coordinator's session"
    world.post(f"/a/{lead(world)}/hand-on", data={"withdraw": number, "proof": fields(world, f"{lead(world)}/hand-on")["proof"]})
    assert events(world, "section-withdrawn")[0]["on_behalf"] is False
    assert world.get(f"/a/{token}").status_code == 410


def test_a_name_typed_while_on_behalf_is_kept_with_the_coordinations(inside: Browser) -> None:
    world, address = inside.world, acting(inside)
    where = f"{address}/form/context"
    base = re.search(r'name="base" value="([^"]*)"', inside.get(where).text)
    assert base is not None
    assert inside.press(where, base=base[1], writer="Karl", context="A town by the river.", do="save").status_code == 303
    with reading(world.engine) as session:
        kept = session.scalars(select(Draft)).one().history[-1]
        said = kept.writer, kept.state["context"]
    assert said == (f"Karl, {coordination(world)}", "A town by the river.")


def test_what_a_partner_hands_on_itself_does_not_say_so(inside: Browser) -> None:
    world = inside.world
    until = (world.now + timedelta(days=7)).date().isoformat()
    sent = fields(world, f"{lead(world)}/hand-on", label="Housing office", until=until)
    assert world.post(f"/a/{lead(world)}/hand-on", data={**sent, "fields": "needs"}).status_code == 303
    assert "handed on by the coordinator" not in world.get(f"/a/{lead(world)}/hand-on").text
    assert events(world, "section-handed-on")[0]["on_behalf"] is False


def test_a_section_handed_on_for_a_partner_outlives_the_sign_out_and_ends_with_its_day_and_the_partners_links(inside: Browser) -> None:
    world = inside.world
    address = acting(inside)
    (_, first), (_, second) = hand_on(inside, address), hand_on(inside, address)
    inside.press(HOME, "here", to=f"{HOME}/sign-out")
    assert inside.get(address).status_code == 404
    assert world.get(f"/a/{first}").status_code == 200
    world.set_clock(world.now + timedelta(days=8))
    assert world.get(f"/a/{first}").status_code == 410
    world.set_clock(world.now - timedelta(days=8))
    with changing(world.engine) as session:
        access.withdraw_links(session, load(session, "orchard", locked=True), "cedar", world.now)
    assert world.get(f"/a/{second}").status_code == 410


def test_a_section_taken_back_on_behalf_is_recorded_so(inside: Browser) -> None:
    address = acting(inside)
    number, _ = hand_on(inside, address)
    inside.press(f"{address}/hand-on", withdraw=number)
    assert events(inside.world, "section-withdrawn")[0]["on_behalf"] is True


def test_a_request_taken_back_on_behalf_is_recorded_so_and_one_that_was_made_says_by_whom(inside: Browser) -> None:
    world, address = inside.world, acting(inside)
    inside.press(f"{address}/more-time", how="10", reason="They phoned.")
    assert coordination(world) in world.get(f"/a/{lead(world)}").text
    own, theirs = inside.get(address).text, world.get(f"/a/{lead(world)}").text
    assert "It waits for your answer, on the coordinator’s side." in own
    assert "The coordinator has been told." in theirs
    assert "The coordinator has been told." not in own
    assert "until you have answered the request on the coordinator’s side" in inside.get(f"{address}/more-time").text
    inside.press(f"{address}/more-time", what="withdraw")
    (answered,) = events(world, "time-answered")
    assert (answered["verdict"], answered["on_behalf"], answered["entry"]) == ("withdrawn", True, "desk")


def test_files_attached_and_withdrawn_on_behalf_are_recorded_so_and_listed_with_who_did_it(inside: Browser) -> None:
    world, address = inside.world, acting(inside)
    assert inside.upload(f"{address}/attachments", "act.pdf", files.PDF).status_code == 303
    page = world.get(f"/a/{lead(world)}/attachments").text
    assert coordination(world) in page
    found = re.search(r"attachments/(\d+)/withdraw", page)
    assert found is not None
    inside.post(f"{address}/attachments/{found[1]}/withdraw", proof=proof_in(inside.get(f"{address}/attachments")))
    assert [events(world, f"attachment-{what}")[0]["on_behalf"] for what in ("received", "withdrawn")] == [True, True]


def test_a_workbook_taken_over_on_behalf_is_recorded_so_and_the_draft_says_whose_it_is(inside: Browser) -> None:
    world, address = inside.world, acting(inside)
    book = filled(inside.get(f"{address}/workbook.xlsx").content, answers(C4="A town by the river."))
    preview = inside.upload(f"{address}/workbook", "needs.xlsx", book).headers["location"]
    base = re.search(r'name="base" value="([^"]*)"', inside.get(preview).text)
    assert base is not None
    assert inside.press(preview, to=f"{preview}/accept", base=base[1]).status_code == 303
    assert "A town by the river." in str(state(world))
    (taken,) = events(world, "file-taken-over")
    assert (taken["kind_of_file"], taken["on_behalf"], taken["entry"]) == ("workbook", True, "desk")
    assert coordination(world) in world.get(f"/a/{lead(world)}").text
    with reading(world.engine) as session:
        assert violations(session, "orchard") == []


def test_a_workbook_that_a_partner_takes_over_is_a_draft_and_nobodys_history(inside: Browser) -> None:
    world, address = inside.world, f"/a/{lead(inside.world)}"
    partner = Browser(world)
    book = filled(partner.get(f"{address}/workbook.xlsx").content, answers(C4="A town by the river."))
    preview = partner.upload(f"{address}/workbook", "needs.xlsx", book).headers["location"]
    base = re.search(r'name="base" value="([^"]*)"', partner.get(preview).text)
    assert base is not None
    assert partner.press(preview, to=f"{preview}/accept", base=base[1]).status_code == 303
    assert "A town by the river." in str(state(world))
    assert events(world, "file-taken-over") == []


def test_a_word_file_taken_over_on_behalf_is_recorded_so(morning: World, tmp_path: Path) -> None:
    world = copied(morning, tmp_path / "planning")
    play(world, opened("plan-draft"))
    inside = signed_in(world)
    gate = world.gate("plan-draft", "city-cedar").id
    address = inside.press(f"{HOME}/gate/{gate}", "behalf", party="cedar:project-lead").headers["location"]
    copy = Docx(inside.get(f"{address}/plan.docx").content)
    copy.write("governance", para(ins("A board of seven.")))
    preview = inside.upload(f"{address}/word", "plan.docx", copy.bytes()).headers["location"]
    seen = re.search(r'name="seen" value="([^"]*)"', inside.get(preview).text)
    assert seen is not None
    assert inside.press(preview, take="all", seen=seen[1]).status_code == 303
    (taken,) = events(world, "file-taken-over")
    assert (taken["kind_of_file"], taken["on_behalf"]) == ("word", True)
    token = world.token("plan-draft", "city-cedar", "cedar", "project-lead")
    assert coordination(world) in world.get(f"/a/{token}").text
