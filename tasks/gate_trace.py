"""What has happened at a gate, for the coordinator's page of it: what was handed in, decided, and asked for beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.gates import Gate, Outcome
from models.standing import Standing
from models.wishes import TimeRequest, WishState
from tasks.decided import Decided, decided, returns_of, role_title
from tasks.handed_in import HandedIn, handed_in
from tasks.notice_views import name_of
from tasks.pages import reasons_of


@dataclass(frozen=True)
class Answered:
    """A request for more time that waits no more. `granted_until`: None where the date stayed or nobody had to answer."""

    name: str
    role: str
    writer: str
    asked_at: datetime
    until: date
    reason: str
    state: WishState
    answered_at: datetime | None
    granted_until: date | None
    answer: str


@dataclass(frozen=True)
class Trace:
    """Everything, each kind in the order it came. `outcome`: how the gate was satisfied; None while it is not."""

    reasons: tuple[str, ...]
    """Why the deadline is on the day it is."""
    outcome: Outcome | None
    on: date | None
    """The day an event took place, or the gate was done."""
    said: str
    """What the coordinator said when extending it or going on without it, unless it was the answer to a request."""
    revisions: tuple[HandedIn, ...]
    decisions: tuple[Decided, ...]
    """Those taken here, and those that sent back what was handed in here."""
    requests: tuple[Answered, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing has come of anybody yet."""
        return not (self.outcome or self.said or self.revisions or self.decisions or self.requests)


def trace_of(session: Session, standing: Standing, gate: Gate) -> Trace:
    """The trace of a gate, open or not."""
    query = select(TimeRequest).where(TimeRequest.gate_id == gate.id, TimeRequest.state != WishState.ASKED)
    requests = tuple(_answered(standing, item) for item in session.scalars(query.order_by(TimeRequest.id)))
    own = [decided(session, standing, gate, item) for item in gate.decisions]
    return Trace(
        reasons=reasons_of(session, gate) if gate.is_open else (),
        outcome=Outcome(gate.outcome) if gate.outcome and gate.is_satisfied else None,
        on=gate.happened_on or (standing.today(gate.satisfied_at) if gate.satisfied_at else None),
        said="" if gate.remark in {item.answer for item in requests} else gate.remark or "",
        revisions=tuple(handed_in(session, standing, gate)),
        decisions=tuple(sorted([*own, *returns_of(session, standing, gate)], key=lambda item: item.at)),
        requests=requests,
    )


def _answered(standing: Standing, item: TimeRequest) -> Answered:
    return Answered(
        name_of(standing, item.organisation), role_title(item.role), item.writer, item.asked_at, item.until, item.reason,
        WishState(item.state), item.answered_at, item.granted_until, item.answer or "",
    )  # fmt: skip
