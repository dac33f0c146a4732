"""The history: one row for every change of state, written in the same transaction as the change.

Events carry ids, roles and hashes, never personal data.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.database import Base


class EventKind(StrEnum):
    """The closed list of what can happen."""

    PROGRAMME_LAUNCHED = "programme-launched"
    PHASE_OPENED = "phase-opened"
    PHASE_HELD = "phase-held"
    PHASE_RELEASED = "phase-released"
    PHASE_STUCK = "phase-stuck"
    PHASE_COMPLETED = "phase-completed"
    GATE_OPENED = "gate-opened"
    GATE_REOPENED = "gate-reopened"
    GATE_WITHDRAWN = "gate-withdrawn"
    GATE_SATISFIED = "gate-satisfied"
    CONTRIBUTION_RECEIVED = "contribution-received"
    CONTRIBUTION_KEPT = "contribution-kept"
    TRAY_SETTLED = "tray-settled"
    ATTACHMENT_RECEIVED = "attachment-received"
    ATTACHMENT_WITHDRAWN = "attachment-withdrawn"
    FILE_TAKEN_OVER = "file-taken-over"
    DECISION_RECORDED = "decision-recorded"
    DEADLINE_MOVED = "deadline-moved"
    DEADLINE_MISSED = "deadline-missed"
    TIME_REQUESTED = "time-requested"
    TIME_ANSWERED = "time-answered"
    PROMISE_RECORDED = "promise-recorded"
    PROMISE_WITHDRAWN = "promise-withdrawn"
    MATCHING_CONFIRMED = "matching-confirmed"
    ESCALATION_RELEASED = "escalation-released"
    EDITION_BUILT = "edition-built"
    EDITION_PUBLISHED = "edition-published"
    NOTICE_SENT = "notice-sent"
    NOTICE_FAILED = "notice-failed"
    LINKS_WITHDRAWN = "links-withdrawn"
    SECTION_HANDED_ON = "section-handed-on"
    SECTION_WITHDRAWN = "section-withdrawn"
    PROGRAMME_CLOSED = "programme-closed"


MAIL = frozenset({EventKind.NOTICE_SENT, EventKind.NOTICE_FAILED})
"""Events that keep the moment at which their batch of mail set out: what was done meanwhile stands before them and is later."""


class Event(Base):
    """One thing that happened."""

    __tablename__ = "event"
    __table_args__ = (Index(None, "programme_id", "at"), UniqueConstraint("programme_id", "number"))

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"))
    number: Mapped[int]
    """Counts from 1 in its programme without a gap: a lost event is seen."""
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(32))
    phase: Mapped[int | None]
    gate: Mapped[str | None] = mapped_column(String(64))
    pair: Mapped[str | None] = mapped_column(String(64))
    scope: Mapped[str | None] = mapped_column(String(64))
    organisation: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)

    def as_line(self) -> dict[str, Any]:
        """The timeline's line (contract): UTC ISO 8601 ending in `Z`, empty fields null."""
        return {
            "at": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "kind": self.kind,
            "phase": self.phase,
            "gate": self.gate,
            "pair": self.pair,
            "scope": self.scope,
            "organisation": self.organisation,
            "detail": self.detail,
        }


def write(session: Session, programme_id: str, *events: Event) -> None:
    """Add events to a programme's history, under the next numbers.

    Counting locks the programme's row, before anything else that is pending is written: whoever changes a programme takes its
    row first, so that no two wait for each other. A clock that was set back does not turn history round: what is done then has
    the time of what was done last.
    """
    from models.programme import Programme  # which knows gates and editions, and these know events

    mine = select(Event.at).where(Event.programme_id == programme_id, Event.kind.not_in(MAIL))
    latest_at = mine.order_by(Event.at.desc()).limit(1).scalar_subquery()
    count = update(Programme).where(Programme.id == programme_id).values(events_written=Programme.events_written + len(events))
    with session.no_autoflush:
        counted = session.execute(count.returning(Programme.events_written, latest_at), execution_options={"synchronize_session": False})
    last, latest = counted.one()
    for number, event in enumerate(events, last - len(events) + 1):
        event.programme_id, event.number = programme_id, number
        if latest is not None and event.kind not in MAIL:
            event.at = max(event.at, latest)
        session.add(event)


def history(session: Session, programme_id: str) -> Sequence[Event]:
    """All events of a programme in the order they were written."""
    return session.scalars(select(Event).where(Event.programme_id == programme_id).order_by(Event.number)).all()
