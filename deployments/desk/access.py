"""Links themselves: a new one for an old one, all of them for who has lost them, a section of a contribution handed on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import date
from functools import partial
from threading import Event
from typing import Any

from sqlalchemy import Engine
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from deployments.desk import html, limits
from deployments.desk.languages import chosen, preferred
from deployments.desk.later import insisting
from deployments.desk.security import read_form
from deployments.desk.taking import NOTHING_TOLD, leads_to, proven, taking
from deployments.desk.uploads import Body, Sent
from deployments.desk.visits import ANSWERING, RENEWED, Visit, opened, opens_nothing, proof_of, visiting
from models import clock, links
from models.database import changing, reading
from models.doors import access
from models.gates import Gate
from models.links import BadLink
from models.mailbox import ascii_mailbox
from models.programme import Programme
from models.settings import public_url
from models.standing import load
from tasks.handing_on import Typed, given, hand_on_by_form, may_hand_on, sections, titles, usual_until
from tasks.page_answers import Problem
from tasks.pages import ask_of, language_of
from tasks.wording import Words

log = logging.getLogger(__name__)

SMALL = 16 * 1024
LONGEST_MAILBOX = 254
MOST_FIELDS = 200


# -- a new link in place of an old one -------------------------------------------------------------------------------


def again(request: Request) -> Response:
    """Queue a new link for the mailbox the old one was sent to. The answer does not say whether there is such a mailbox still."""
    try:
        with visiting(request):
            return RedirectResponse(f"/a/{request.path_params['token']}", 303)
    except BadLink as bad:
        if bad.was is None or bad.was.purpose not in RENEWED:
            return opens_nothing(request, bad)
        link = bad.was
    engine = request.app.state.desk.engine
    with changing(engine) as session:
        if session.get(Programme, link.programme) is not None:
            access.reissue(session, load(session, link.programme, locked=True), link, clock.now(engine))
    return RedirectResponse(f"/a/{request.path_params['token']}/again", 303)


def sent_again(request: Request) -> Response:
    """That a new link is on its way; for who comes here with one that opens its page, that page."""
    try:
        with visiting(request):
            return RedirectResponse(f"/a/{request.path_params['token']}", 303)
    except BadLink as bad:
        if bad.was is None or bad.was.purpose not in RENEWED:
            return opens_nothing(request, bad)
        link = bad.was
    with reading(request.app.state.desk.engine) as session:
        if session.get(Programme, link.programme) is None:
            return html.page("lost_sent", everything=False)
        language = chosen() or language_of(load(session, link.programme), link)
    return html.page("lost_sent", language, everything=False)


# -- links lost --------------------------------------------------------------------------------------------------------


def lost(request: Request) -> Response:
    """The page for who has lost the link."""
    return _lost_page()


def _lost_page(status: int = 200, mailbox: str = "", problems: list[Problem] | None = None) -> Response:
    return html.page("lost", status=status, mailbox=mailbox, problems=problems or [], faults=None, conflict=False)


async def send_lost(request: Request) -> Response:
    """Take the mailbox. The answer is the same, and does not wait for anything to be looked up, whether we know it or not."""
    form = await read_form(request, SMALL)
    try:
        typed = str(form.get("mailbox") or "").strip()[: LONGEST_MAILBOX + 1]
    finally:
        await form.close()
    try:
        mailbox = ascii_mailbox(typed)
    except ValueError:
        words = Words(preferred())
        said = words.gettext("Write the mailbox our messages come to, such as integration@town.example.")
        return _lost_page(422, typed, [Problem(said, "mailbox")])
    wait = limits.asked_for_links(request, mailbox)
    if wait is not None:
        return limits.too_much(wait)
    # Nobody waits for it, on this connection either: how long it takes would tell whether the mailbox is known.
    asyncio.get_running_loop().run_in_executor(None, _send_everything, request.app.state.desk.engine, mailbox, request.app.state.closing)
    return RedirectResponse("/link/sent", 303)


def _send_everything(engine: Engine, mailbox: str, closing: Event) -> None:
    """In each programme the mailbox is in. What goes wrong is told without the mailbox: it may be anybody's."""

    def programmes() -> Sequence[str]:
        with reading(engine) as session:
            return access.programmes_of(session, mailbox)

    def reissued(programme: str) -> None:
        with changing(engine) as session:
            access.reissue_everything(session, load(session, programme, locked=True), mailbox, clock.now(engine))

    try:
        for programme in insisting(programmes, closing):
            insisting(partial(reissued, programme), closing)
    except Exception as error:  # noqa: BLE001 - its text and traceback may hold the mailbox
        said = "links that were asked for are given up, whoever asked has to ask again: %s"
        log.error(said, type(error).__name__)  # noqa: TRY400 - a traceback would name it too


