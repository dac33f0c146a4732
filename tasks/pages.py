"""What a page of the desk shows, read from the rows as plain values: the one thing that is asked.

No HTML and no web framework here; how it is said is `templates/desk`, what an answer does is `page_answers`,
what is published `shelf`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models.advance import reviewed
from models.contributions import Contribution, Revision, RevisionState
from models.definition import Policy, Role
from models.doors.answering import bound_content
from models.doors.tray import starting_revision
from models.editions import Edition
from models.events import Event, EventKind
from models.gates import Gate, GateState
from models.links import Link
from models.method import GateKind
from models.standing import Party, Standing
from tasks.decided import Decided, decisions_of_others, own_decision, role_title, sent_back
from tasks.handed_in import HandedIn, handed_in
from tasks.notice_views import name_of, scope_names
from tasks.page_fields import Field, asked_fields, file_to_fill
from tasks.reading import EditionView
from tasks.wording import is_spoken

REASONS = (EventKind.GATE_OPENED, EventKind.GATE_REOPENED, EventKind.DEADLINE_MOVED)
"""The events that say why a deadline is on the day it is."""


class Situation(StrEnum):
    """How things stand for the reader: what the page can offer follows from it."""

    ASKED = "asked"
    DECIDED = "decided"
    NOT_YET = "not-yet"
    REJECTED = "rejected"
    OVER = "over"
    READING = "reading"


@dataclass(frozen=True)
class Document:
    """An edition to read; `pdf` says whether there is a file of it beside the page."""

    edition_id: int
    number: str
    title: str
    version: str
    about: tuple[str, ...]
    content_sha256: str
    pdf: bool


@dataclass(frozen=True)
class Said:
    """A contribution that is decided on as it is, where no edition is built of it."""

    title: str
    organisation: str
    revision: int
    received_at: datetime
    sha256: str
    is_sample: bool
    """Illustrative or generated: not a statement of that organisation."""
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Ask:
    """The one thing a link leads to. Titles and `asks` are in English as the method has them; names as in the programme file."""

    programme: str
    programme_id: str
    rehearsal: bool
    gate_id: int
    key: str
    scope: str
    kind: GateKind
    title: str
    asks: str
    about: tuple[str, ...]
    organisation: str
    name: str
    role: str
    language: str
    zone: str
    today: date
    due_on: date | None
    reasons: tuple[str, ...]
    policy: Policy | None
    situation: Situation
    is_late: bool
    documents: tuple[Document, ...]
    said: tuple[Said, ...]
    bound: tuple[str, ...]
    needs_act: bool
    own: Decided | None
    others: tuple[Decided, ...]
    waiting_for: tuple[str, ...]
    sent_back: Decided | None
    received: tuple[HandedIn, ...]
    fields: tuple[Field, ...]
    happened_on: date | None
    satisfied_at: datetime | None

    @property
    def days_left(self) -> int | None:
        """Calendar days until the deadline on the reader's day; negative once it has passed."""
        return (self.due_on - self.today).days if self.due_on else None

    @property
    def counts_now(self) -> int | None:
        """The number of the reader's revision that counts; None where none does."""
        return self.received[-1].counts_now if self.received else None

    @property
    def may_send(self) -> bool:
        """Whether a contribution can be handed in: always by those who are asked, late ones are kept."""
        return self.kind is GateKind.CONTRIBUTION and self.situation is not Situation.READING


def gate_of(standing: Standing, link: Link) -> Gate | None:
    """The gate a link speaks of; None where the programme has no such gate (any more)."""
    return standing.gate_by_id(link.gate_id) if link.gate_id is not None else None


def party_of(standing: Standing, gate: Gate, link: Link) -> Party | None:
    """In which capacity the reader may answer; None where the link is for reading or asks somebody else.

    What an organisation contributes or records may come from any of its mailboxes; a decision only from the role asked.
    """
    if not link.acts:
        return None
    for party in standing.parties(gate):
        if party.organisation == link.organisation and (not gate.is_approval or party.role == link.role):
            return party
    return None


