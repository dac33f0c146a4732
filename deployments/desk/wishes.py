"""The page on which a partner asks for more time: as easy as answering, and nothing changes but that the coordinator knows."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.desk import html
from deployments.desk.taking import NOTHING_TOLD, leads_to, proven, taking
from deployments.desk.uploads import Sent
from deployments.desk.visits import ANSWERING, Visit, opened, proof_of, visiting
from models.gates import Gate
from tasks.page_wishes import Asker, ask_by_form, beside
from tasks.pages import ask_of
from tasks.wording import Words


@opened
def show(request: Request) -> Response:
    """The form, with what was asked for before."""
    with visiting(request, opens=ANSWERING) as visit:
        return _page(request, visit, visit.asked)


def _page(request: Request, visit: Visit, gate: Gate, *, typed: dict[str, str] | None = None, **told: Any) -> Response:
    ask = ask_of(visit.session, visit.standing, gate, visit.link, visit.now, visit.language)
    found = beside(visit.session, visit.standing, gate, visit.link, visit.now)
    if typed is None and found.wish is not None and found.wish.waits:
        typed = {"how": "day", "day": found.wish.until.isoformat(), "reason": found.wish.reason}
    shown: dict[str, Any] = {**NOTHING_TOLD, "faults": None, "typed": typed or {}, **told}
    return html.page(
        "more_time",
        ask.language,
        ask=ask,
        beside=found,
        token=visit.token,
        proof=proof_of(request, visit),
        at=html.clock_of(ask),
        **shown,
    )


def _send(request: Request, sent: Sent) -> Response:
    """Take the form; what was asked for is then shown where the answer itself is given."""
    with proven(request, sent, opens=ANSWERING) as visit:
        asker = Asker(visit.writer, visit.origin)
        ask_by_form(visit.session, visit.standing, visit.asked, visit.link, sent.texts, Words(visit.language), asker, visit.now)
    return leads_to(request, "#time")


def _again(request: Request, visit: Visit, sent: Sent, **told: Any) -> Response:
    return _page(request, visit, visit.asked, typed=sent.texts, **told)


ROUTES = [
    Route("/a/{token}/more-time", show, methods=["GET"]),
    Route("/a/{token}/more-time", taking(_send, _again, opens=ANSWERING), methods=["POST"]),
]
