"""What one organisation's page shows: what is asked of it, what comes next, what it has done, its documents and its people.

It is shown to somebody with a link in one role. It leads on only to what that role may answer; of the rest it says who is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.definition import Kind
from models.drafts import Draft
from models.editions import Edition
from models.gates import Gate, GateState, Outcome
from models.links import Link
from models.manifest import last_published
from models.method import AnchorKind, GateKind
from models.standing import Party, Standing
from tasks.decided import role_title
from tasks.notice_views import scope_names
from tasks.pages import Document, document_of, editions_at, language_of
from tasks.wording import is_spoken

OpenGate = Callable[[Gate], str]
"""The address of a gate's page for the reader of this page."""

SEES_ALL = frozenset({Kind.COORDINATOR, Kind.FACILITATOR, Kind.COMMITTEE})


@dataclass(frozen=True)
class Task:
    """One thing asked now. `address` is empty where another role is asked; `begun_at` is the last save of a draft."""

    title: str
    about: tuple[str, ...]
    role: str
    due_on: date | None
    days_left: int | None
    address: str
    begun_at: datetime | None = None
    waits_for_others: bool = False
    """This organisation has answered, others have not."""
    rejected: bool = False

    @property
    def is_late(self) -> bool:
        """Whether its deadline has passed."""
        return self.days_left is not None and self.days_left < 0


@dataclass(frozen=True)
class Coming:
    """One thing that will be asked. `due_on` is what the plan says today; `is_rough`: only its month can be told."""

    title: str
    about: tuple[str, ...]
    role: str
    opens_on: date | None
    due_on: date | None
    is_rough: bool


@dataclass(frozen=True)
class Done:
    """One thing that is over; `without`: the programme went on without this organisation's answer."""

    title: str
    about: tuple[str, ...]
    on: date | None
    without: bool
    address: str


@dataclass(frozen=True)
class Shown:
    """A document and where it is read."""

    document: Document
    address: str


@dataclass(frozen=True)
class Mailbox:
    """Which mailbox answers for a role."""

    role: str
    mailbox: str


@dataclass(frozen=True)
class OrganisationPage:
    """The page. Titles and roles are in English as the method has them; names as in the programme file."""

    programme: str
    programme_id: str
    rehearsal: bool
    name: str
    role: str
    language: str
    zone: str
    today: date
    closed: bool
    tasks: tuple[Task, ...]
    coming: tuple[Coming, ...]
    done: tuple[Done, ...]
    published: tuple[Shown, ...]
    under_review: tuple[Shown, ...]
    people: tuple[Mailbox, ...]


def organisation_page(
    session: Session, standing: Standing, link: Link, open_gate: OpenGate, now: datetime, language: str = ""
) -> OrganisationPage:
    """Everything the page shows to the reader of a link, whose organisation is in the programme.

    `language`: that of the page; left out, that of the reader's mailbox.
    """
    slug = link.organisation
    defined = standing.definition.organisation(slug)
    today = standing.calendar.local_date(slug, now)
    asked = standing.asked_of(slug)
    language = language or language_of(standing, link)
    return OrganisationPage(
        programme=standing.programme.title,
        programme_id=standing.programme.id,
        rehearsal=standing.programme.rehearsal,
        name=defined.name,
        role=role_title(link.role),
        language=language,
        zone=defined.zone,
        today=today,
        closed=standing.programme.closed_at is not None,
        tasks=tuple(_tasks(session, standing, link, asked, open_gate, today)),
        coming=tuple(_coming(standing, asked)),
        done=tuple(_done(standing, link, asked, open_gate)),
        published=tuple(_published(standing, slug, language)),
        under_review=tuple(_under_review(standing, link, asked, open_gate)),
        people=tuple(Mailbox(role_title(item.role), item.mailbox) for item in standing.organisation(slug).contacts),
    )


Asked = list[tuple[Gate, Party]]


def leads_on(gate: Gate, party: Party, link: Link) -> bool:
    """Whether the reader gets a link: what an organisation contributes may come from any of its roles, all else from the one asked."""
    return gate.spec.kind is GateKind.CONTRIBUTION or party.role == link.role