def writer_party(standing: Standing, gate: Gate, link: Link) -> Party | None:
    """For whom the reader may write at a contribution: as `party_of`, and for a section that was handed on its organisation."""
    if link.purpose != "part":
        return party_of(standing, gate, link) if gate.spec.kind is GateKind.CONTRIBUTION else None
    asked = standing.parties(gate) if gate.spec.kind is GateKind.CONTRIBUTION else ()
    return next((party for party in asked if party.organisation == link.organisation), None)


def ask_of(session: Session, standing: Standing, gate: Gate, link: Link, now: datetime, language: str = "") -> Ask:
    """Everything the page of a link shows about its gate, in the language given, else in that of the reader's mailbox."""
    party = party_of(standing, gate, link)
    organisation = standing.definition.organisation(link.organisation)
    due = gate.due_on if gate.is_open else None
    today = standing.calendar.local_date(link.organisation, now)
    own = own_decision(session, standing, gate, link)
    return Ask(
        programme=standing.programme.title,
        programme_id=standing.programme.id,
        rehearsal=standing.programme.rehearsal,
        gate_id=gate.id,
        key=gate.key,
        scope=gate.scope,
        kind=gate.spec.kind,
        title=gate.spec.title,
        asks=gate.spec.asks,
        about=scope_names(standing, gate.scope),
        organisation=link.organisation,
        name=organisation.name,
        role=role_title(link.role),
        language=language or language_of(standing, link),
        zone=organisation.zone,
        today=today,
        due_on=due,
        reasons=reasons_of(session, gate) if due else (),
        policy=gate.runs_out_on() if gate.is_open and not gate.expired else None,
        situation=situation_of(standing, gate, party),
        is_late=gate.is_late(today),
        documents=tuple(document_of(standing, edition) for edition in editions_at(standing, gate)),
        said=said_at(session, standing, gate),
        bound=bound_hashes(session, standing, gate),
        needs_act=gate.spec.needs_act,
        own=own,
        others=decisions_of_others(session, standing, gate, link),
        waiting_for=tuple(
            f"{name_of(standing, item.organisation)} ({role_title(item.role)})" for item in _still(standing, gate) if item != party
        ),
        sent_back=sent_back(session, standing, gate),
        received=tuple(handed_in(session, standing, gate, link.organisation)) if link.acts else (),
        fields=asked_fields(gate.spec.contribution) if gate.spec.contribution else (),
        happened_on=gate.happened_on if gate.is_satisfied else None,
        satisfied_at=gate.satisfied_at,
    )


def situation_of(standing: Standing, gate: Gate, party: Party | None) -> Situation:
    """How a gate stands for one reader."""
    if party is None:
        return Situation.READING
    if gate.is_satisfied:
        return Situation.DECIDED if gate.is_approval and party not in _still(standing, gate) else Situation.OVER
    if gate.state == GateState.PENDING:
        return Situation.NOT_YET
    if gate.is_approval and party not in standing.open_parties(gate):
        return Situation.DECIDED
    return Situation.REJECTED if gate.rejected else Situation.ASKED


def language_of(standing: Standing, link: Link) -> str:
    """The language of the reader's mailbox, where there is a catalogue for it; English otherwise."""
    contacts = standing.organisation(link.organisation).reached_at(Role(link.role)) if link.role in set(Role) else []
    language = contacts[0].language if contacts else "en"
    return language if is_spoken(language) else "en"


def bound_hashes(session: Session, standing: Standing, gate: Gate) -> tuple[str, ...]:
    """The hashes of all content a decision made now would bind to, in order."""
    return tuple(bound_content(session, standing, gate).values()) if gate.is_approval else ()


# -- what is read before deciding ----------------------------------------------------------------------------------


def editions_at(standing: Standing, gate: Gate) -> list[Edition]:
    """The editions an approval decides on."""
    found = (standing.latest_edition(number, scope) for number, scope in reviewed(standing, gate))
    return [edition for edition in found if edition is not None]


def readable(standing: Standing, link: Link, edition_id: int) -> Edition | None:
    """The edition of that id, where the link allows to read it: its own, or any version of what its gate decides on."""
    gate = gate_of(standing, link)
    allowed = set(reviewed(standing, gate)) if gate else set()
    for edition in standing.editions_within():
        if edition.id == edition_id and (edition.id == link.edition_id or (edition.deliverable, edition.scope) in allowed):
            return edition
    return None


