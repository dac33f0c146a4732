"""Contributions as rows: every revision is kept, a late one in a tray, attachments by their hash. Rules are in `doors`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.database import Base


class RevisionState(StrEnum):
    """Accepted: it counts. Tray: it came while its gate was not open and waits for the coordinator. Next, declined: what came of that."""

    ACCEPTED = "accepted"
    TRAY = "tray"
    NEXT = "next"
    DECLINED = "declined"


REPLACED = "Replaced by revision "
"""How the answer begins with which a newer revision settles one in the tray."""


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
    draft_saves: Mapped[int] = mapped_column(default=0, server_default="0")
    """The number of the last save of the drafts it was handed in from: the next draft counts on from there."""
    revisions: Mapped[list[Revision]] = relationship(order_by="Revision.number")

    @property
    def current(self) -> Revision | None:
        """The newest accepted revision."""
        return next((item for item in reversed(self.revisions) if item.state == RevisionState.ACCEPTED), None)

    def replace_kept(self, by: Revision, now: datetime) -> None:
        """What lies in the tray is settled by a newer revision that takes its place: there is never more than one to deal with."""
        for item in self.revisions:
            if item is not by and item.state == RevisionState.TRAY:
                item.state, item.settled_at, item.answer = RevisionState.DECLINED, now, f"{REPLACED}{by.number}."


class Revision(Base):
    """One version of a contribution: what it says never changes, only what becomes of it."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("contribution_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contribution_id: Mapped[int] = mapped_column(ForeignKey("contribution.id"), index=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    received_at: Mapped[datetime]
    entry: Mapped[str] = mapped_column(String(16))
    on_behalf: Mapped[bool] = mapped_column(default=False)
    writer: Mapped[str] = mapped_column(String(80), default="", server_default=text("''"))
    """Who wrote it, as they called themselves on the desk: a first name, initials or a post. Not checked, and not in the events."""
    settled_at: Mapped[datetime | None]
    """When the coordinator dealt with what lay in the tray."""
    answer: Mapped[str | None] = mapped_column(Text)
    """What the coordinator said then."""
    language: Mapped[str] = mapped_column(String(16))
    illustrative: Mapped[bool] = mapped_column(default=False)
    generated: Mapped[bool] = mapped_column(default=False)
    sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[dict[str, Any]]

    @property
    def is_replaced(self) -> bool:
        """Whether a newer revision took its place while it lay in the tray: nobody declined what it says."""
        return self.state == RevisionState.DECLINED and (self.answer or "").startswith(REPLACED)

    def says_still(self, sha256: str) -> bool:
        """Whether it has that content and was not declined: handing the same in once more, from a back button, need not be kept again."""
        return self.sha256 == sha256 and self.state != RevisionState.DECLINED


class Attachment(Base):
    """A file that came with a contribution or is the evidence of a decision.

    Until the contribution is handed in it belongs to its gate and organisation alone: `revision_id` is set then.
    """

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"), index=True)
    gate_id: Mapped[int | None] = mapped_column(ForeignKey("gate.id"), index=True)
    organisation: Mapped[str | None] = mapped_column(String(48))
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("revision.id"), index=True)
    received_at: Mapped[datetime | None]
    writer: Mapped[str] = mapped_column(String(80), default="", server_default=text("''"))
    filename: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
