"""Writing history: one event for one change, in the same transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.events import Event, EventKind, write
from models.gates import Gate
from models.standing import Standing


def note(
    session: Session,
    standing: Standing,
    now: datetime,
    kind: EventKind,
    *,
    gate: Gate | None = None,
    phase: int | None = None,
    scope: str | None = None,
    organisation: str | None = None,
    **detail: Any,
) -> None:
    """Add the event of a change; phase, scope and pair follow from the gate where one is given."""
    if not standing.is_whole:
        raise RuntimeError("what changes a programme decides on all its rows, not on those a page has asked for")
    scope = gate.scope if gate else scope
    pair = standing.pair_of(scope) if scope else None
    event = Event(
        at=now,
        kind=kind,
        phase=gate.phase if gate else phase,
        gate=gate.key if gate else None,
        pair=pair.scope if pair else None,
        scope=scope,
        organisation=organisation,
        detail=detail,
    )
    write(session, standing.programme.id, event)
