"""What partners ask for and promise beside their answers: more time, and "you will have it on Tuesday". Rules are in `doors.wishing`."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.database import Base


class WishState(StrEnum):
    """Where a request for more time stands.

    Moot: it was taken back, what it was about was done, or its deadline moved, before it was answered.
    """

    ASKED = "asked"
    GRANTED = "granted"
    DECLINED = "declined"
    MOOT = "moot"


class TimeRequest(Base):
    """A partner asks for more time at a gate, until a day, with a reason."""

    __tablename__ = "time_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"), index=True)
    gate_id: Mapped[int] = mapped_column(ForeignKey("gate.id"), index=True)
    gate_round: Mapped[int]
    organisation: Mapped[str] = mapped_column(String(48))
    role: Mapped[str] = mapped_column(String(32))
    until: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    writer: Mapped[str] = mapped_column(String(80), default="")
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default=WishState.ASKED)
    answered_at: Mapped[datetime | None]
    granted_until: Mapped[date | None]
    answer: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Promise(Base):
    """What a partner promised the coordinator outside the desk: until that day it is not reminded."""

    __tablename__ = "promise"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"), index=True)
    gate_id: Mapped[int] = mapped_column(ForeignKey("gate.id"), index=True)
    organisation: Mapped[str] = mapped_column(String(48))
    until: Mapped[date]
    note: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


def promises_of(session: Session, programme_id: str) -> list[Promise]:
    """The promises of a programme that stand, the oldest first."""
    query = select(Promise).where(Promise.programme_id == programme_id, Promise.withdrawn_at.is_(None))
    return list(session.scalars(query.order_by(Promise.id)))


def requests_of(session: Session, programme_id: str) -> list[TimeRequest]:
    """The requests for more time of a programme that wait for an answer, the oldest first."""
    query = select(TimeRequest).where(TimeRequest.programme_id == programme_id, TimeRequest.state == WishState.ASKED)
    return list(session.scalars(query.order_by(TimeRequest.id)))
