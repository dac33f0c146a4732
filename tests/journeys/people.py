"""People at their browsers: each mailbox of a programme with a context of its own, and what its pages did that they should not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response

from tests.browsers import DESKTOP, PATIENCE, PHONE, browsing, press

TOKEN = re.compile(r"/(?:a|link)/([^/?#]+)")


@dataclass
class Person:
    """Who opens the mail of one mailbox, at one browser."""

    mailbox: str
    page: Page
    desk: str
    has_script: bool
    is_on_phone: bool
    pages: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    """Pages by the language they said they were in."""
    tokens: set[str] = field(default_factory=set)
    """The links this browser has used."""
    faults: list[str] = field(default_factory=list)
    """Errors in the console, answers that were no page, requests that went elsewhere, pages wider than the screen."""

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self._fault(f"script: {error}"))
        self.page.on("request", self._request)
        self.page.on("response", self._response)
        self.page.on("domcontentloaded", self._arrived)

    @property
    def language(self) -> str:
        """The language of the page that is open."""
        return self.page.locator("html").get_attribute("lang") or ""

    def _fault(self, said: str) -> None:
        self.faults.append(f"{self.mailbox} at {self.page.url[-60:]}: {said}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._fault(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" != self.desk and parts.scheme not in ("data", "about", "blob"):
            self._fault(f"asks {parts.netloc}")
        if found := TOKEN.match(parts.path):
            self.tokens.add(found[1])

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._fault(f"{response.request.method} {urlsplit(response.url).path[-40:]} answered {response.status}")

    def _arrived(self, _page: Page) -> None:
        self.pages += 1

    def press(self, place: Locator) -> None:
        """A link or button that leads to another page, until that page is there."""
        press(place)

    def look_around(self) -> None:
        """That the page fits the screen; what language it is in."""
        self.languages[self.language] += 1
        wide, has = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        if wide > has:
            self._fault(f"{wide} pixels wide on a screen of {has}")


@dataclass
class People:
    """One browser for everybody, a context for each mailbox."""

    browser: Browser
    desk: str
    pictures: Path | None = None
    known: dict[str, Person] = field(default_factory=dict)

    def at(self, mailbox: str, *, is_on_phone: bool) -> Person:
        """Whoever reads that mailbox. Every third one runs no scripts."""
        if mailbox not in self.known:
            has_script = len(self.known) % 3 != 2
            context = self.browser.new_context(java_script_enabled=has_script, viewport=PHONE if is_on_phone else DESKTOP)
            self.known[mailbox] = Person(mailbox, context.new_page(), self.desk, has_script, is_on_phone)
        return self.known[mailbox]

    def picture(self, person: Person, name: str) -> None:
        """A screenshot, where somebody asked for them."""
        if self.pictures:
            self.pictures.mkdir(parents=True, exist_ok=True)
            person.page.screenshot(path=self.pictures / f"{name}.png", full_page=True)

    @property
    def faults(self) -> list[str]:
        """What went wrong at anybody's."""
        return [said for person in self.known.values() for said in person.faults]


@contextmanager
def people(chromium: str, desk: str, pictures: Path | None) -> Iterator[People]:
    """A browser with nobody at it yet."""
    with browsing(chromium) as browser:
        yield People(browser, desk, pictures)
