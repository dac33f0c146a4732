"""The language of pages that belong to nobody in particular (front page, documents, what went wrong): the one the browser asks for.

A page behind a link is in the language of its reader's mailbox, whatever the browser says.
"""

from __future__ import annotations

from contextvars import ContextVar

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from tasks.wording import catalogues

MOST = 12
"""Languages of a header that are looked at."""

_preferred: ContextVar[str] = ContextVar("preferred", default="en")


def preferred() -> str:
    """The language that the browser of this request asks for and that has a catalogue; English where there is none."""
    return _preferred.get()


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
    """Remembers for each request what its browser asks for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        token = _preferred.set(best_of(Headers(scope=scope).get("accept-language", "")))
        try:
            await self.app(scope, receive, send)
        finally:
            _preferred.reset(token)
