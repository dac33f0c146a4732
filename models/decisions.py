"""Decisions: who approved, returned or rejected what, in which role, through which entry, on which exact content.

Prefect records no actor; these rows do.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base


class Verdict(StrEnum):
    """What can be decided at an approval."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"


class Entry(StrEnum):
    """Through which entry something came."""

    PREFECT = "prefect"
    DESK = "desk"
    CLI = "cli"
    SWEEP = "sweep"
    REHEARSAL = "rehearsal"


@dataclass(frozen=True)
class Remark:
    """A comment on one section of a document: the document's number and the section's, its title as it was read.

    `document` is empty where a contribution is decided on as it is, `section` where a document has no sections.
    """

    document: str
    section: str
    title: str
    comment: str

    def as_row(self) -> dict[str, Any]:
        """`{"document", "section", "title", "comment"}`."""
        return asdict(self)


class Decision(Base):
    """One decision by one organisation in one role on one round of a gate.

    `bound` maps each deliverable's number to the `content_sha256` that was decided on; `content_sha256` is the first's.
    """

    __tablename__ = "decision"
    __table_args__ = (UniqueConstraint("gate_id", "round", "organisation", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gate_id: Mapped[int] = mapped_column(ForeignKey("gate.id"), index=True)
    round: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(16))
    organisation: Mapped[str] = mapped_column(String(48))
    role: Mapped[str] = mapped_column(String(32))
    on_behalf: Mapped[bool] = mapped_column(default=False)
    """Recorded by the coordinator for the organisation."""
    entry: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    comment: Mapped[str] = mapped_column(Text, default="")
    remarks: Mapped[list[dict[str, Any]] | None]
    """Comments on single sections, `Remark.as_row` each."""
    writer: Mapped[str] = mapped_column(String(80), default="", server_default=text("''"))
    """Who recorded it, as they called themselves on the desk."""
    act_number: Mapped[str | None] = mapped_column(String(64))
    act_on: Mapped[date | None]
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("attachment.id"))
    content_sha256: Mapped[str | None] = mapped_column(String(64))
    bound: Mapped[dict[str, Any]] = mapped_column(default=dict)
