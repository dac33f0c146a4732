"""The language of a page: the one chosen in its footer; else that of the reader's mailbox, or of the browser where no reader is known.

A page behind a link has a reader. The front page, lists of documents and what went wrong have none. A choice is remembered by a cookie
in this browser. Editions and mail keep their language; a workbook or a Word copy is in that of the page it was taken from.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.desk import cookies
from deployments.desk.security import is_from_elsewhere, read_form
from tasks.wording import catalogues

MOST = 12
"""Languages of a header that are looked at."""

COOKIE = "language"
LASTS = timedelta(days=180)
SMALL = 8 * 1024
LONGEST = 2000
"""Characters of an address that one is led back to."""


@dataclass(frozen=True)
class _Asked:
    """What a request says of languages: what its browser asks for, what was chosen in it, and the address it can be led back to."""

    preferred: str = "en"
    chosen: str = ""
    here: str = ""


_asked: ContextVar[_Asked] = ContextVar("asked", default=_Asked())  # noqa: B039 - it is frozen


def preferred() -> str:
    """The language for a page without a known reader: the chosen one, else what the browser asks for; English where there is none."""
    return _asked.get().chosen or _asked.get().preferred


def chosen() -> str:
    """The language that was chosen in this browser; empty where none was."""
    return _asked.get().chosen


@dataclass(frozen=True)
class Switch:
    """What a page offers: the other languages, code and name in the language itself, and the address it leads back to."""

    here: str
    others: tuple[tuple[str, str], ...]


def switch(language: str) -> Switch | None:
    """The way to other languages from a page in this one; None where there are none, and on a page that came back with what was typed."""
    here = _asked.get().here
    others = tuple((code, name_of(code)) for code in catalogues() if code != language)
    return Switch(here, others) if here and others else None


@lru_cache(maxsize=64)
def name_of(code: str) -> str:
    """A language's own name for itself; its code where that is not known."""
    try:
        name = Locale.parse(code, sep="-").get_display_name() or code
    except (UnknownLocaleError, ValueError):
        return code
    return name[:1].upper() + name[1:]


async def choose(request: Request) -> Response:
    """Remember a language in this browser and lead back to the page it was chosen on."""
    if is_from_elsewhere(request):
        raise HTTPException(403)
    form = await read_form(request, SMALL)
    language, here = str(form.get("language") or ""), str(form.get("page") or "")
    await form.close()
    if language not in catalogues():
        raise HTTPException(400)
    answer = RedirectResponse(here if is_own(here) else "/", 303)
    cookies.put_plain(answer, COOKIE, language, LASTS)
    return answer


def is_own(address: str) -> bool:
    """Whether an address leads to a page of this desk, however a browser reads it: a path, and nothing it could take for a host."""
    return (
        address.startswith("/")
        and address[1:2] not in ("/", "\\")
        and len(address) <= LONGEST
        and all("!" <= sign <= "~" and sign != "\\" for sign in address)
    )


def best_of(header: str) -> str:
    """What an Accept-Language header asks for first, of the languages that have a catalogue."""
    wanted: list[tuple[float, int, str]] = []
    for place, item in enumerate(header[:400].split(",")[:MOST]):
        name, _, rest = item.strip().partition(";")
        wanted.append((-_weight(rest), place, name.strip()))
    for weight, _, name in sorted(wanted):
        language = name.partition("-")[0].lower()
        if weight < 0 and language in catalogues():
            return language
    return "en"


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


class PreferredLanguage:
    """Remembers for each request what its browser asks for and what was chosen in it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        token = _asked.set(_asked_by(Request(scope)))
        try:
            await self.app(scope, receive, send)
        finally:
            _asked.reset(token)


def _asked_by(request: Request) -> _Asked:
    wanted = cookies.read_plain(request, COOKIE)
    query = request.scope.get("query_string", b"").decode("latin-1")
    here = request.scope.get("raw_path", b"").decode("latin-1").partition("?")[0] + (f"?{query}" if query else "")
    return _Asked(
        best_of(request.headers.get("accept-language", "")),
        wanted if wanted in catalogues() else "",
        here if request.method in ("GET", "HEAD") and is_own(here) else "",
    )


ROUTES = [Route("/language", choose, methods=["POST"])]
