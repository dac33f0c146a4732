"""The tray: what came late, to be taken in, kept for the next time, or declined."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.desk.coordinator.entering import Entered, Form, entering, inside, taking
from deployments.desk.visits import waking
from models.doors import tray
from models.errors import Refused
from tasks.coordinator_pages import late_of
from tasks.handed_in import whole
from tasks.page_answers import NotTaken, Problem
from tasks.wording import Words

DOES = {"include": tray.include, "next": tray.keep_for_next, "decline": tray.decline}


@inside
def late(request: Request) -> Response:
    """What came late, whole, with what taking it in would mean."""
    return _late(request)


def _late(request: Request, status: int = 200, **told: Any) -> Response:
    with entering(request) as entered:
        try:
            kept = tray.kept_of(entered.session, entered.standing, request.path_params["revision"])
        except Refused:
            return entered.page("settled", 404 if status == 200 else status, **told)
        words = Words(entered.language)
        item = late_of(entered.session, entered.standing, kept, words, entered.now)
        found = whole(entered.session, entered.standing, kept.gate, kept.revision.id, words, entered.now)
        return entered.page("late", status, item=item, found=found, **told)


def _settle(entered: Entered, form: Form) -> str:
    words, what, answer = Words(entered.language), form.get("what", ""), form.get("answer", "")
    if what not in DOES:
        raise NotTaken([Problem(words.gettext("Choose what becomes of it."), "what")])
    if what == "decline" and not answer.strip():
        raise NotTaken([Problem(words.gettext("Say why it is not taken: the sender reads it."), "answer")])
    kept = tray.kept_of(entered.session, entered.standing, entered.request.path_params["revision"])
    DOES[what](entered.session, entered.standing, kept, answer, entered.now)
    return f"{entered.home}?done=tray"


ROUTES = [
    Route("/coordinator/{programme}/tray/{revision:number}", late, methods=["GET"]),
    Route("/coordinator/{programme}/tray/{revision:number}", taking(_settle, _late, waking), methods=["POST"]),
]
