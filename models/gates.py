"""Gates as rows: what a phase waits for, in one scope. The rules that change them are in `doors`."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.database import Base
from models.decisions import Decision
from models.definition import Policy
from models.method import METHOD, GateKind, GateSpec


class GateState(StrEnum):
    """Pending: its turn has not come. Open: somebody is asked. Satisfied: it holds nothing up any more."""

    PENDING = "pending"
    OPEN = "open"
    SATISFIED = "satisfied"


class Outcome(StrEnum):
    """How a gate was satisfied."""

    CONTRIBUTED = "contributed"
    APPROVED = "approved"
    TACIT = "tacit"
    TOOK_PLACE = "took-place"
    WITHOUT = "proceeded-without"


class Gate(Base):
    """One thing a phase waits for.

    `round` counts how often it was asked anew after a return; `told` the rungs of the notice ladder that have gone out
    for the present deadline; `expired` whether its policy has been applied to the present deadline.
    """

    __tablename__ = "gate"
    __table_args__ = (UniqueConstraint("programme_id", "key", "scope"), Index(None, "programme_id", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"))
    phase: Mapped[int]
    key: Mapped[str] = mapped_column(String(64))
    scope: Mapped[str] = mapped_column(String(64))
    policy: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default=GateState.PENDING)
    outcome: Mapped[str | None] = mapped_column(String(24))
    round: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime | None]
    first_opened_at: Mapped[datetime | None]
    planned_on: Mapped[date | None]
    """The deadline it was first given: what "on time" is measured against."""
    due_on: Mapped[date | None]
    satisfied_at: Mapped[datetime | None]
    happened_on: Mapped[date | None]
    """The day an event took place, or a gate was satisfied, in the coordinator's calendar: anchors count from it."""
    told: Mapped[list[str]] = mapped_column(default=list)
    missed: Mapped[bool] = mapped_column(default=False)
    expired: Mapped[bool] = mapped_column(default=False)
    extensions: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[bool] = mapped_column(default=False)
    released: Mapped[bool] = mapped_column(default=False)
    """The coordinator has released overdue notices to elected people."""
    remark: Mapped[str | None] = mapped_column(Text)
    """What the coordinator said last when extending it or going on without it: free text, so not in the events."""
    version: Mapped[int] = mapped_column(default=1)

    decisions: Mapped[list[Decision]] = relationship(order_by="Decision.id")

    __mapper_args__ = {"version_id_col": version}

    @property
    def spec(self) -> GateSpec:
        """What the method says of it."""
        return METHOD.gates[self.key]

    @property
    def is_open(self) -> bool:
        return self.state == GateState.OPEN

    @property
    def is_satisfied(self) -> bool:
        return self.state == GateState.SATISFIED

    @property
    def is_approval(self) -> bool:
        return self.spec.kind is GateKind.APPROVAL

    @property
    def label(self) -> str:
        """How forms and mails name it: `needs @ city-capaci`."""
        return f"{self.key} @ {self.scope}"

    def decided_in_this_round(self) -> list[Decision]:
        """The decisions that count: those on what is being asked now."""
        return [decision for decision in self.decisions if decision.round == self.round]

    def is_late(self, today: date) -> bool:
        """Open after its deadline; the deadline's own day is still in time."""
        return self.is_open and self.due_on is not None and today > self.due_on

    def runs_out_on(self) -> Policy | None:
        """The policy to apply when time has run out; None where people decide (hold, escalate)."""
        policy = Policy(self.policy)
        return None if policy in (Policy.HOLD, Policy.ESCALATE) else policy
