"""One journey in a real browser on a small screen, without JavaScript, against a real server."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browsers import PHONE, browsing, go_back, press, serving
from tests.deployments.desk_world import World, launched, opened, play


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[World, str]]:
    """The desk on a port of its own, with the address it is at."""
    world = launched(tmp_path)
    play(world, opened("needs-approval"))
    with serving(world.app) as address:
        yield world, address


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    """A page on a telephone that runs no script."""
    with browsing(chromium) as browser:
        yield browser.new_context(java_script_enabled=False, viewport=PHONE).new_page()


@pytest.mark.server
def test_a_mayor_returns_and_the_officer_hands_in_anew_on_a_phone_without_javascript(desk: tuple[World, str], page: Page) -> None:
    world, address = desk
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(f"{address}/link/{world.token('needs-approval', 'city-cedar', 'cedar', 'mayor-delegate')}")
    press(page.get_by_role("link", name="D1.1 Needs assessment: Cedar"))
    expect(page).to_have_title(re.compile("^D1.1 Needs assessment"))
    go_back(page)
    page.get_by_label("Return with comments").check()
    press(page.get_by_role("button", name="Record the decision"))
    expect(page).to_have_title(re.compile("^Error: "))
    page.get_by_role("link", name="Say why").click()
    page.get_by_label("Comment", exact=True).fill("Please say from which year the figures are.")
    expect(page.get_by_label("Return with comments")).to_be_checked()
    press(page.get_by_role("button", name="Record the decision"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Your decision is recorded")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your decision is recorded")
    assert world.history().count(("decision-recorded", "needs-approval", "city-cedar")) == 1

    page.goto(f"{address}/a/{world.token('needs', 'city-cedar', 'cedar', 'project-lead')}")
    expect(page.get_by_text("Please say from which year")).to_be_visible()
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
    press(page.get_by_role("button", name="Hand in the file"))
    expect(page.get_by_text("did you mean 'population'")).to_be_visible()
    shown = page.get_by_label("Correct its text here")
    shown.fill(shown.input_value().replace("populaton:", "population:"))
    press(page.get_by_role("button", name="Hand in the file"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Your contribution has arrived")
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
