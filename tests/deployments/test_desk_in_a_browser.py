"""One journey in a real browser on a small screen, without JavaScript, against a real server."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import FilePayload, Page, sync_playwright

from tests.deployments.desk_world import World, launched, opened, play

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[World, str]]:
    """The desk under uvicorn on a port of its own, with the address it is at."""
    world = launched(tmp_path)
    play(world, opened("needs-approval"))
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


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    """A page of 360 by 740 pixels that runs no script."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
        yield context.new_page()
        browser.close()


@pytest.mark.server
def test_a_mayor_returns_and_the_officer_hands_in_anew_on_a_phone_without_javascript(desk: tuple[World, str], page: Page) -> None:
    world, address = desk
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(f"{address}/link/{world.token('needs-approval', 'city-cedar', 'cedar', 'mayor-delegate')}")
    page.get_by_role("link", name="D1.1 Needs assessment: Cedar").click()
    assert page.title().startswith("D1.1 Needs assessment")
    page.go_back()
    page.get_by_label("Return with comments").check()
    page.get_by_role("button", name="Record the decision").click()
    assert page.title().startswith("Error: ")
    page.get_by_role("link", name="Say why").click()
    page.get_by_label("Comment", exact=True).fill("Please say from which year the figures are.")
    assert page.get_by_label("Return with comments").is_checked()
    page.get_by_role("button", name="Record the decision").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Your decision is recorded"
    page.reload()
    assert page.get_by_role("heading", level=1).inner_text() == "Your decision is recorded"
    assert world.history().count(("decision-recorded", "needs-approval", "city-cedar")) == 1

    page.goto(f"{address}/a/{world.token('needs', 'city-cedar', 'cedar', 'project-lead')}")
    assert page.get_by_text("Please say from which year").is_visible()
    page.get_by_text("As a text file (YAML)").click()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the file with your last answers").click()
    file = started.value.path()
    text = file.read_text(encoding="utf-8")
    wrong: FilePayload = {
        "name": "answers.yaml",
        "mimeType": "application/yaml",
        "buffer": text.replace("population:", "populaton:").encode(),
    }
    page.get_by_label("The file you have filled in").set_input_files(files=[wrong])
    page.get_by_role("button", name="Hand in the file").click()
    assert page.get_by_text("did you mean 'population'").is_visible()
    shown = page.get_by_label("Or correct its text here")
    shown.fill(shown.input_value().replace("populaton:", "population:"))
    page.get_by_role("button", name="Hand in the file").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Your contribution has arrived"
    assert world.gate("needs", "city-cedar").is_satisfied
    assert all(url.startswith((address, "data:", "about:")) for url in requested)


@pytest.mark.server
def test_pages_fit_a_small_screen(desk: tuple[World, str], page: Page) -> None:
    world, address = desk
    tokens = [
        world.token("needs-approval", "city-cedar", "cedar", "mayor-delegate"),
        world.token("needs", "city-cedar", "cedar", "project-lead"),
    ]
    for path in ("/", "/documents/", "/a/nothing", *(f"/a/{token}" for token in tokens)):
        page.goto(address + path)
        drawn = page.screenshot(full_page=True)
        assert struct.unpack(">I", drawn[16:20]) == (360,), f"{path} is wider than the screen"
