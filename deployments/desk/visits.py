"""What every page behind a signed link begins with: the link is read, its programme loaded, and where it opens nothing a page says so."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from deployments.desk import cookies, html
from deployments.desk.coordinator import sessions
from deployments.desk.languages import chosen
from deployments.desk.security import is_proof, proof
from models import clock
from models.database import changing, reading
from models.decisions import Entry
from models.doors.answering import Origin
from models.drafts import Delegation
from models.errors import Refused
from models.gates import Gate
from models.glance import glance
from models.links import BadLink, Link, Purpose, read
from models.organisations import Organisation
from models.programme import Programme
from models.standing import Standing, load
from tasks.page_answers import NotTaken, Problem
from tasks.pages import gate_of, language_of
from tasks.wording import Words

log = logging.getLogger(__name__)

PAGES: frozenset[Purpose] = frozenset({"act", "read", "behalf"})
"""What opens the pages of a gate. A section that was handed on and a calendar open these only where a page says so."""

WRITING: frozenset[Purpose] = frozenset({"act", "behalf", "part"})
"""What opens the pages on which a contribution is written; `Visit.only` says which fields of it."""

RENEWED: frozenset[Purpose] = frozenset({"act", "read"})
"""What is sent again on request; a section comes anew from whoever handed it on, a calendar's address from its page."""

ANSWERING: frozenset[Purpose] = frozenset({"act", "behalf"})
"""What opens the pages that answer with all the powers of a role."""


class Unproven(NotTaken):
    """A form that does not come from the link's own page."""

    @classmethod
    def said_in(cls, words: Words) -> Unproven:
        """As its sender reads it."""
        said = words.gettext(
            "This form did not come from this page. Nothing was recorded and nothing you wrote is lost: look it over and send it again."
        )
        return cls([Problem(said)], conflict=True)


@dataclass(frozen=True)
class Visit:
    """One request through a link that opens something."""

    token: str
    link: Link
    now: datetime
    session: Session
    standing: Standing
    gate: Gate | None
    writer: str = ""
    """How the person at this browser calls themselves, from a signed cookie, on behalf with the coordination's name; else empty."""
    only: frozenset[str] | None = None
    """The top-level fields of the contribution that the link opens; None: all of them."""

    @property
    def asked(self) -> Gate:
        """The gate the link speaks of; HTTPException 404 where it speaks of none."""
        if self.gate is None:
            raise HTTPException(404)
        return self.gate

    @property
    def origin(self) -> Origin:
        """What the doors are told about where an answer comes from."""
        return Origin(Entry.DESK, on_behalf=self.link.purpose == "behalf")

    @property
    def language(self) -> str:
        """The language of the pages: the one chosen in this browser, else that of the reader's mailbox."""
        return chosen() or self.mailbox_language

    @property
    def mailbox_language(self) -> str:
        """The language of the reader's mailbox, which documents are shown in."""
        return language_of(self.standing, self.link)


@contextmanager
def visiting(
    request: Request, *, changes: bool = False, drafts: bool = False, opens: frozenset[Purpose] = PAGES
) -> Iterator[Visit]:
    """Read the link and what is asked of its programme; BadLink where it opens nothing, or is for another purpose than this page.

    `changes`: for the doors, with all rows and locked. `drafts`: for what writes drafts alone, which no rule looks at; locked too.
    """
    desk, token = request.app.state.desk, request.path_params["token"]
    now = clock.now(desk.engine)
    link = read(desk.secret, token, now)
    if link.purpose not in opens:
        raise BadLink("This link does not open this page.")
    with changing(desk.engine) if changes or drafts else reading(desk.engine) as session:
        standing = _asked_about(session, link, changes=changes, drafts=drafts)
        if link.organisation not in {item.slug for item in standing.definition.organisations}:
            raise BadLink("There is no such organisation in the programme.")
        if link.epoch != standing.organisation(link.organisation).link_epoch:
            raise BadLink("This link was withdrawn. Ask for a new one: it will be sent to the same mailbox.", withdrawn=link)
        gate = gate_of(standing, link)
        if link.gate_id is not None and gate is None:
            raise BadLink("There is no such gate in the programme.")
        only = _only(session, link, now)
        with html.acting_for(_acting_for(request, session, standing, link, now)):
            yield Visit(token, link, now, session, standing, gate, _writer(request, standing, link, now), only)


def _writer(request: Request, standing: Standing, link: Link, now: datetime) -> str:
    """How the person at this browser calls themselves."""
    return as_writer(cookies.writer_of(request, request.app.state.desk.secret, now), standing, link)


def as_writer(name: str, standing: Standing, link: Link) -> str:
    """A writer's name as it is kept and shown: on behalf it is said beside it who does it."""
    if link.purpose != "behalf":
        return name
    coordination = standing.organisation(standing.definition.coordinator).name[: cookies.LONGEST_WRITER]
    if name.endswith(coordination):
        return name
    return f"{name[: cookies.LONGEST_WRITER - len(coordination) - 2]}, {coordination}".removeprefix(", ")[: cookies.LONGEST_WRITER]