def _tasks(session: Session, standing: Standing, link: Link, asked: Asked, open_gate: OpenGate, today: date) -> list[Task]:
    drafts = select(Draft.gate_id, Draft.saved_at).where(Draft.programme_id == link.programme, Draft.organisation == link.organisation)
    begun: dict[int, datetime] = {row[0]: row[1] for row in session.execute(drafts)}
    found = [
        Task(
            title=gate.spec.title,
            about=scope_names(standing, gate.scope),
            role=role_title(party.role),
            due_on=gate.due_on,
            days_left=(gate.due_on - today).days if gate.due_on else None,
            address=open_gate(gate) if leads_on(gate, party, link) else "",
            begun_at=begun.get(gate.id),
            waits_for_others=gate.is_approval and party not in standing.open_parties(gate),
            rejected=gate.rejected,
        )
        for gate, party in asked
        if gate.is_open
    ]
    return sorted(found, key=lambda item: (item.waits_for_others, not item.address, item.due_on or date.max, item.title))


def _coming(standing: Standing, asked: Asked) -> list[Coming]:
    """What has not opened yet, in the order in which it is expected; what no day can be told of stands last."""
    found = [_one_coming(standing, gate, party) for gate, party in asked if gate.state == GateState.PENDING]
    return sorted(found, key=lambda item: (item.due_on or date.max, item.title))


def _one_coming(standing: Standing, gate: Gate, party: Party) -> Coming:
    due_on, rough = standing.asked_for(gate), False
    opens_on = standing.opens_on(gate)
    if due_on is None and gate.spec.anchor.kind is AnchorKind.PHASE:
        change = standing.definition.gates.get(gate.key)
        weeks = change.weeks if change and change.weeks is not None else gate.spec.weeks
        due_on, rough = standing.phase(gate.phase).planned_on + timedelta(weeks=weeks), True
    return Coming(
        gate.spec.title,
        scope_names(standing, gate.scope),
        role_title(party.role),
        None if opens_on == date.min else opens_on,
        due_on,
        is_rough=rough or not standing.is_free(gate),
    )


def _done(standing: Standing, link: Link, asked: Asked, open_gate: OpenGate) -> list[Done]:
    """What is over, the latest first."""
    found: dict[int, Done] = {}
    for gate, party in asked:
        if gate.is_satisfied:
            address = open_gate(gate) if leads_on(gate, party, link) else ""
            if gate.id not in found or (address and not found[gate.id].address):
                on = gate.happened_on or (standing.today(gate.satisfied_at) if gate.satisfied_at else None)
                about = scope_names(standing, gate.scope)
                found[gate.id] = Done(gate.spec.title, about, on, gate.outcome == Outcome.WITHOUT, address)
    return sorted(found.values(), key=lambda item: item.on or date.min, reverse=True)


# -- documents -----------------------------------------------------------------------------------------------------


def _published(standing: Standing, slug: str, language: str) -> Iterator[Shown]:
    if standing.programme.rehearsal:
        return
    for edition in last_published(standing, [scope for scope in standing.all_scopes() if concerns(standing, slug, scope)]):
        shown_in = language if is_spoken(language) else "en"
        address = f"/documents/{standing.programme.id}/{edition.deliverable}/{edition.scope}/{shown_in}.html"
        yield Shown(document_of(standing, edition), address)


def _under_review(standing: Standing, link: Link, asked: Asked, open_gate: OpenGate) -> Iterator[Shown]:
    """What the reader's own role is asked to decide on, or has decided on while others are still asked."""
    seen: set[int] = set()
    for gate, party in asked:
        if gate.is_open and gate.is_approval and party.role == link.role:
            for edition in _unpublished(editions_at(standing, gate)):
                if edition.id not in seen:
                    seen.add(edition.id)
                    yield Shown(document_of(standing, edition), f"{open_gate(gate)}/edition/{edition.id}")


def _unpublished(editions: list[Edition]) -> list[Edition]:
    return [edition for edition in editions if edition.published_at is None]


def concerns(standing: Standing, slug: str, scope: str) -> bool:
    """Whether what has that scope is about an organisation: a city's and its pairs', an association's and its cities', or everybody's."""
    kind = standing.definition.organisation(slug).kind
    if kind in SEES_ALL or scope == "programme":
        return True
    return standing.touch(f"{kind}-{slug}", scope)
