"""The page on which a partner asks for more time: as easy as answering, and nothing changes but that the coordinator knows."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from deployments.desk import html
from deployments.desk.security import read_form
from deployments.desk.visits import ANSWERING, Unproven, Visit, check_proof, opened, proof_of, visiting
from models.errors import Refused
from models.gates import Gate
from models.links import BadLink
from tasks.page_answers import NotTaken, Problem
from tasks.page_wishes import Asker, ask_by_form, beside
from tasks.pages import ask_of
from tasks.wording import Words

LARGEST = 16 * 1024


@opened
def show(request: Request) -> Response:
    """The form, with what was asked for before."""
    with visiting(request, opens=ANSWERING) as visit:
        return _page(request, visit, visit.asked)


def _page(request: Request, visit: Visit, gate: Gate, *, status: int = 200, typed: dict[str, str] | None = None, **told: Any) -> Response:
    ask = ask_of(visit.session, visit.standing, gate, visit.link, visit.now)
    found = beside(visit.session, visit.standing, gate, visit.link, visit.now)
    if typed is None and found.wish is not None and found.wish.waits:
        typed = {"how": "day", "day": found.wish.until.isoformat(), "reason": found.wish.reason}
    shown: dict[str, Any] = {"problems": [], "conflict": False, "faults": None, "typed": typed or {}} | told
    return html.page(
        "more_time",
        ask.language,
        status=status,
        ask=ask,
        beside=found,
        token=visit.token,
        proof=proof_of(request, visit),
        at=html.clock_of(ask),
        **shown,
    )


async def send(request: Request) -> Response:
    """Take the form; what was asked for is then shown where the answer itself is given."""
    form = await read_form(request, LARGEST)
    typed = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    await form.close()
    return await run_in_threadpool(opened(lambda request: _take(request, typed)), request)


def _take(request: Request, typed: dict[str, str]) -> Response:
    try:
        with visiting(request, changes=True, opens=ANSWERING) as visit:
            words = Words(visit.language)
            check_proof(request, visit, typed, words)
            asker = Asker(visit.writer, visit.origin)
            ask_by_form(visit.session, visit.standing, visit.asked, visit.link, typed, words, asker, visit.now)
    except NotTaken as refused:
        status = 403 if isinstance(refused, Unproven) else 409 if refused.conflict else 422
        return _again(request, typed, status, problems=refused.problems, conflict=refused.conflict)
    except BadLink:
        raise
    except Refused as refused:
        return _again(request, typed, 409, problems=[Problem(str(refused))], conflict=True)
    return RedirectResponse(f"/a/{request.path_params['token']}#time", 303)


def _again(request: Request, typed: dict[str, str], status: int, **told: Any) -> Response:
    with visiting(request, opens=ANSWERING) as visit:
        return _page(request, visit, visit.asked, status=status, typed=typed, **told)


ROUTES = [
    Route("/a/{token}/more-time", show, methods=["GET"]),
    Route("/a/{token}/more-time", send, methods=["POST"]),
]