def view_of(standing: Standing, edition: Edition, language: str) -> EditionView:
    """An edition as it is rendered: exactly what a decision on it binds to, with its cover."""
    from tasks.publishing import view_of as published_view  # brings the PDF engine with it

    return published_view(standing, edition, language)


def document_of(standing: Standing, edition: Edition) -> Document:
    """What a page says of an edition beside its link."""
    return Document(
        edition_id=edition.id,
        number=edition.deliverable,
        title=edition.spec.title,
        version=edition.version,
        about=scope_names(standing, edition.scope),
        content_sha256=edition.content_sha256,
        pdf=any(item.format == "pdf" for item in edition.files),
    )


def said_at(session: Session, standing: Standing, gate: Gate) -> tuple[Said, ...]:
    """The contributions an approval without an edition is about."""
    return tuple(_said(session, standing, gate))


def _said(session: Session, standing: Standing, gate: Gate) -> Iterator[Said]:
    if not gate.is_approval or reviewed(standing, gate):
        return
    query = select(Contribution).where(Contribution.programme_id == standing.programme.id, Contribution.gate_key.in_(gate.spec.feeds))
    for item in session.scalars(query.options(selectinload(Contribution.revisions)).order_by(Contribution.id)):
        if item.current is not None and standing.touch(item.scope, gate.scope):
            title = standing.gate(item.gate_key, item.scope).spec.title
            current = item.current
            sample = current.illustrative or current.generated
            yield Said(
                title, name_of(standing, item.organisation), current.number, current.received_at, current.sha256, sample, current.body
            )


# -- what has happened already -------------------------------------------------------------------------------------


def _still(standing: Standing, gate: Gate) -> list[Party]:
    return standing.open_parties(gate) if gate.is_approval else list(standing.parties(gate)) if gate.is_open else []


def revisions_of(session: Session, gate: Gate, organisation: str) -> list[Revision]:
    """Every revision an organisation has handed in at a gate, in order."""
    query = select(Contribution).where(Contribution.gate_id == gate.id, Contribution.organisation == organisation)
    found = session.scalars(query.options(selectinload(Contribution.revisions))).one_or_none()
    return found.revisions if found else []


def last_revision(session: Session, gate: Gate, organisation: str) -> Revision | None:
    """The newest revision an organisation has handed in at a gate, kept or accepted."""
    found = revisions_of(session, gate, organisation)
    return found[-1] if found else None


def counting(session: Session, gate: Gate, organisation: str) -> Revision | None:
    """The revision of an organisation that counts at a gate; None where none does."""
    found = revisions_of(session, gate, organisation)
    return next((item for item in reversed(found) if item.state == RevisionState.ACCEPTED), None)


def reasons_of(session: Session, gate: Gate) -> tuple[str, ...]:
    """Why the deadline is on that day, as the calendar or the coordinator said when it was set."""
    query = select(Event).where(
        Event.programme_id == gate.programme_id, Event.gate == gate.key, Event.scope == gate.scope, Event.kind.in_(REASONS)
    )
    last = session.scalars(query.order_by(Event.id.desc()).limit(1)).one_or_none()
    if last is None:
        return ()
    why = last.detail.get("why")
    return (*([str(why)] if why else []), *(str(reason) for reason in last.detail.get("reasons", ())))


# -- the file to fill in -------------------------------------------------------------------------------------------


def file_for(session: Session, standing: Standing, gate: Gate, link: Link) -> str:
    """The contribution file to download: with what was handed in last, or empty with every field explained."""
    last = starting_revision(session, standing, gate, link.organisation)
    heading = [
        f"{standing.programme.title}: {gate.spec.title}, {name_of(standing, link.organisation)}",
        gate.spec.asks,
        *([f"By {gate.due_on:%A %d %B %Y}."] if gate.is_open and gate.due_on else []),
        "Fill it in with any text editor and upload it on the page your link leads to.",
    ]
    language = last.language if last else standing.definition.organisation(link.organisation).languages[0]
    envelope = {"gate": gate.key, "scope": gate.scope, "organisation": link.organisation, "language": language}
    return file_to_fill(heading, envelope, asked_fields(gate.spec.contribution), last.body if last else None)
