"""What waits in a programme, gate by gate, and what the coordinator does there: promises, more time, links, acting on behalf."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from deployments.desk.coordinator import sessions
from deployments.desk.coordinator.entering import Entered, Form, entering, inside, taking
from deployments.desk.visits import waking
from deployments.desk.watch import find
from models import clock, links, settings
from models.database import reading
from models.doors import access, signing_in, wishing
from models.errors import Refused
from models.standing import Party
from tasks.coordinator_pages import board, shift_of, waiting_at
from tasks.gate_trace import trace_of
from tasks.page_answers import NotTaken, Problem
from tasks.phase_page import phase_lines
from tasks.wording import Words

# -- looking ---------------------------------------------------------------------------------------------------------


@inside
def programme(request: Request) -> Response:
    """Everything that waits in the programme."""
    return _programme(request)


def _programme(request: Request, status: int = 200, **told: Any) -> Response:
    with entering(request) as entered:
        shown = {
            "board": board(entered.session, entered.standing, entered.now),
            "silence": find(entered.session, request.app.state.patience, entered.now).silence,
            "phases": phase_lines(entered.standing, entered.standing.today(entered.now)),
            "prefect": settings.prefect_ui(),
        }
        return entered.page("programme", status, **shown, **told)


@inside
def gate(request: Request) -> Response:
    """One gate, with everything that can be done there."""
    return _gate(request)


def _gate(request: Request, status: int = 200, **told: Any) -> Response:
    with entering(request) as entered:
        found = waiting_at(entered.session, entered.standing, entered.gate, entered.now)
        shift = shift_of(entered.standing, entered.gate, request.query_params.get("named", ""))
        trace = trace_of(entered.session, entered.standing, entered.gate)
        return entered.page("gate", status, gate=found, shift=shift, trace=trace, today=entered.standing.today(entered.now), **told)


# -- acting ----------------------------------------------------------------------------------------------------------


def _act(entered: Entered, form: Form) -> str:
    """Carry out what the pressed button says."""
    does: dict[str, Callable[[Entered, Form], str]] = {
        "behalf": _behalf,
        "promise": _promise,
        "withdraw-promise": _withdraw_promise,
        "grant": _grant,
        "decline": _decline,
        "withdraw-links": _withdraw_links,
        "send-links": _send_links,
    }
    if form.get("do") not in does:
        raise HTTPException(400)
    return does[form["do"]](entered, form)


def _at(entered: Entered, done: str) -> str:
    return f"{entered.home}/gate/{entered.gate.id}?done={done}"


def _party(entered: Entered, form: Form) -> Party:
    """The party a button is about: `organisation:role`."""
    for party in entered.standing.parties(entered.gate):
        if form.get("party") == f"{party.organisation}:{party.role}":
            return party
    raise Refused("This gate does not ask them any more. Look again at whom it asks.")


def _behalf(entered: Entered, form: Form) -> str:
    """The partner's own page, by a link that works in this browser only, today, while the session lasts."""
    party = _party(entered, form)
    token = links.sign(
        entered.request.app.state.desk.secret, "behalf", entered.standing.programme.id, entered.gate.id, None,
        party.organisation, str(party.role), entered.now.date(), epoch=entered.standing.organisation(party.organisation).link_epoch,
    )  # fmt: skip
    return f"/a/{token}"


def _promise(entered: Entered, form: Form) -> str:
    party, words = _party(entered, form), Words(entered.language)
    until = _day(form, "until", words.gettext("Give the day they promised."), words)
    with _beside(day="until"):
        wishing.record_promise(
            entered.session, entered.standing, entered.gate, party.organisation, until, form.get("note", ""), entered.now
        )
    return _at(entered, "promise")


def _withdraw_promise(entered: Entered, form: Form) -> str:
    for promise in entered.standing.promises_at(entered.gate):
        if str(promise.id) == form.get("number"):
            wishing.withdraw_promise(entered.session, entered.standing, promise, entered.now)
            return _at(entered, "promise-withdrawn")
    raise Refused("This promise holds nothing back any more. Nothing was changed.")


