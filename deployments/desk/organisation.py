"""Everything asked of an organisation, on one page, and its calendar. Both are reached from a link that answers in a role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.desk import html
from deployments.desk.visits import ANSWERING, Visit, opened, visiting
from models import links, settings
from models.gates import Gate
from models.links import BadLink, Purpose
from tasks.calendars import organisation_calendar
from tasks.organisation_page import organisation_page
from tasks.wording import Words

FEED: frozenset[Purpose] = frozenset({"feed"})
YEARS_OF_FEED = 3
"""How many further years a calendar's address lasts: longer than a programme, and it ends with the organisation's epoch."""


@opened
def organisation(request: Request) -> Response:
    """What is asked of the organisation of a link, what comes, what was done, its documents and people."""
    with visiting(request, opens=ANSWERING) as visit:
        shown = organisation_page(
            visit.session, visit.standing, visit.link, lambda gate: f"/a/{_link_to(request, visit, gate)}", visit.now, visit.language
        )
        feed = "" if visit.origin.on_behalf else f"{settings.public_url()}/calendar/{_feed(request, visit)}.ics"
        back = f"/a/{visit.token}" if visit.gate is not None else ""
        return html.page("organisation", shown.language, page=shown, feed=feed, back=back, at=_clock(shown.language, shown.zone))


def _link_to(request: Request, visit: Visit, gate: Gate) -> str:
    """A link to another gate for the same reader: same organisation, role and purpose, and no longer than the one that led here."""
    link = visit.link
    return links.sign(
        request.app.state.desk.secret, link.purpose, link.programme, gate.id, None, link.organisation, link.role, link.expires_on,
        epoch=link.epoch,
    )  # fmt: skip


def _feed(request: Request, visit: Visit) -> str:
    """The calendar's token: the same for a whole year, so that its address stays the same where it is copied twice."""
    link = visit.link
    until = date(visit.now.year + YEARS_OF_FEED, 12, 31)
    return links.sign(
        request.app.state.desk.secret, "feed", link.programme, None, None, link.organisation, link.role, until, epoch=link.epoch
    )  # fmt: skip


def _clock(language: str, zone: str) -> Callable[[datetime], str]:
    """Says a moment in the organisation's own time."""
    locale, here = Words(language).locale, ZoneInfo(zone)
    return lambda at: f"{format_datetime(at.astimezone(here), 'EEEE d MMMM y, HH:mm', locale=locale)} ({zone})"


@opened
def calendar(request: Request) -> Response:
    """The organisation's deadlines and meetings for a calendar program to subscribe to."""
    with visiting(request, opens=FEED) as visit:
        if visit.link.gate_id is not None:
            raise BadLink("This is no calendar's address.")
        data = organisation_calendar(visit.standing, visit.link.organisation, Words(visit.language))
        headers = {"content-disposition": f'inline; filename="{visit.link.programme}.ics"', "content-language": visit.language}
        return Response(data, media_type="text/calendar; charset=utf-8", headers=headers)


ROUTES = [
    Route("/a/{token}/organisation", organisation),
    Route("/calendar/{token}.ics", calendar),
]
