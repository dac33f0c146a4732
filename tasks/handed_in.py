"""What was handed in, to be read again: by whoever sent it as a receipt, and by the coordinator. A revision never changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models.contribution_kinds import KINDS
from models.contributions import Attachment, Contribution, Revision, RevisionState
from models.gates import Gate
from models.standing import Standing
from tasks.attachments import Attached, attached
from tasks.forms import state_of
from tasks.forms.nodes import Node, View
from tasks.forms.options import offered_at
from tasks.forms.sections import sections_of
from tasks.notice_views import name_of
from tasks.page_fields import asked_fields
from tasks.wording import Words


class Fate(StrEnum):
    """What has become of a revision.

    Counts: it is the organisation's answer. Counted: it was, until a newer one took its place. Tray: it waits for the coordinator. Next:
    kept for the next time. Declined: not taken. Replaced: a newer one came before the coordinator had dealt with it.
    """

    COUNTS = "counts"
    COUNTED = "counted"
    TRAY = "tray"
    NEXT = "next"
    DECLINED = "declined"
    REPLACED = "replaced"


@dataclass(frozen=True)
class HandedIn:
    """A revision in a list. `taken_in_at`: when the coordinator took it in out of the tray; None where it counted at once, or never did."""

    revision_id: int
    number: int
    organisation: str
    name: str
    at: datetime
    writer: str
    on_behalf: bool
    fate: Fate
    taken_in_at: datetime | None
    answer: str
    """What the coordinator said to it."""
    sha256: str
    is_sample: bool
    """Illustrative or generated: not a statement of that organisation."""
    counts_now: int | None
    """The number of the revision that counts; None where none does."""
    until: int | None
    """The number of the one that took its place; None where it never counted, or counts still."""


@dataclass(frozen=True)
class Whole:
    """A revision with all it says, section by section, and the files that had come with it or before it."""

    revision: HandedIn
    sections: tuple[tuple[str, tuple[Node, ...]], ...]
    files: tuple[Attached, ...]


def handed_in(session: Session, standing: Standing, gate: Gate, organisation: str = "") -> list[HandedIn]:
    """Every revision at a gate, of one organisation or of all: each one's together, in the order they came."""
    return [item for found in _contributions(session, gate, organisation) for item in _listed(standing, found)]


def whole(
    session: Session, standing: Standing, gate: Gate, revision_id: int, words: Words, now: datetime, organisation: str = ""
) -> Whole | None:
    """One of them, with everything it says in the words of the reader's language; None where there is no such revision at that gate."""
    for found in _contributions(session, gate, organisation):
        for revision, item in zip(found.revisions, _listed(standing, found), strict=True):
            if revision.id == revision_id:
                return Whole(item, _sections(session, standing, gate, found, revision, words, now), _files(session, found, revision))
    return None


def _contributions(session: Session, gate: Gate, organisation: str) -> Iterator[Contribution]:
    query = select(Contribution).where(Contribution.gate_id == gate.id).options(selectinload(Contribution.revisions))
    if organisation:
        query = query.where(Contribution.organisation == organisation)
    return iter(session.scalars(query.order_by(Contribution.id)))


def _listed(standing: Standing, found: Contribution) -> Iterator[HandedIn]:
    current = found.current
    accepted = [item.number for item in found.revisions if item.state == RevisionState.ACCEPTED]
    for revision in found.revisions:
        fate = fate_of(revision, current)
        yield HandedIn(
            revision_id=revision.id,
            number=revision.number,
            organisation=found.organisation,
            name=name_of(standing, found.organisation),
            at=revision.received_at,
            writer=revision.writer,
            on_behalf=revision.on_behalf,
            fate=fate,
            taken_in_at=revision.settled_at if revision.state == RevisionState.ACCEPTED else None,
            answer="" if fate is Fate.REPLACED else revision.answer or "",
            sha256=revision.sha256,
            is_sample=revision.illustrative or revision.generated,
            counts_now=current.number if current else None,
            until=next((number for number in accepted if number > revision.number), None) if revision.number in accepted else None,
        )


def fate_of(revision: Revision, current: Revision | None) -> Fate:
    """What has become of a revision, where `current` is the one that counts."""
    if revision.state == RevisionState.ACCEPTED:
        return Fate.COUNTS if revision is current else Fate.COUNTED
    return Fate.REPLACED if revision.is_replaced else Fate(revision.state)


def _sections(
    session: Session, standing: Standing, gate: Gate, found: Contribution, revision: Revision, words: Words, now: datetime
) -> tuple[tuple[str, tuple[Node, ...]], ...]:
    if found.kind not in KINDS:
        return ()  # of a method this version does not know: fingerprint and files still stand
    fields = asked_fields(found.kind)
    state = state_of(fields, revision.body)
    view = View(replace(offered_at(session, standing, gate, words, now), state=state))
    return tuple((section.title(words), view.nodes(section.fields, state)) for section in sections_of(fields))


def _files(session: Session, found: Contribution, revision: Revision) -> tuple[Attached, ...]:
    """The files that were handed in with it or with an earlier revision: they stay evidence of all that follow."""
    until = [item.id for item in found.revisions if item.number <= revision.number]
    query = select(Attachment).where(Attachment.gate_id == found.gate_id, Attachment.organisation == found.organisation)
    return attached(session.scalars(query.where(Attachment.revision_id.in_(until)).order_by(Attachment.id)))
