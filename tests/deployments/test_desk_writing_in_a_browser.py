"""Two people write at once on small screens, with the script that saves by itself, against a real server."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select

from models.database import reading
from models.drafts import Draft
from tests.browsers import PHONE, browsing, press, serving
from tests.deployments.desk_links import withdraw
from tests.deployments.desk_world import World, launched, lead


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[World, str]]:
    """The desk on a port of its own, with the address it is at."""
    world = launched(tmp_path)
    with serving(world.app) as address:
        yield world, address


@pytest.fixture
def people(chromium: str) -> Iterator[tuple[BrowserContext, BrowserContext]]:
    """Two people at two telephones."""
    with browsing(chromium) as browser:
        yield browser.new_context(viewport=PHONE), browser.new_context(viewport=PHONE)


def written(page: Page, label: str, text: str) -> None:
    """Type, and go on to the next field."""
    page.get_by_label(label).fill(text)
    page.keyboard.press("Tab")


def at_the_form(desk: tuple[World, str], people: tuple[BrowserContext, BrowserContext], section: str) -> Page:
    """The first of them at a section of the needs assessment."""
    world, address = desk
    page = people[0].new_page()
    page.goto(f"{address}/a/{lead(world)}/form/{section}")
    return page


@pytest.mark.server
def test_what_is_typed_is_saved_by_itself_and_two_answers_to_one_question_are_both_shown(
    desk: tuple[World, str], people: tuple[BrowserContext, BrowserContext]
) -> None:
    world, address = desk
    where = f"{address}/a/{lead(world)}/form/population"
    anna, berta = (context.new_page() for context in people)
    broken: list[str] = []
    for page in (anna, berta):
        page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
        page.goto(where)
    anna.get_by_label("Your first name").fill("Anna")
    written(anna, "Population", "30000")
    expect(anna.get_by_role("status")).to_contain_text("Saved ")
    written(berta, "Foreign origin share", "12.5")
    expect(berta.get_by_role("status")).to_contain_text("Saved ")
    expect(berta.get_by_label("Population")).to_have_value("30000")
    written(anna, "Population", "30500")
    expect(anna.get_by_label("Foreign origin share")).to_have_value("12.5")
    written(berta, "Population", "31000")
    expect(berta.get_by_role("status")).to_contain_text("Anna changed the same answer")
    press(berta.get_by_role("button", name="Look at both"))
    expect(berta.get_by_text("Anna changed this too")).to_be_visible()
    drawn = berta.screenshot(full_page=True)
    assert struct.unpack(">I", drawn[16:20]) == (360,)
    berta.get_by_label("Mine, as it stands below").check()
    press(berta.get_by_role("button", name="Save and continue"))
    expect(berta.get_by_role("heading", level=1)).to_contain_text("Figures")
    with reading(world.engine) as session:
        [draft] = session.scalars(select(Draft)).all()
        held = draft.history[-1].state
    assert (held["population"], held["foreign_origin_share"]) == ("31000", "12.5")
    assert not [line for line in broken if "409" not in line]

    anna.route("**/form/**", lambda route: route.abort())
    written(anna, "Population", "32000")
    expect(anna.get_by_role("status")).to_contain_text("Not saved: no connection")
    anna.unroute("**/form/**")
    expect(anna.get_by_role("status")).to_contain_text("Somebody with the same link changed the same answer")
    with reading(world.engine) as session:
        assert session.scalar(select(func.count()).select_from(Draft)) == 1


@pytest.mark.server
def test_what_was_typed_stays_on_the_page_when_its_link_stops_working(
    desk: tuple[World, str], people: tuple[BrowserContext, BrowserContext]
) -> None:
    page = at_the_form(desk, people, "context")
    where = page.url
    withdraw(desk[0])
    written(page, "Context", "What took an hour to write.")
    expect(page.get_by_role("status")).to_contain_text("this link opens nothing any more")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("status")).to_contain_text("What you wrote still stands here")
    expect(page.get_by_label("Context")).to_have_value("What took an hour to write.")
    assert page.url == where


@pytest.mark.server
def test_without_a_connection_save_stays_on_the_page_and_says_so(
    desk: tuple[World, str], people: tuple[BrowserContext, BrowserContext]
) -> None:
    world, anna = desk[0], at_the_form(desk, people, "context")
    status, text = anna.get_by_role("status"), anna.locator("textarea#context")
    text.fill("A town.")
    expect(status).to_have_text("Not saved yet")
    anna.keyboard.press("Tab")
    expect(status).to_contain_text("Saved ")
    text.fill("A town by the sea.")
    expect(status).to_have_text("Not saved yet")
    people[0].set_offline(True)
    anna.get_by_role("button", name="Save and continue").click()
    expect(status).to_contain_text("What you wrote is still here")
    expect(text).to_have_value("A town by the sea.")
    text.fill("A town by the sea, typed offline.")
    people[0].set_offline(False)
    press(anna.get_by_role("button", name="Save and continue"))
    assert "/form/population" in anna.url
    with reading(world.engine) as session:
        [draft] = session.scalars(select(Draft)).all()
        assert draft.history[-1].state["context"] == "A town by the sea, typed offline."


@pytest.mark.server
def test_an_answer_waits_for_a_choice_after_its_writer_has_closed_the_browser_and_an_entry_moves_on(
    desk: tuple[World, str], people: tuple[BrowserContext, BrowserContext]
) -> None:
    world, address = desk
    way = f"{address}/a/{lead(world)}/form"
    anna, berta = (context.new_page() for context in people)
    for page in (anna, berta):
        page.goto(f"{way}/needs")
    written(anna, "Title", "Rooms")
    expect(anna.get_by_role("status")).to_contain_text("Saved ")
    written(berta, "Title", "Jobs")
    expect(berta.get_by_role("status")).to_contain_text("They are two entries now")
    written(berta, "People affected", "400")
    expect(berta.get_by_role("status")).to_contain_text("Saved ")
    with reading(world.engine) as session:
        needs = session.scalars(select(Draft)).one().history[-1].state["needs"]
    entries = [needs["items"][key] for key in needs["order"]]
    assert [(entry["title"], entry["people_affected"]) for entry in entries] == [("Rooms", ""), ("Jobs", "400")]

    for page in (anna, berta):
        page.goto(f"{way}/context")
    anna.locator("textarea#context").fill("Anna's text")
    anna.keyboard.press("Tab")
    expect(anna.get_by_role("status")).to_contain_text("Saved ")
    berta.locator("textarea#context").fill("Berta's text")
    berta.keyboard.press("Tab")
    expect(berta.get_by_role("status")).to_contain_text("changed the same answer")
    berta.close(run_before_unload=False)
    people[1].close()
    anna.goto(f"{way}/context")
    expect(anna.get_by_text("answered this differently")).to_be_visible()
    expect(anna.locator("textarea#context")).to_have_value("Anna's text")
    drawn = anna.screenshot(full_page=True)
    assert struct.unpack(">I", drawn[16:20]) == (360,)
    anna.get_by_label("The text above").check()
    press(anna.get_by_role("button", name="Save and continue"))
    with reading(world.engine) as session:
        assert session.scalars(select(Draft)).one().history[-1].state["context"] == "Berta's text"
