"""Signing in and out: a mailbox is typed, a link comes by mail, a button on its page begins a session.

The answer to a mailbox is always the same and is given before anything is looked up. Mail scanners follow links: only the button uses
one up.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from deployments.desk import html, limits
from deployments.desk.coordinator import sessions
from deployments.desk.languages import chosen, preferred
from deployments.desk.later import insisting
from deployments.desk.security import is_from_elsewhere, is_proof, proof, read_form
from deployments.desk.watch import configured_channel
from models import clock, settings
from models.database import changing, reading
from models.doors import signing_in
from models.doors.signing_in import NoSignIn
from models.mailbox import ascii_mailbox
from models.notices import NoticeKind
from models.programme import Programme
from models.standing import load
from tasks.claims import claims_kept
from tasks.dispatch import dispatch
from tasks.messages import written_in
from tasks.page_answers import Problem
from tasks.wording import Words

log = logging.getLogger(__name__)

SMALL = 8 * 1024


def front(request: Request) -> Response:
    """The programmes this browser is signed in to, and the way to sign in."""
    return _front(request)


def _front(request: Request, status: int = 200, mailbox: str = "", problems: list[Problem] | None = None) -> Response:
    desk = request.app.state.desk
    now = clock.now(desk.engine)
    with reading(desk.engine) as session:
        found = [(name, session.get_one(Programme, name).title) for name in sessions.signed_in(request, session, now)]
    told: dict[str, Any] = {"problems": problems or [], "faults": None, "conflict": False}
    return html.page("coordinator/front", status=status, programmes=found, mailbox=mailbox, **told)


async def ask(request: Request) -> Response:
    """Take the mailbox; the answer says nothing about whether it is anybody's."""
    if is_from_elsewhere(request):
        return html.failed(403)
    form = await read_form(request, SMALL)
    typed = str(form.get("mailbox") or "").strip()[:255]
    await form.close()
    try:
        mailbox = ascii_mailbox(typed)
    except ValueError:
        said = Words(preferred()).gettext("Write the mailbox of the coordination, such as coordination@alliance.example.")
        return await run_in_threadpool(_front, request, 422, typed, [Problem(said, "mailbox")])
    wait = limits.asked_for_links(request, mailbox)
    if wait is not None:
        return limits.too_much(wait)
    # Nobody waits for it, on this connection either: how long it takes would tell whether the mailbox is the coordination's.
    asyncio.get_running_loop().run_in_executor(None, _send_link, request, mailbox)
    return RedirectResponse("/sign-in", 303)


def _send_link(request: Request, mailbox: str) -> None:
    """Queue the links and send them now: whoever asked sits before the page. What fails is told without the mailbox."""
    engine, secret = request.app.state.desk.engine, request.app.state.desk.secret

    def queued() -> list[str]:
        with changing(engine) as session:
            return signing_in.ask(session, mailbox, secret, clock.now(engine))

    fails = "a link to sign in with is given up, whoever asked has to ask again: %s"
    try:
        programmes = insisting(queued, request.app.state.closing)
        fails = "a link to sign in with could not be sent yet, the sweep will: %s"
        for programme in programmes:
            _send_now(engine, secret, programme)
    except Exception as error:  # noqa: BLE001 - its text and traceback may hold the mailbox
        log.error(fails, type(error).__name__)  # noqa: TRY400 - a traceback would name it too


def _send_now(engine: Engine, secret: str, programme: str) -> None:
    worker = f"sign-in-{uuid4().hex}"
    with configured_channel() as channel, claims_kept(lambda: changing(engine), worker, lambda: clock.now(engine)):
        dispatch(
            lambda: changing(engine), clock.now(engine), channel, worker=worker, secret=secret,
            public_url=settings.public_url(), programme_id=programme, kinds={NoticeKind.SIGN_IN},
        )  # fmt: skip


def asked(request: Request) -> Response:
    """What was done, whether or not the mailbox is known."""
    return html.page("coordinator/asked")


# -- the link --------------------------------------------------------------------------------------------------------


def link(request: Request) -> Response:
    """The page with the button. Looking uses nothing up."""
    desk, token = request.app.state.desk, request.path_params["token"]
    with reading(desk.engine) as session:
        try:
            found = signing_in.link_is_good(session, token, clock.now(desk.engine))
        except NoSignIn:
            return html.page("coordinator/no_sign_in", status=410)
        standing = load(session, found.programme_id)
        language = chosen() or written_in(standing.organisation(standing.definition.coordinator).contacts[0].language)
        title = standing.programme.title
    return html.page("coordinator/sign_in", language, title=title, token=token, proof=proof(desk.secret, f"sign-in/{token}"))


async def enter(request: Request) -> Response:
    """Use the link up and begin a session. Another site cannot sign a browser in, with a link of its own, unseen."""
    if is_from_elsewhere(request):
        return html.failed(403)
    form = await read_form(request, SMALL)
    given = str(form.get("proof") or "")
    await form.close()
    return await run_in_threadpool(_enter, request, given)


def _enter(request: Request, given: str) -> Response:
    desk, token = request.app.state.desk, request.path_params["token"]
    if not is_proof(desk.secret, f"sign-in/{token}", given):
        return html.failed(403)
    now = clock.now(desk.engine)
    try:
        with changing(desk.engine) as session:
            earlier = [item.key for name, item in sessions.signed_in(request, session, now).items()]
            row, key = signing_in.use(session, token, now)
            programme = row.programme_id
            keep = [old for old in earlier if _other(session, old, programme, request)]
    except NoSignIn:
        return html.page("coordinator/no_sign_in", status=410)
    response = RedirectResponse(f"/coordinator/{programme}", 303)
    sessions.remember(request, response, [*keep, key], now)
    return response


def _other(session: Session, key: str, programme: str, request: Request) -> bool:
    """Whether a key is another programme's; an earlier session of the same one in this browser ends."""
    now = clock.now(request.app.state.desk.engine)
    row = signing_in.session_of(session, key, now)
    if row is not None and row.programme_id == programme:
        signing_in.end(row, now)
        return False
    return row is not None


ROUTES = [
    Route("/coordinator", front, methods=["GET"]),
    Route("/coordinator", ask, methods=["POST"]),
    Route("/sign-in", asked, methods=["GET"]),
    Route("/sign-in/{token}", link, methods=["GET"]),
    Route("/sign-in/{token}", enter, methods=["POST"]),
]