def lost_sent(request: Request) -> Response:
    """What was done, whether or not the mailbox is known."""
    return html.page("lost_sent", everything=True)


# -- a section handed on -----------------------------------------------------------------------------------------------


@opened
def handing_on(request: Request) -> Response:
    """The sections of a contribution, whom they were handed on to, and a form to hand on more."""
    with visiting(request, opens=ANSWERING) as visit:
        return _hand_on_page(request, visit, _gate(visit), new=request.query_params.get("new", ""))


def _gate(visit: Visit) -> Gate:
    """The contribution that can be handed on; for all other links there is no such page."""
    if visit.gate is None or not may_hand_on(visit.standing, visit.gate, visit.link):
        raise HTTPException(404)
    return visit.gate


def _hand_on_page(
    request: Request, visit: Visit, gate: Gate, *, typed: Typed | None = None, new: str = "", **told: Any
) -> Response:
    words = Words(visit.language)
    found = given(visit.session, gate, visit.link.organisation, visit.now)
    shown = {
        item.number: links.address(public_url(), _part_link(request, visit, gate, item.number, item.expires_on))
        for item in found
        if item.opens
    }
    until = usual_until(visit.standing, gate, visit.link, visit.now)
    answer = html.page(
        "hand_on",
        visit.language,
        ask=ask_of(visit.session, visit.standing, gate, visit.link, visit.now, visit.language),
        token=visit.token,
        proof=proof_of(request, visit),
        sections=[(section.key, section.title(words)) for section in sections(gate)],
        typed=typed or Typed(until=until.isoformat()),
        given=[(item, titles(gate, item.fields, words), shown.get(item.number, "")) for item in found],
        new=next((item.number for item in found if str(item.number) == new and item.opens), None),
        script_address=html.SCRIPT_ADDRESS,
        **{**NOTHING_TOLD, "faults": None, **told},
    )
    answer.headers["content-security-policy"] = html.WITH_SCRIPT
    return answer


def _part_link(request: Request, visit: Visit, gate: Gate, number: int, until: date) -> str:
    """The same token whenever it is shown: whoever may hand on may see it again."""
    link = visit.link
    return links.sign(
        request.app.state.desk.secret, "part", link.programme, gate.id, None, link.organisation, link.role, until,
        epoch=link.epoch, delegation_id=number,
    )  # fmt: skip


def _hand_on(request: Request, sent: Sent) -> Response:
    """Hand a section on, or take one back; then the page with what there is now."""
    with proven(request, sent, opens=ANSWERING) as visit:
        gate, taken_back = _gate(visit), sent.texts.get("withdraw")
        if taken_back is not None:
            number = int(taken_back) if taken_back.isdecimal() and len(taken_back) < 10 else 0
            access.withdraw_delegation(visit.session, visit.standing, gate, visit.link.organisation, number, visit.origin, visit.now)
            return leads_to(request, "/hand-on")
        typed, words = _typed(sent), Words(visit.language)
        made = hand_on_by_form(visit.session, visit.standing, gate, visit.link, typed, words, visit.origin, visit.now)
        return leads_to(request, f"/hand-on?new={made.id}")


def _typed(sent: Sent) -> Typed:
    return Typed(tuple(sent.all("fields")), sent.texts.get("label", "")[:400], sent.texts.get("until", "")[:40])


def _hand_on_again(request: Request, visit: Visit, sent: Sent, **told: Any) -> Response:
    return _hand_on_page(request, visit, _gate(visit), typed=_typed(sent), **told)


ROUTES = [
    Route("/link", lost, methods=["GET"]),
    Route("/link", send_lost, methods=["POST"]),
    Route("/link/sent", lost_sent),
    Route("/a/{token}/again", sent_again, methods=["GET"]),
    Route("/a/{token}/again", again, methods=["POST"]),
    Route("/a/{token}/hand-on", handing_on, methods=["GET"]),
    Route(
        "/a/{token}/hand-on",
        taking(_hand_on, _hand_on_again, opens=ANSWERING, look=_gate, body=Body(SMALL, MOST_FIELDS)),
        methods=["POST"],
    ),
]
