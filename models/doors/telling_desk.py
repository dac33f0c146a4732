"""Which notices the desk's side doors queue: more time asked for and answered, receipts for what came late, the coordinator's sign-in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ladder
from models.contributions import Revision, RevisionState
from models.definition import Role
from models.doors.telling import _contacts, _one_for_each_mailbox, _row
from models.gates import Gate
from models.notices import NoticeKind
from models.organisations import Contact
from models.sign_ins import SignIn
from models.standing import Party, Standing
from models.wishes import TimeRequest


def time_asked(session: Session, standing: Standing, gate: Gate, request: TimeRequest, now: datetime) -> None:
    """The coordinator hears that somebody asks for more time, until when and why."""
    detail = {
        "request": request.id,
        "by": request.organisation,
        "until": request.until.isoformat(),
        "comment": request.reason,
        "owing": f"{request.organisation}:{request.role}",
    }
    key = f"time-request/{request.id}/{request.version}"
    coordinator = Party(standing.definition.coordinator, Role.COORDINATOR)
    _queue(session, standing, gate, coordinator, NoticeKind.TIME_REQUEST, key, _working_hours(standing, coordinator, now), detail)


def time_declined(session: Session, standing: Standing, gate: Gate, request: TimeRequest, now: datetime) -> None:
    """Whoever asked hears that the date stays, and why. That it moves is told as every moved date is."""
    party = Party(request.organisation, Role(request.role))
    detail = {"until": request.until.isoformat(), "comment": request.answer or ""}
    key = f"time-answer/{request.id}"
    _queue(session, standing, gate, party, NoticeKind.TIME_ANSWER, key, _working_hours(standing, party, now), detail)


def kept(session: Session, standing: Standing, gate: Gate, revision: Revision, organisation: str, now: datetime) -> None:
    """A receipt at once: it has arrived while nobody was asked for it, and lies with the coordinator."""
    _receipt(session, standing, gate, revision, organisation, "kept", now)


def settled(session: Session, standing: Standing, gate: Gate, revision: Revision, organisation: str, became: str, now: datetime) -> None:
    """A receipt that says what was done with what lay in the tray: `accepted`, `next` or `declined`."""
    _receipt(session, standing, gate, revision, organisation, became, now)


def _receipt(session: Session, standing: Standing, gate: Gate, revision: Revision, organisation: str, became: str, now: datetime) -> None:
    party = next(item for item in standing.parties(gate) if item.organisation == organisation)
    detail = {
        "became": became,
        "early": gate.first_opened_at is None,
        "revision": revision.number,
        "received": revision.received_at.isoformat(),
        "comment": revision.answer or "",
        "counts": _counts_beside(session, revision),
    }
    at = now if became == "kept" else _working_hours(standing, party, now)
    _queue(session, standing, gate, party, NoticeKind.RECEIPT, f"receipt/{revision.id}/{became}", at, detail)


def _counts_beside(session: Session, revision: Revision) -> int | None:
    """The number of the other revision that counts; None where none does."""
    query = select(Revision.number).where(
        Revision.contribution_id == revision.contribution_id, Revision.state == RevisionState.ACCEPTED, Revision.id != revision.id
    )
    return session.scalars(query.order_by(Revision.number.desc()).limit(1)).one_or_none()


def sign_in(session: Session, standing: Standing, sign_in: SignIn, contact: Contact, nonce: str, now: datetime) -> None:
    """The link to sign in with, at any hour. `nonce` and the desk's secret make the link; by itself it opens nothing."""
    party = Party(standing.definition.coordinator, Role.COORDINATOR)
    detail = {"nonce": nonce, "until": sign_in.link_until.isoformat()}
    key = f"sign-in/{sign_in.id}/{contact.mailbox}"
    session.add(_row(standing, party, contact, NoticeKind.SIGN_IN, key, now, phase=None, gate=None, rung=None, detail=detail))


def _working_hours(standing: Standing, party: Party, now: datetime) -> datetime:
    return ladder.invitation_at(standing.calendar, party.organisation, now)


def _queue(
    session: Session, standing: Standing, gate: Gate, party: Party, kind: NoticeKind, key: str, due_at: datetime, detail: dict[str, Any]
) -> None:
    """One notice about a gate for each mailbox of the party."""
    for contact in _one_for_each_mailbox(_contacts(standing, party)):
        whole = f"{key}/{party.organisation}:{party.role}/{contact.mailbox}"
        session.add(_row(standing, party, contact, kind, whole, due_at, phase=gate.phase, gate=gate, rung=None, detail=detail))
