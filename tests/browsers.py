"""A real browser and a real server for it: what every test that opens pages needs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PHONE: ViewportSize = {"width": 360, "height": 740}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PATIENCE = 30_000
"""Milliseconds for a page on a busy machine."""

expect.set_options(timeout=PATIENCE)


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The app under uvicorn on a port of its own, with the address it is at."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.02)
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@contextmanager
def browsing(chromium: str) -> Iterator[Browser]:
    """A browser with nothing open."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS, timeout=2 * PATIENCE)
        yield browser
        browser.close()


def press(place: Locator) -> None:
    """A link or button that leads to another page, until that page is there: a click alone returns while the old one still stands."""
    with place.page.expect_navigation(wait_until="domcontentloaded", timeout=PATIENCE):
        place.click()


def go_back(page: Page) -> None:
    """The browser's Back, until the page is there."""
    page.go_back(wait_until="domcontentloaded", timeout=PATIENCE)
