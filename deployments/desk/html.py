"""Turning views into HTML answers: templates in the reader's language, plain pages for everything that went wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from starlette.background import BackgroundTask
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse

from deployments.desk.languages import preferred, switch
from deployments.desk.security import DOCUMENTS, OWN_PAGES, add_headers
from models.errors import ProgrammeError
from tasks.pages import Ask
from tasks.reading import EditionView, Reading
from tasks.rendering import TEMPLATES, environment
from tasks.shape import Shape
from tasks.wording import Words

STYLE = (TEMPLATES / "desk" / "desk.css").read_bytes()
STYLE_ADDRESS = f"/static/desk.css?v={hashlib.sha256(STYLE).hexdigest()[:12]}"
SCRIPT = (TEMPLATES / "desk" / "desk.js").read_bytes()
SCRIPT_ADDRESS = f"/static/desk.js?v={hashlib.sha256(SCRIPT).hexdigest()[:12]}"
WITH_SCRIPT = f"{OWN_PAGES}; script-src 'self'; connect-src 'self'"
"""The policy of the pages with our script: those on which one writes save by themselves, and links are copied."""


@dataclass(frozen=True)
class ActingFor:
    """On whose behalf the coordinator looks at a page, and the way back."""

    name: str
    back: str


_acting_for: ContextVar[ActingFor | None] = ContextVar("acting_for", default=None)


@contextmanager
def acting_for(who: ActingFor | None) -> Iterator[None]:
    """Every page made in this block says on whose behalf the coordinator acts, whichever module makes it."""
    before = _acting_for.set(who)
    try:
        yield
    finally:
        _acting_for.reset(before)


def page(
    template: str,
    language: str = "",
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    background: BackgroundTask | None = None,
    only: bool = False,
    **shown: Any,
) -> HTMLResponse:
    """A page of the desk; `template` is its name in `templates/desk`. Without a language it is in the one the browser asks for.

    `only`: there is no such page in another language.
    """
    asked, language = language, language or preferred()
    words = Words(language)
    frame = {"style_address": STYLE_ADDRESS, "words": words, "acting_for": _acting_for.get(), "switch": None if only else switch(language)}
    html = environment(language).get_template(f"desk/{template}.html").render(frame | shown)
    answer = HTMLResponse(html, status, dict(headers or {}), background=background)
    answer.headers["content-language"] = language
    if not asked:
        answer.headers.add_vary_header("accept-language")
        answer.headers.add_vary_header("cookie")
    return answer


def document(html: str) -> HTMLResponse:
    """An edition as it is rendered; its styles are inside it."""
    return HTMLResponse(html, headers={"content-security-policy": DOCUMENTS})


def clock_of(ask: Ask) -> Callable[[datetime], str]:
    """Says a moment in the reader's own time: "Monday, 22 November 2021 at 17:24 (Europe/Rome)"."""
    return clock_in(ask.language, ask.zone)


def clock_in(language: str, zone: str) -> Callable[[datetime], str]:
    """The same for a language and a time zone (IANA)."""
    locale, place = Words(language).locale, ZoneInfo(zone)
    return lambda at: f"{format_datetime(at.astimezone(place), 'EEEE d MMMM y, HH:mm', locale=locale)} ({zone})"


def shape_of(names: Mapping[str, str], themes: Mapping[str, str], language: str) -> Shape:
    """How contributed data without an edition is laid out, as documents do it; names of organisations and themes by slug."""
    content = {
        "programme": {"title": ""},
        "organisations": {slug: {"name": name} for slug, name in names.items()},
        "themes": {slug: {"title": title} for slug, title in themes.items()},
        "scope": "programme",
    }
    return Shape(Reading(EditionView(content, {}, "", language, None, "", ""), Words(language)))


# -- what went wrong -----------------------------------------------------------------------------------------------

PLAIN = {400, 403, 404, 405, 410, 413, 429, 503}
"""The failures that have words of their own in `failed.html`; all others are told as the last one, 500."""


def failed(status: int, language: str = "", *, headers: Mapping[str, str] | None = None, **shown: Any) -> HTMLResponse:
    """A plain page for what could not be done; without a language in the one the browser asks for."""
    said = {"reason": "", "link": False, "again": "", "withdrawn": False, "section": False, **shown}
    return page("failed", language, status=status, headers=headers, code=status if status in PLAIN else 500, **said)


async def on_http_error(request: Request, error: Exception) -> HTMLResponse:
    """Not found, not allowed, too large and the like."""
    status = int(getattr(error, "status_code", 500))
    headers = getattr(error, "headers", None) or {}
    return failed(status, headers=headers, link=request.url.path.startswith("/a/"))


async def on_lost_connection(request: Request, error: Exception) -> HTMLResponse:
    """Whoever sent a form was cut off in the middle: nothing was read of it, nobody hears the answer, and it is no fault of ours."""
    return failed(400)


async def on_known_error(request: Request, error: Exception) -> HTMLResponse:
    """An error that is meant to be read: the database is busy, and the like."""
    return failed(503 if isinstance(error, ProgrammeError) else 500, reason=str(error), headers={"retry-after": "30"})


async def on_defect(request: Request, error: Exception) -> HTMLResponse:
    """A fault of ours: the page says so kindly, the server's log has the traceback. Sent outside of all middleware."""
    answer = failed(500)
    add_headers(MutableHeaders(raw=answer.raw_headers))
    return answer


@lru_cache(maxsize=1)
def style_headers() -> dict[str, str]:
    """The style sheet's address changes with its content, so it is kept for good."""
    return {"cache-control": "public, max-age=31536000, immutable"}
