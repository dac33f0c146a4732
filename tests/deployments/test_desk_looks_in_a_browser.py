"""Pages as a small screen, a keyboard and a printer get them, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from tests.browsers import PHONE, browsing, press, serving
from tests.deployments.desk_world import World, fields, launched, lead
from tests.deployments.test_desk_in_italian import ITALIAN

pytestmark = pytest.mark.server

LINES = "element => Math.round(element.offsetHeight / parseFloat(getComputedStyle(element).lineHeight))"
DRAWN = """rooms => rooms.map(room => [...room.querySelectorAll('.rule')]
    .filter(rule => parseFloat(getComputedStyle(rule).borderBottomWidth) > 0).length)"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[World, str]]:
    world = launched(tmp_path)
    with world.engine.execution_options(changing=True).begin() as connection:
        connection.execute(text(ITALIAN))
    with serving(world.app) as address:
        yield world, address


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with browsing(chromium) as found:
        yield found


@pytest.fixture
def phone(browser: Browser) -> Page:
    return browser.new_page(viewport=PHONE)


def test_no_heading_of_the_answers_is_broken_within_a_word_and_a_long_tag_wraps(desk: tuple[World, str], phone: Page) -> None:
    world, address = desk
    phone.goto(f"{address}/a/{lead(world)}/check")
    assert phone.get_by_role("heading", name="Allegati").evaluate(LINES) == 1
    phone.goto(f"{address}/a/{lead(world)}")
    phone.locator(".tag").first.evaluate("tag => { tag.textContent = 'dieci giorni lavorativi per la revisione '.repeat(3) }")
    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_an_entry_that_is_led_to_gets_no_black_frame(desk: tuple[World, str], phone: Page) -> None:
    world, address = desk
    phone.goto(f"{address}/a/{lead(world)}/form/stakeholders")
    press(phone.locator("button[value='add:stakeholders']"))
    assert phone.evaluate("[document.activeElement.className, getComputedStyle(document.activeElement).outlineStyle]") == ["entry", "none"]
    press(phone.locator("button[value^='remove:']"))
    assert phone.evaluate("[document.activeElement.className, getComputedStyle(document.activeElement).outlineStyle]") == ["list", "none"]


def test_an_entry_is_removed_and_brought_back_with_and_without_the_script(desk: tuple[World, str], browser: Browser) -> None:
    world, address = desk
    for has_script in (True, False):
        page = browser.new_context(viewport=PHONE, java_script_enabled=has_script).new_page()
        page.goto(f"{address}/a/{lead(world)}/form/needs")
        page.locator("input[name='needs.e1.title']").fill(f"Rooms {has_script}")
        press(page.locator("button[value='remove:needs.e1']"))
        expect(page.locator("input[name='needs.e1.title']")).to_have_count(0)
        press(page.locator("button[value='back:needs.e1']"))
        expect(page.locator("input[name='needs.e1.title']")).to_have_value(f"Rooms {has_script}")
        page.close(run_before_unload=False)


def test_the_link_of_a_section_is_copied_with_one_press_and_without_a_script_no_button_is_there(
    desk: tuple[World, str], browser: Browser
) -> None:
    world, address = desk
    until = (world.now + timedelta(days=14)).date().isoformat()
    sent = fields(world, f"{lead(world)}/hand-on", label="Housing", until=until)
    made = world.post(f"/a/{lead(world)}/hand-on", data={**sent, "fields": ["needs"]}).headers["location"]
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(address + made)
    expect(plain.locator("button[data-copy]").first).to_be_hidden()
    context = browser.new_context(viewport=PHONE, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(address + made)
    page.locator(".inset button[data-copy]").click()
    expect(page.locator(".inset [data-said]")).not_to_be_empty()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#link-new").get_attribute("href")


def test_on_paper_every_question_without_an_answer_has_lines_that_a_printer_draws(desk: tuple[World, str], phone: Page) -> None:
    world, address = desk
    phone.goto(f"{address}/a/{lead(world)}/print")
    phone.emulate_media(media="print")
    rooms = phone.locator(".asked.room:not(:has(.boxes))")
    assert rooms.count() > 8
    found = rooms.evaluate_all(DRAWN)
    assert min(found) == 1
    assert max(found) >= 6
