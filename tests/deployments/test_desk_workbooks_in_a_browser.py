"""The workbook round trip in a real browser on a small screen, without JavaScript; its pages have nothing that axe finds fault with."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, expect
from sqlalchemy import select

from models.database import reading
from models.drafts import Draft
from tests.browsers import PHONE, browsing, go_back, press, serving
from tests.deployments.desk_world import World, launched, lead


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[World, str]]:
    """The desk on a port of its own, with the address it is at."""
    world = launched(tmp_path)
    with serving(world.app) as address:
        yield world, address


def filled(path: Path) -> FilePayload:
    """The downloaded workbook, filled in and saved, with one mistake."""
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    book["Answers"]["C4"] = "A town by the sea"
    book["Needs"]["C4"], book["Needs"]["D4"], book["Needs"]["F4"] = "Decent work", "Courses after work", 9
    out = io.BytesIO()
    book.save(out)
    return {"name": "needs.xlsx", "mimeType": "application/octet-stream", "buffer": out.getvalue()}


@pytest.mark.server
def test_an_officer_answers_in_excel_and_takes_it_over_on_a_phone_without_javascript(desk: tuple[World, str], chromium: str) -> None:
    world, address = desk
    with browsing(chromium) as browser:
        page = browser.new_context(java_script_enabled=False, viewport=PHONE).new_page()
        page.goto(f"{address}/a/{lead(world)}")
        press(page.get_by_role("link", name="Fill in an Excel workbook and upload it"))
        with page.expect_download() as started:
            page.get_by_role("link", name="Download the workbook").click()
        assert started.value.suggested_filename == "needs.city-cedar.xlsx"
        press(page.get_by_role("button", name="Upload and look it over"))
        expect(page.get_by_role("link", name="Choose the workbook you filled in.")).to_be_visible()
        page.get_by_label("The workbook you filled in").set_input_files(files=[filled(started.value.path())])
        press(page.get_by_role("button", name="Upload and look it over"))
        expect(page.get_by_text("Sheet “Needs”, cell F4 (Severity): It must be at most 5.")).to_be_visible()
        expect(page.get_by_text("A town by the sea")).to_be_visible()
        looked_over = page.url
        scripted = browser.new_page(viewport=PHONE)
        for place in (f"{address}/a/{lead(world)}/workbook", looked_over):
            scripted.goto(place)
            assert [found["id"] for found in Axe().run(scripted).response["violations"]] == []
            assert scripted.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        press(page.get_by_role("button", name="Take it over into the draft"))
        expect(page).to_have_url(re.compile(re.escape(f"{address}/a/{lead(world)}?saved=1")))
        go_back(page)
        expect(page.get_by_text("looked at already").first).to_be_visible()
    with reading(world.engine) as session:
        draft = session.scalars(select(Draft)).one()
        assert (draft.saves, draft.history[-1].state["context"]) == (1, "A town by the sea")
