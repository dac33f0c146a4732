"""Files that come with a contribution, or as the evidence of a decision: taken in, withdrawn while nothing rests on them.

A file belongs to its gate and organisation until the contribution is handed in (`answering.contribute`) or the decision
recorded (`answering.decide`); from then on it stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.contributions import Attachment, Revision
from models.decisions import Decision
from models.doors.history import note
from models.errors import Refused
from models.events import EventKind
from models.file_types import Unfit, Why, clean_name, media_type_of, type_of
from models.gates import Gate
from models.method import GateKind
from models.standing import Standing

MOST_FILES = 10
"""With one contribution, before it is handed in."""

MOST_TOGETHER = 60_000_000
"""Bytes of these."""

MOST_EVER = 50
"""Files of one organisation at one gate, over all its revisions."""


@dataclass(frozen=True)
class Upload:
    """A file as it arrived: the name somebody gave it, which is not to be trusted, and its content."""

    filename: str
    data: bytes


def attach(
    session: Session,
    standing: Standing,
    gate: Gate,
    organisation: str,
    upload: Upload,
    writer: str,
    now: datetime,
    *,
    on_behalf: bool = False,
) -> Attachment:
    """Take a file in. The same content once more is the attachment there is already.

    Unfit where it is nothing to be attached, or too much; Refused where the organisation is not asked for anything at the gate.
    """
    _check_asked(standing, gate, organisation)
    kind = type_of(upload.data)
    digest = hashlib.sha256(upload.data).hexdigest()
    pending = pending_of(session, gate, organisation)
    same = next((item for item in pending if item.sha256 == digest), None)
    if same is not None:
        return same
    if len(pending) >= MOST_FILES or _ever(session, gate, organisation) >= MOST_EVER:
        raise Unfit(Why.TOO_MANY)
    if sum(item.size for item in pending) + len(upload.data) > MOST_TOGETHER:
        raise Unfit(Why.TOO_MUCH)
    name = _unique(clean_name(upload.filename, kind), {item.filename for item in pending})
    attachment = Attachment(
        programme_id=standing.programme.id,
        gate_id=gate.id,
        organisation=organisation,
        received_at=now,
        writer=writer,
        filename=name,
        media_type=media_type_of(kind, name),
        sha256=digest,
        size=len(upload.data),
        data=upload.data,
    )
    session.add(attachment)
    session.flush()
    _note(session, standing, gate, EventKind.ATTACHMENT_RECEIVED, attachment, now, on_behalf)
    return attachment


def withdraw(
    session: Session, standing: Standing, gate: Gate, organisation: str, attachment_id: int, now: datetime, *, on_behalf: bool = False
) -> None:
    """Take a file back that nothing rests on yet; one that is gone already is no fault. Refused where it was handed in."""
    _check_asked(standing, gate, organisation)
    found = next((item for item in attachments_of(session, gate, organisation) if item.id == attachment_id), None)
    if found is None:
        return
    if found not in pending_of(session, gate, organisation):
        raise Refused("This file was handed in already and stays with what was handed in. Attach another one and hand in again.")
    _note(session, standing, gate, EventKind.ATTACHMENT_WITHDRAWN, found, now, on_behalf)
    session.delete(found)
    session.flush()


def hand_in(session: Session, gate: Gate, organisation: str, revision: Revision) -> None:
    """What was attached so far goes with a revision that has its id; it stays with that from now on."""
    for item in pending_of(session, gate, organisation):
        item.revision_id = revision.id


def attachments_of(session: Session, gate: Gate, organisation: str) -> Sequence[Attachment]:
    """Every file of an organisation at a gate, handed in or not, in the order they came."""
    return session.scalars(
        select(Attachment).where(Attachment.gate_id == gate.id, Attachment.organisation == organisation).order_by(Attachment.id)
    ).all()


def pending_of(session: Session, gate: Gate, organisation: str) -> Sequence[Attachment]:
    """Those among them that belong to no revision and to no decision yet."""
    used = select(Decision.evidence_id).where(Decision.gate_id == gate.id, Decision.evidence_id.is_not(None))
    query = select(Attachment).where(
        Attachment.gate_id == gate.id,
        Attachment.organisation == organisation,
        Attachment.revision_id.is_(None),
        Attachment.id.not_in(used),
    )
    return session.scalars(query.order_by(Attachment.id)).all()


def _check_asked(standing: Standing, gate: Gate, organisation: str) -> None:
    if standing.programme.closed_at is not None:
        closed = f"{standing.programme.closed_at:%Y-%m-%d}"
        raise Refused(f"{standing.programme.title} was closed on {closed}: nothing can be added to it any more.")
    if gate.spec.kind not in (GateKind.CONTRIBUTION, GateKind.APPROVAL):
        raise Refused(f"{gate.label} takes no files.")
    if organisation not in {party.organisation for party in standing.parties(gate)}:
        raise Refused(f"{gate.label} does not ask {organisation!r}.")


def _ever(session: Session, gate: Gate, organisation: str) -> int:
    query = select(func.count()).select_from(Attachment).where(Attachment.gate_id == gate.id, Attachment.organisation == organisation)
    return session.scalar(query) or 0


def _unique(name: str, taken: set[str]) -> str:
    """The name, with a number where another file has it already."""
    stem, _, ending = name.rpartition(".")
    return next(found for found in (name, *(f"{stem} ({number}).{ending}" for number in range(2, MOST_FILES + 2))) if found not in taken)


def _note(
    session: Session, standing: Standing, gate: Gate, kind: EventKind, attachment: Attachment, now: datetime, on_behalf: bool
) -> None:
    """What the file is called stays out of the history: names of files name people."""
    told: dict[str, Any] = {"sha256": attachment.sha256, "size": attachment.size, **({"on_behalf": True} if on_behalf else {})}
    note(session, standing, now, kind, gate=gate, organisation=attachment.organisation, **told)
