"""Turning views into HTML answers: templates in the reader's language, plain pages for everything that went wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from starlette.background import BackgroundTask
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse

from deployments.desk.security import DOCUMENTS, add_headers
from models.errors import ProgrammeError
from tasks.pages import Ask
from tasks.reading import EditionView, Reading
from tasks.rendering import TEMPLATES, environment
from tasks.shape import Shape
from tasks.wording import Words

STYLE = (TEMPLATES / "desk" / "desk.css").read_bytes()
STYLE_ADDRESS = f"/static/desk.css?v={hashlib.sha256(STYLE).hexdigest()[:12]}"


def page(
    template: str,
    language: str = "en",
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    background: BackgroundTask | None = None,
    **shown: Any,
) -> HTMLResponse:
    """A page of the desk; `template` is its name in `templates/desk`."""
    words = Words(language)
    html = environment(language).get_template(f"desk/{template}.html").render(style_address=STYLE_ADDRESS, words=words, **shown)
    answer = HTMLResponse(html, status, dict(headers or {}), background=background)
    answer.headers["content-language"] = language
    return answer


def document(html: str) -> HTMLResponse:
    """An edition as it is rendered; its styles are inside it."""
    return HTMLResponse(html, headers={"content-security-policy": DOCUMENTS})


def clock_of(ask: Ask) -> Callable[[datetime], str]:
    """Says a moment in the reader's own time: "Monday, 22 November 2021 at 17:24 (Europe/Rome)"."""
    locale, zone = Words(ask.language).locale, ZoneInfo(ask.zone)
    return lambda at: f"{format_datetime(at.astimezone(zone), 'EEEE d MMMM y, HH:mm', locale=locale)} ({ask.zone})"


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

PLAIN = {400, 403, 404, 405, 410, 413, 503}
"""The failures that have words of their own in `failed.html`; all others are told as the last one, 500."""


def failed(status: int, *, headers: Mapping[str, str] | None = None, **shown: Any) -> HTMLResponse:
    """A plain page for what could not be done."""
    said = {"reason": "", "link": False, "again": "", **shown}
    return page("failed", status=status, headers=headers, code=status if status in PLAIN else 500, **said)


async def on_http_error(request: Request, error: Exception) -> HTMLResponse:
    """Not found, not allowed, too large and the like."""
    status = int(getattr(error, "status_code", 500))
    headers = getattr(error, "headers", None) or {}
    return failed(status, headers=headers, link=request.url.path.startswith("/a/"))


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
