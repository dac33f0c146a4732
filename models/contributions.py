"""Contributions as rows: every revision is kept, a late one in a tray, attachments by their hash. Rules are in `doors`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.database import Base


class RevisionState(StrEnum):
    """Accepted: it counts. Tray: it came when its gate was not open and waits for the coordinator."""

    ACCEPTED = "accepted"
    TRAY = "tray"


class Contribution(Base):
    """What one organisation contributes at one gate."""

    __tablename__ = "contribution"
    __table_args__ = (UniqueConstraint("gate_id", "organisation"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gate_id: Mapped[int] = mapped_column(ForeignKey("gate.id"), index=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    gate_key: Mapped[str] = mapped_column(String(64))
    phase: Mapped[int]
    scope: Mapped[str] = mapped_column(String(64))
    organisation: Mapped[str] = mapped_column(String(48))
    revisions: Mapped[list[Revision]] = relationship(order_by="Revision.number")

    @property
    def current(self) -> Revision | None:
        """The newest accepted revision."""
        return next((item for item in reversed(self.revisions) if item.state == RevisionState.ACCEPTED), None)


class Revision(Base):
    """One version of a contribution, never changed afterwards."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("contribution_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contribution_id: Mapped[int] = mapped_column(ForeignKey("contribution.id"), index=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    received_at: Mapped[datetime]
    entry: Mapped[str] = mapped_column(String(16))
    on_behalf: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(String(16))
    illustrative: Mapped[bool] = mapped_column(default=False)
    generated: Mapped[bool] = mapped_column(default=False)
    sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[dict[str, Any]]


class Attachment(Base):
    """A file that came with a contribution or is the evidence of a decision."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"), index=True)
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("revision.id"), index=True)
    filename: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
