"""The outbox: every notice is a row with a unique key before anything is sent, every try to send it another row."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.database import Base


class NoticeState(StrEnum):
    """Where a notice stands. Uncertain: the connection broke after the message was handed over."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"


class NoticeKind(StrEnum):
    """What a notice says."""

    INVITATION = "invitation"
    APPROVAL_REQUEST = "approval-request"
    REMINDER = "reminder"
    OVERDUE = "overdue"
    ESCALATION = "escalation"
    DECISION = "decision"
    RETURNED = "returned"
    DEADLINE_MOVED = "deadline-moved"
    TIME_REQUEST = "time-request"
    TIME_ANSWER = "time-answer"
    RECEIPT = "receipt"
    SIGN_IN = "sign-in"
    DELIVERABLE = "deliverable"
    PHASE = "phase"
    PHASE_HELD = "phase-held"
    PHASE_STUCK = "phase-stuck"
    SILENCE = "silence"
    DIGEST = "digest"
    LINK = "link"


class Notice(Base):
    """One message to one mailbox.

    `key` is unique: writing the same notice again changes nothing. A claim holds it until `claimed_until`.
    """

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("programme_id", "key"), Index(None, "state", "due_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"))
    key: Mapped[str] = mapped_column(String(600))
    kind: Mapped[str] = mapped_column(String(24))
    rung: Mapped[str | None] = mapped_column(String(8))
    phase: Mapped[int | None]
    gate_id: Mapped[int | None] = mapped_column(ForeignKey("gate.id"), index=True)
    gate_round: Mapped[int | None]
    organisation: Mapped[str] = mapped_column(String(48))
    role: Mapped[str] = mapped_column(String(32))
    mailbox: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(16))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default=NoticeState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    message_id: Mapped[str | None] = mapped_column(String(200))
    file: Mapped[str | None] = mapped_column(String(300))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Attempt(Base):
    """One try to send a notice and what came of it."""

    __tablename__ = "attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), index=True)
    at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(32))
    outcome: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(500))


def unsent_of(session: Session, programme_id: str) -> int:
    """How many notices of a programme are still on their way."""
    states = (NoticeState.QUEUED, NoticeState.UNCERTAIN)
    return session.scalar(select(func.count()).where(Notice.programme_id == programme_id, Notice.state.in_(states))) or 0
