"""How a gate is satisfied, whoever did it: the one place where its state becomes `satisfied`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from models.advance import reviewed
from models.doors.history import note
from models.doors.lapsing import lapse
from models.doors.launching import confirm_pairs
from models.editions import Edition, EditionState
from models.errors import Refused
from models.events import EventKind
from models.gates import Gate, GateState, Outcome
from models.standing import Standing


def satisfy(
    session: Session,
    standing: Standing,
    gate: Gate,
    outcome: Outcome,
    now: datetime,
    *,
    on: date | None = None,
    why: str = "",
    organisation: str | None = None,
    how: Mapping[str, Any] | None = None,
) -> None:
    """Close an open gate; what it approved becomes approved, and a confirmed matching makes the pairs.

    `on` is the day an event took place, `how` what else the event says.

    Refused where going on without it would leave nothing to go on with.
    """
    if outcome == Outcome.WITHOUT and (gate.spec.confirms_matching or gate.key == "closure"):
        raise Refused(f"{gate.spec.title}: the programme cannot go on without this decision.")
    gate.state, gate.outcome, gate.satisfied_at = GateState.SATISFIED, outcome, now
    gate.happened_on = on or standing.today(now)
    lapse(standing, gate, now)
    details: dict[str, Any] = {**(how or {}), **({"why": why} if why else {})}
    note(
        session,
        standing,
        now,
        EventKind.GATE_SATISFIED,
        gate=gate,
        organisation=organisation,
        outcome=str(outcome),
        on=gate.happened_on.isoformat(),
        **details,
    )
    if outcome in (Outcome.APPROVED, Outcome.TACIT):
        _approve_editions(session, standing, gate, now)


def _approve_editions(session: Session, standing: Standing, gate: Gate, now: datetime) -> None:
    for number, scope in reviewed(standing, gate):
        edition = standing.latest_edition(number, scope)
        if edition is not None and edition.spec.approved_at == gate.key:
            edition.state = EditionState.APPROVED
            if gate.spec.confirms_matching:
                _check_possible(edition)
                pairs = [(pair["mentor"], pair["mentee"], pair["theme"]) for pair in edition.content["matching"]["pairs"]]
                confirm_pairs(session, standing, now, pairs)


def _check_possible(edition: Edition) -> None:
    if "pairs" not in edition.content["matching"]:
        raise Refused(f"There are no pairs to confirm: {edition.content['matching']['impossible']} Return the report to the facilitator.")
