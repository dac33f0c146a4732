"""What is being written on the desk before it is handed in: drafts with every save, sections handed on, files waiting to be looked over.

What is typed is kept as typed, whether it fits its kind or not. Rules are in `doors.drafting`; how a draft is laid out as a form is
`tasks.forms`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.database import Base


class Draft(Base):
    """The unfinished contribution of one organisation at one gate, written by whoever shares its link.

    `saves` is the number of the last save; the text itself is that of the last one. Numbers go on from one draft to the next at the same
    gate: those up to `counted_from` are of drafts that have ended. `based_on` is the number of the newest revision there was then.
    """

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("gate_id", "organisation"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"), index=True)
    gate_id: Mapped[int] = mapped_column(ForeignKey("gate.id"), index=True)
    organisation: Mapped[str] = mapped_column(String(48))
    language: Mapped[str] = mapped_column(String(16))
    based_on: Mapped[int | None]
    started_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    saves: Mapped[int] = mapped_column(default=0)
    counted_from: Mapped[int] = mapped_column(default=0)
    answers: Mapped[int] = mapped_column(default=0)
    """How many other answers have been kept in all: the number of the last one."""
    version: Mapped[int] = mapped_column(default=1)

    history: Mapped[list[DraftSave]] = relationship(order_by="DraftSave.number", cascade="all, delete-orphan")
    others: Mapped[list[OtherAnswer]] = relationship(order_by="OtherAnswer.number", cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}


class DraftSave(Base):
    """The whole draft as one save left it: what a later save is merged against, so that nobody overwrites another unseen."""

    __tablename__ = "draft_save"
    __table_args__ = (UniqueConstraint("draft_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id"), index=True)
    number: Mapped[int]
    saved_at: Mapped[datetime]
    writer: Mapped[str] = mapped_column(String(80), default="")
    state: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    """Loaded where it is asked for: a page needs the last one and the one it was made from, not all that are kept."""


class OtherAnswer(Base):
    """What somebody answered to a question while somebody else changed its answer too: kept beside the draft until one is chosen.

    `place` is the question's path with dots. Whoever goes on with it gives it a new number, so that nobody chooses what they did not see.
    """

    __tablename__ = "other_answer"
    __table_args__ = (UniqueConstraint("draft_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id"), index=True)
    number: Mapped[int]
    place: Mapped[str] = mapped_column(String(400))
    text: Mapped[str] = mapped_column(Text)
    writer: Mapped[str] = mapped_column(String(80), default="")
    written_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class Delegation(Base):
    """A section of a contribution handed on to somebody by a link of its own, which opens nothing else."""

    __tablename__ = "delegation"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"), index=True)
    gate_id: Mapped[int] = mapped_column(ForeignKey("gate.id"), index=True)
    organisation: Mapped[str] = mapped_column(String(48))
    fields: Mapped[list[str]]
    """The names of the top-level fields it opens."""
    label: Mapped[str] = mapped_column(String(80))
    """For whom, in the words of whoever handed it on."""
    on_behalf: Mapped[bool] = mapped_column(default=False)
    """Handed on by the coordinator for the organisation."""
    made_at: Mapped[datetime]
    expires_on: Mapped[date]
    withdrawn_at: Mapped[datetime | None]


class Proposal(Base):
    """A file that was sent back, read but not yet taken over: a workbook or Word document whose changes wait to be looked over.

    `body` is what it says, laid out as a contribution's body or as single changes, by `kind`: "workbook" or "word".
    """

    __tablename__ = "proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"), index=True)
    gate_id: Mapped[int] = mapped_column(ForeignKey("gate.id"), index=True)
    organisation: Mapped[str] = mapped_column(String(48))
    kind: Mapped[str] = mapped_column(String(16))
    filename: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]
    writer: Mapped[str] = mapped_column(String(80), default="")
    body: Mapped[dict[str, Any]]
    settled_at: Mapped[datetime | None]