def _grant(entered: Entered, form: Form) -> str:
    words = Words(entered.language)
    until = _day(form, "granted", words.gettext("Give the day until which they have time."), words)
    for request in entered.standing.requests_at(entered.gate):
        if str(request.id) == form.get("number"):
            with _beside(day="granted"):
                wishing.grant(entered.session, entered.standing, request, until, form.get("answer", ""), entered.now)
            named = f"&named={until.isoformat()}" if request.granted_until != until else ""
            return _at(entered, "granted") + named
    raise Refused("This request has been answered already, or what it was about is done. Nothing was changed.")


def _decline(entered: Entered, form: Form) -> str:
    if not form.get("answer", "").strip():
        raise NotTaken([Problem(Words(entered.language).gettext("Say why the date stays: whoever asked reads it."), "answer")])
    for request in entered.standing.requests_at(entered.gate):
        if str(request.id) == form.get("number"):
            wishing.decline(entered.session, entered.standing, request, form["answer"], entered.now)
            return _at(entered, "declined")
    raise Refused("This request has been answered already, or what it was about is done. Nothing was changed.")


def _withdraw_links(entered: Entered, form: Form) -> str:
    """Once: the same form again, from a back button, must not take back the links that were sent since."""
    party = _party(entered, form)
    if form.get("number") != str(entered.standing.organisation(party.organisation).link_epoch):
        raise Refused("Their links have been withdrawn since this page was made. Nothing was changed.")
    access.withdraw_links(entered.session, entered.standing, party.organisation, entered.now)
    return _at(entered, "links")


def _send_links(entered: Entered, form: Form) -> str:
    """New links of everything they are asked for, to each of the party's mailboxes."""
    party = _party(entered, form)
    mailboxes = dict.fromkeys(item.mailbox for item in entered.standing.organisation(party.organisation).reached_at(party.role))
    session, standing, now = entered.session, entered.standing, entered.now
    sent = [access.reissue_everything(session, standing, mailbox, now, by_coordinator=True) for mailbox in mailboxes]
    if not any(sent):
        said = Words(entered.language).gettext("They have had their links just now, or often enough today. Nothing was sent.")
        raise NotTaken([Problem(said)], conflict=True)
    return _at(entered, "sent")


@contextmanager
def _beside(**fields: str) -> Iterator[None]:
    """What a door refuses stands beside the field of this page that it is about; the fields by the doors' names for what was given."""
    try:
        yield
    except Refused as refused:
        refused.about = fields.get(refused.about, refused.about)
        raise


def _day(form: Form, field: str, missing: str, words: Words) -> date:
    text = form.get(field, "").strip()
    if not text:
        raise NotTaken([Problem(missing, field)])
    try:
        return date.fromisoformat(text)
    except ValueError:
        said = words.gettext("Write the date as year-month-day, such as 2022-03-01.")
        raise NotTaken([Problem(said, field)]) from None


# -- leaving ---------------------------------------------------------------------------------------------------------


def _leave(entered: Entered, form: Form) -> str:
    """End this session, or with it every other one of the programme."""
    if form.get("do") == "everywhere":
        signing_in.end_all(entered.session, entered.standing.programme.id, entered.now)
    signing_in.end(entered.signed.row, entered.now)
    return "/coordinator"


async def leave(request: Request) -> Response:
    """Sign out here, or everywhere; the browser forgets the key, and the row knows that it opens nothing any more."""
    answer: Response = await taking(_leave, _programme)(request)
    if isinstance(answer, RedirectResponse):
        engine = request.app.state.desk.engine
        now = clock.now(engine)
        with reading(engine) as session:
            keys = [item.key for item in sessions.signed_in(request, session, now).values()]
        sessions.remember(request, answer, keys, now)
    return answer


ROUTES = [
    Route("/coordinator/{programme}", programme, methods=["GET"]),
    Route("/coordinator/{programme}/sign-out", leave, methods=["POST"]),
    Route("/coordinator/{programme}/gate/{gate:number}", gate, methods=["GET"]),
    Route("/coordinator/{programme}/gate/{gate:number}", taking(_act, _gate, waking), methods=["POST"]),
]
