"""Who may open what: links are withdrawn, sections of a contribution handed on and taken back, lost links sent again.

Links themselves are signed where they are sent or shown (`models.links`); here are the rows they are checked against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models.contribution_kinds import KINDS
from models.definition import Role
from models.doors.answering import Origin, printable
from models.doors.history import note
from models.drafts import Delegation
from models.errors import Refused
from models.events import EventKind
from models.gates import Gate
from models.links import Link
from models.method import GateKind
from models.notices import Notice, NoticeKind, NoticeState
from models.organisations import Contact, Organisation
from models.programme import Programme
from models.standing import Standing

LONGEST_LABEL = 80
MOST_SECTIONS = 50
"""Sections of one contribution that are handed on at the same time."""

LONGEST_DELEGATION = timedelta(days=366)

AGAIN_AFTER = timedelta(hours=1)
MOST_A_DAY = 3
"""How often a mailbox gets all its links on request: so often a day, with a pause between, whoever asks."""


# -- withdrawing ---------------------------------------------------------------------------------------------------


def withdraw_links(session: Session, standing: Standing, slug: str, now: datetime) -> int:
    """Make every link of an organisation that was ever sent or handed on open nothing; the number of its new epoch.

    Mail that has not gone out yet carries links of the new epoch. Refused for an organisation that is not in the programme.
    """
    organisation = _organisation(standing, slug)
    organisation.link_epoch += 1
    taken_back = update(Delegation).where(
        Delegation.programme_id == standing.programme.id, Delegation.organisation == slug, Delegation.withdrawn_at.is_(None)
    )
    session.execute(taken_back.values(withdrawn_at=now))
    note(session, standing, now, EventKind.LINKS_WITHDRAWN, organisation=slug, epoch=organisation.link_epoch)
    return organisation.link_epoch


def _organisation(standing: Standing, slug: str) -> Organisation:
    known = {item.slug: item for item in standing.programme.organisations}
    if slug not in known:
        raise Refused(f"{standing.programme.id} has no organisation {slug!r}. It has: {', '.join(known)}.")
    return known[slug]


# -- sections handed on ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    """What is handed on: the names of top-level fields, for whom in the words of the giver, through which day (UTC)."""

    fields: tuple[str, ...]
    label: str
    expires_on: date


def delegate(
    session: Session, standing: Standing, gate: Gate, organisation: str, section: Section, origin: Origin, now: datetime
) -> Delegation:
    """Hand a section of an organisation's contribution on. Its link opens these fields of the form and nothing else.

    Refused where the gate asks this organisation for no contribution, a field is not one of its kind, the label is empty or
    too long, the day is past or more than a year ahead, or too many sections are out already.
    """
    _check_may_delegate(session, standing, gate, organisation, now)
    known = list(KINDS[gate.spec.contribution].model_fields)
    fields = [name for name in known if name in section.fields]
    if not fields or set(section.fields) - set(known):
        raise Refused(f"{gate.label} has the sections {', '.join(known)}: hand on one or more of these.")
    label = " ".join(printable(section.label).split())
    if not label or len(label) > LONGEST_LABEL:
        raise Refused(f"Say for whom the section is, in at most {LONGEST_LABEL} characters.")
    if not now.date() <= section.expires_on <= now.date() + LONGEST_DELEGATION:
        raise Refused("A section can be handed on until a day from today on, at most a year ahead.")
    delegation = Delegation(
        programme_id=standing.programme.id,
        gate_id=gate.id,
        organisation=organisation,
        fields=fields,
        label=label,
        on_behalf=origin.on_behalf,
        made_at=now,
        expires_on=section.expires_on,
    )
    session.add(delegation)
    session.flush()
    note(
        session, standing, now, EventKind.SECTION_HANDED_ON, gate=gate, organisation=organisation,
        delegation=delegation.id, fields=fields, on_behalf=origin.on_behalf,
    )  # fmt: skip
    return delegation


def _check_may_delegate(session: Session, standing: Standing, gate: Gate, organisation: str, now: datetime) -> None:
    if standing.programme.closed_at is not None:
        raise Refused(f"{standing.programme.title} is closed: nothing can be added to it any more.")
    asked = [party.organisation for party in standing.parties(gate)]
    if gate.spec.kind is not GateKind.CONTRIBUTION or organisation not in asked:
        raise Refused(f"{gate.label} asks {organisation!r} for no contribution.")
    if sum(is_in_force(item, now) for item in delegations(session, gate, organisation)) >= MOST_SECTIONS:
        raise Refused(f"{MOST_SECTIONS} sections are handed on already. Withdraw those that are not needed any more.")


def withdraw_delegation(
    session: Session, standing: Standing, gate: Gate, organisation: str, delegation_id: int, origin: Origin, now: datetime
) -> None:
    """Take a section back: its link opens nothing from now on. Once more changes nothing.

    Refused where this organisation has handed on no such section at this gate.
    """
    found = session.get(Delegation, delegation_id)
    if found is None or (found.gate_id, found.organisation) != (gate.id, organisation):
        raise Refused("There is no such section.")
    if found.withdrawn_at is None:
        found.withdrawn_at = now
        note(
            session, standing, now, EventKind.SECTION_WITHDRAWN, gate=gate, organisation=organisation,
            delegation=found.id, on_behalf=origin.on_behalf,
        )  # fmt: skip


def delegations(session: Session, gate: Gate, organisation: str) -> Sequence[Delegation]:
    """The sections an organisation has handed on at a gate, the newest first, with those that are over."""
    query = select(Delegation).where(Delegation.gate_id == gate.id, Delegation.organisation == organisation)
    return session.scalars(query.order_by(Delegation.id.desc())).all()


def is_in_force(delegation: Delegation, now: datetime) -> bool:
    """Whether its link still opens something, by the UTC date of `now`."""
    return delegation.withdrawn_at is None and now.date() <= delegation.expires_on


# -- sending links again ---------------------------------------------------------------------------------------------


def reissue(session: Session, standing: Standing, link: Link, now: datetime) -> bool:
    """Queue a new link in place of an old or withdrawn one, to the mailboxes of its organisation in its role as they are now.

    One a day for the same thing, however often it is asked for; whether one was queued now. It is signed when it is sent.
    """
    if link.purpose not in ("act", "read") or standing.programme.closed_at is not None or link.role not in set(Role):
        return False
    known = {item.slug: item for item in standing.programme.organisations}
    gate = standing.gate_by_id(link.gate_id) if link.gate_id is not None else None
    if link.organisation not in known or (gate is None and link.gate_id is not None):
        return False
    detail = _detail(standing, link)
    organisation = known[link.organisation]
    about = f"{link.gate_id or '-'}.{link.edition_id or '-'}"
    key = f"link/{link.organisation}:{link.role}/{about}/{organisation.link_epoch}/{now.date().isoformat()}"
    contacts = {item.mailbox: item for item in organisation.reached_at(Role(link.role))}
    queued = [_queue(session, standing, contact, Role(link.role), organisation, key, now, gate, detail) for contact in contacts.values()]
    return any(queued)


def _detail(standing: Standing, link: Link) -> dict[str, Any]:
    edition = next((item for item in standing.programme.editions if item.id == link.edition_id), None)
    if edition is not None:
        named = {"number": edition.deliverable, "title": edition.spec.title, "version": edition.version, "scope": edition.scope}
        return {**named, "edition": edition.id}
    return {"home": True} if link.gate_id is None and link.acts else {}


def reissue_everything(session: Session, standing: Standing, mailbox: str, now: datetime, *, by_coordinator: bool = False) -> bool:
    """Queue one mail with the links of everything a mailbox is asked for; whether one was queued now.

    `by_coordinator`: nobody asked at that mailbox, the coordinator sends it.

    What is open then is looked up when it is sent. A mailbox that is not in the programme, or has had such mail just now or
    often enough today, gets none.
    """
    found = [
        (item, contact)
        for item in standing.programme.organisations
        for contact in item.contacts
        if contact.mailbox.lower() == mailbox.lower()
    ]
    if not found or standing.programme.closed_at is not None:
        return False
    organisation, contact = found[0]
    start = f"link/everything/{now.date().isoformat()}"
    query = select(func.count(), func.max(Notice.due_at)).where(
        Notice.programme_id == standing.programme.id,
        Notice.kind == NoticeKind.LINK,
        Notice.key.startswith(f"{start}/", autoescape=True),
        Notice.mailbox == contact.mailbox,
    )
    count, last = session.execute(query).one()
    if count >= MOST_A_DAY or (last is not None and now < last + AGAIN_AFTER):
        return False
    detail = {"home": True, "everything": True} | ({"by_coordinator": True} if by_coordinator else {})
    return _queue(session, standing, contact, Role(contact.role), organisation, f"{start}/{count + 1}", now, None, detail)


def _queue(
    session: Session,
    standing: Standing,
    contact: Contact,
    role: Role,
    organisation: Organisation,
    key: str,
    now: datetime,
    gate: Gate | None,
    detail: dict[str, Any],
) -> bool:
    """Somebody waits for it, so it is due at once, at any hour."""
    key = f"{key}/{contact.mailbox}"
    known = select(Notice.id).where(Notice.programme_id == standing.programme.id, Notice.key == key)
    if session.scalars(known).first() is not None:
        return False
    session.add(
        Notice(
            programme_id=standing.programme.id,
            key=key,
            kind=NoticeKind.LINK,
            phase=gate.phase if gate else None,
            gate_id=gate.id if gate else None,
            gate_round=gate.round if gate else None,
            organisation=organisation.slug,
            role=role,
            mailbox=contact.mailbox,
            language=contact.language,
            detail=detail,
            due_at=now,
            state=NoticeState.QUEUED,
            attempts=0,
        )
    )
    return True


def programmes_of(session: Session, mailbox: str) -> list[str]:
    """The running programmes, rehearsals left out, in which a mailbox answers for somebody."""
    query = (
        select(Programme.id)
        .join(Organisation, Organisation.programme_id == Programme.id)
        .join(Contact, Contact.organisation_id == Organisation.id)
        .where(func.lower(Contact.mailbox) == mailbox.lower(), Programme.rehearsal.is_(False), Programme.closed_at.is_(None))
    )
    return list(session.scalars(query.distinct().order_by(Programme.id)))
