"""The workbook round trip in a real browser on a small screen, without JavaScript; its pages have nothing that axe finds fault with."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, sync_playwright
from sqlalchemy import select

from models.database import reading
from models.drafts import Draft
from tests.deployments.desk_world import World, launched, lead

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PHONE = (360, 740)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[World, str]]:
    """The desk under uvicorn on a port of its own, with the address it is at."""
    world = launched(tmp_path)
    server = uvicorn.Server(uvicorn.Config(world.app, log_level="warning", access_log=False))
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.02)
        yield world, f"http://127.0.0.1:{bound.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


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
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_context(java_script_enabled=False, viewport={"width": PHONE[0], "height": PHONE[1]}).new_page()
        page.goto(f"{address}/a/{lead(world)}")
        page.get_by_role("link", name="Fill in an Excel workbook and upload it").click()
        with page.expect_download() as started:
            page.get_by_role("link", name="Download the workbook").click()
        assert started.value.suggested_filename == "needs.city-cedar.xlsx"
        page.get_by_role("button", name="Upload and look it over").click()
        assert page.get_by_role("link", name="Choose the workbook you filled in.").is_visible()
        page.get_by_label("The workbook you filled in").set_input_files(files=[filled(started.value.path())])
        page.get_by_role("button", name="Upload and look it over").click()
        assert page.get_by_text("Sheet “Needs”, cell F4 (Severity): It must be at most 5.").is_visible()
        assert page.get_by_text("A town by the sea").is_visible()
        looked_over = page.url
        scripted = browser.new_page(viewport={"width": PHONE[0], "height": PHONE[1]})
        for place in (f"{address}/a/{lead(world)}/workbook", looked_over):
            scripted.goto(place)
            assert [found["id"] for found in Axe().run(scripted).response["violations"]] == []
            assert scripted.evaluate("document.documentElement.scrollWidth") == PHONE[0]
        page.get_by_role("button", name="Take it over into the draft").click()
        assert page.url.startswith(f"{address}/a/{lead(world)}?saved=1")
        page.go_back()
        assert page.get_by_text("looked at already").first.is_visible()
        browser.close()
    with reading(world.engine) as session:
        draft = session.scalars(select(Draft)).one()
        assert (draft.saves, draft.history[-1].state["context"]) == (1, "A town by the sea")
