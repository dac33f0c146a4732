"""A coordinator's browser on the small programme: it keeps its cookies, finds proofs in pages, and reads the mailbox."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass, field
from email.policy import default
from html import unescape
from pathlib import Path
from typing import Any

import httpx

from models.database import changing
from models.doors import signing_in
from tests.deployments.desk_world import SECRET, World

MAILBOX = "coordinator@alliance.example"
HOME = "/coordinator/orchard"


@dataclass
class Browser:
    """One browser with the cookies it has been given."""

    world: World
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, address: str) -> httpx.Response:
        return self._kept(self.world.get(address, headers=self._headers()))

    def post(self, address: str, **typed: str) -> httpx.Response:
        return self._kept(self.world.post(address, data=typed, headers=self._headers()))

    def press(self, page: str, do: str = "", to: str = "", **typed: str) -> httpx.Response:
        """Fill in a form of a page and send it with the page's proof; to the page itself where no other address is given."""
        named = {"do": do} if do else {}
        return self.post(to or page, proof=proof_in(self.get(page)), **named, **typed)

    def upload(self, page: str, name: str, data: bytes) -> httpx.Response:
        """Choose a file in the first form of a page that takes one, and send it."""
        typed, file = {"proof": proof_in(self.get(page))}, {"file": (name, data)}
        return self._kept(self.world.post(page, data=typed, files=file, headers=self._headers()))

    def sign_in(self, token: str | None = None) -> httpx.Response:
        """Open a link, by mail or a new one, and press its button."""
        address = f"/sign-in/{token or link(self.world)}"
        return self.press(address)

    def _headers(self) -> dict[str, str]:
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0].strip('"')
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
        return answer


def signed_in(world: World) -> Browser:
    browser = Browser(world)
    assert browser.sign_in().status_code == 303
    return browser


def decides_for_the_mayor(browser: Browser, verdict: str, comment: str = "") -> str:
    """Decide on Cedar's needs assessment on behalf of its mayor's delegate; the address of the delegate's page."""
    gate = browser.world.gate("needs-approval", "city-cedar")
    address = browser.press(f"{HOME}/gate/{gate.id}", "behalf", party="cedar:mayor-delegate").headers["location"]
    shown = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', browser.get(address).text))
    assert browser.post(address, verdict=verdict, comment=comment, **shown).status_code == 303
    return address


def link(world: World, programme: str = "orchard") -> str:
    """The token of a link as the command line prints it."""
    with changing(world.engine) as session:
        return signing_in.link_for(session, programme, SECRET, world.now)


def proof_in(page: httpx.Response) -> str:
    found = re.search(r'name="proof" value="([0-9a-f]+)"', page.text)
    assert found, f"no form on {page.url}: {page.status_code}"
    return found[1]


def links_on(page: httpx.Response, start: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'href="([^"]+)"', page.text) if found.startswith(start)]


def mailed(folder: Path) -> list[Any]:
    """The messages in the mail folder, the oldest first."""
    return [email.message_from_bytes(path.read_bytes(), policy=default) for path in sorted(folder.rglob("*.eml"))]


def text_of(message: Any) -> str:
    return str(message.get_body(("plain",)).get_content())
