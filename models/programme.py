"""A launched programme, the versions of its definition, its phases and pairs, and the days its meetings are planned for."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.database import Base

if TYPE_CHECKING:
    from models.editions import Edition
    from models.gates import Gate
    from models.organisations import Organisation


class PhaseState(StrEnum):
    """Where a phase stands. Held: a person cancelled its run; it waits until it is launched again."""

    WAITING = "waiting"
    OPEN = "open"
    HELD = "held"
    COMPLETED = "completed"


class Programme(Base):
    """A programme from launch to closure."""

    __tablename__ = "programme"

    id: Mapped[str] = mapped_column(String(48), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    start_on: Mapped[date]
    launched_at: Mapped[datetime]
    matched_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    rehearsal: Mapped[bool] = mapped_column(default=False)
    digest_on: Mapped[date | None]
    """The last day whose morning digest has been written for the coordinator."""
    events_written: Mapped[int] = mapped_column(default=0)
    """How many events its history has: the number of the last one."""
    version: Mapped[int] = mapped_column(default=1)

    definitions: Mapped[list[DefinitionVersion]] = relationship(order_by="DefinitionVersion.number")
    phases: Mapped[list[Phase]] = relationship(order_by="Phase.number")
    pairs: Mapped[list[Pair]] = relationship(order_by="Pair.id")
    meetings: Mapped[list[Meeting]] = relationship(order_by="Meeting.id")
    gates: Mapped[list[Gate]] = relationship(order_by="Gate.id")
    organisations: Mapped[list[Organisation]] = relationship(order_by="Organisation.id")
    editions: Mapped[list[Edition]] = relationship(order_by="Edition.id")

    __mapper_args__ = {"version_id_col": version}


class DefinitionVersion(Base):
    """The programme file as it was when it came into force; later changes add a version, they never replace one."""

    __tablename__ = "definition_version"
    __table_args__ = (UniqueConstraint("programme_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"))
    number: Mapped[int]
    in_force_at: Mapped[datetime]
    sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    """Read once by each process: it may be the file of fifty cities, and what is in force never changes."""


class Phase(Base):
    """One of the seven phases and the lease of the run that works on it.

    `token` rises with every lease and every door a run goes through checks it: a run that has lost its lease cannot
    act. `answers` counts suspensions, so that each has a key of its own (`design.md`, "Gates").
    """

    __tablename__ = "phase"
    __table_args__ = (UniqueConstraint("programme_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default=PhaseState.WAITING)
    planned_on: Mapped[date]
    opened_at: Mapped[datetime | None]
    opened_on: Mapped[date | None]
    completed_at: Mapped[datetime | None]
    run_id: Mapped[str | None] = mapped_column(String(64))
    launches: Mapped[int] = mapped_column(default=0)
    answers: Mapped[int] = mapped_column(default=0)
    refusal: Mapped[str | None] = mapped_column(String(1000))
    """Why the last answer given in the coordinator's form was refused; shown in the next form."""
    refused_at: Mapped[str | None] = mapped_column(String(140))
    """The gate that answer was about, as the form names it; None where it named none."""
    token: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    relaunches: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many runs the sweep has put in place of broken ones since one last got through its work."""
    relaunched_at: Mapped[datetime | None]
    trouble: Mapped[str | None] = mapped_column(String(300))
    """What became of the last broken run, in Prefect's words."""
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Pair(Base):
    """A mentor, a mentee and their theme, as the Steering Committee confirmed them."""

    __tablename__ = "pair"
    __table_args__ = (UniqueConstraint("programme_id", "mentee"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"))
    mentor: Mapped[str] = mapped_column(String(48))
    mentee: Mapped[str] = mapped_column(String(48))
    theme: Mapped[str] = mapped_column(String(48))

    @property
    def scope(self) -> str:
        """`pair-<mentee>`."""
        return f"pair-{self.mentee}"


class Meeting(Base):
    """The day a visit, workshop or academy is planned for, in one scope."""

    __tablename__ = "meeting"
    __table_args__ = (UniqueConstraint("programme_id", "key", "scope"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"))
    key: Mapped[str] = mapped_column(String(16))
    scope: Mapped[str] = mapped_column(String(64))
    planned_on: Mapped[date]
    mode: Mapped[str] = mapped_column(String(16))
    host: Mapped[str] = mapped_column(String(48))
    guest: Mapped[str | None] = mapped_column(String(48))