def _asked_about(session: Session, link: Link, *, changes: bool, drafts: bool) -> Standing:
    """A link's programme; BadLink where there is none."""
    try:
        return load(session, link.programme, locked=True) if changes else glance(session, link.programme, locked=drafts)
    except Refused:
        raise BadLink("There is no such programme here.") from None


def _acting_for(request: Request, session: Session, standing: Standing, link: Link, now: datetime) -> html.ActingFor | None:
    """On whose behalf a link of the coordinator's side acts; BadLink in a browser that is not signed in: it opens nothing elsewhere."""
    if link.purpose != "behalf":
        return None
    if link.programme not in sessions.signed_in(request, session, now):
        raise BadLink("This link works only where the coordinator is signed in.")
    back = f"/coordinator/{link.programme}" + (f"/gate/{link.gate_id}" if link.gate_id is not None else "")
    return html.ActingFor(standing.organisation(link.organisation).name, back)


def knock(request: Request, opens: frozenset[Purpose]) -> None:
    """BadLink where a link opens nothing, told by a few rows: enough to refuse a body before it is sent, at a fraction of a visit.

    Whether its organisation may do what it sends is looked at by the visit that takes it.
    """
    desk = request.app.state.desk
    now = clock.now(desk.engine)
    link = read(desk.secret, request.path_params["token"], now)
    if link.purpose not in opens:
        raise BadLink("This link does not open this page.")
    with reading(desk.engine) as session:
        epoch = select(Organisation.link_epoch).where(Organisation.programme_id == link.programme, Organisation.slug == link.organisation)
        found = session.scalar(epoch)
        if found is None:
            raise BadLink("There is no such organisation in the programme.")
        if found != link.epoch:
            raise BadLink("This link was withdrawn. Ask for a new one: it will be sent to the same mailbox.", withdrawn=link)
        if link.purpose == "behalf" and link.programme not in sessions.signed_in(request, session, now):
            raise BadLink("This link works only where the coordinator is signed in.")
        _only(session, link, now)


def _only(session: Session, link: Link, now: datetime) -> frozenset[str] | None:
    """The fields that a section handed on consists of; BadLink where it was taken back or its time is over."""
    if link.purpose != "part":
        return None
    found = session.get(Delegation, link.delegation_id) if link.delegation_id is not None else None
    if found is None or (found.programme_id, found.gate_id, found.organisation) != (link.programme, link.gate_id, link.organisation):
        raise BadLink("There is no such section.")
    if found.withdrawn_at is not None:
        raise BadLink("This link was withdrawn. Ask whoever sent it to you for a new one.", withdrawn=link)
    if now.date() > found.expires_on:
        raise BadLink("This link is too old. Ask whoever sent it to you for a new one.", expired=link)
    return frozenset(found.fields)


def opened(handle: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """A page behind a link: one that opens nothing gets the page that says so."""

    def handled(request: Request) -> Response:
        try:
            return handle(request)
        except BadLink as bad:
            return opens_nothing(request, bad)

    return handled


def opens_nothing(request: Request, bad: BadLink) -> Response:
    """The page for a link that opens nothing. Links that never were ours all look alike; for one that was, a new one can be sent."""
    link = bad.was
    if link is None:
        return html.failed(404, link=True)
    told: dict[str, Any] = {"link": True, "withdrawn": bad.withdrawn is not None, "section": link.purpose == "part"}
    standing = _standing_of(request, link)
    if standing is None:
        return html.failed(410, **told)
    may_ask = link.purpose in RENEWED and standing.programme.closed_at is None
    again = f"/a/{request.path_params['token']}/again" if may_ask else ""
    return html.failed(410, chosen() or language_of(standing, link), again=again, **told)


def _standing_of(request: Request, link: Link) -> Standing | None:
    """The programme of a link that was ours, where there still is one with that organisation."""
    with reading(request.app.state.desk.engine) as session:
        if session.get(Programme, link.programme) is None:
            return None
        standing = load(session, link.programme)
        return standing if link.organisation in {item.slug for item in standing.programme.organisations} else None


def proof_of(request: Request, visit: Visit) -> str:
    """What a form of this link's pages carries in its field `proof`."""
    return proof(request.app.state.desk.secret, visit.token)


def check_proof(request: Request, visit: Visit, typed: Mapping[str, str], words: Words) -> None:
    """Unproven where a form was not made by a page of this link."""
    if not is_proof(request.app.state.desk.secret, visit.token, typed.get("proof", "")):
        raise Unproven.said_in(words)


def waking(request: Request, programme: str) -> BackgroundTask:
    """Tells the runs once the answer is on its way, for what the database holds is new to them."""
    return BackgroundTask(_wake, request.app.state.nudge, programme)


async def _wake(nudge: Callable[[str], Any], programme: str) -> None:
    """That it fails is nothing for the reader: the database has the answer and the sweep catches up."""
    try:
        await nudge(programme)
    except Exception:
        log.exception("the runs of %s could not be woken; the sweep will", programme)
