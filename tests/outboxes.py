"""A launched programme with one open gate and notices about it, for the tests of the outbox and of sending."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from models.doors.launching import launch
from models.gates import Gate, GateState
from models.notices import Notice, NoticeKind, NoticeState
from models.standing import Standing
from tests.factories import definition

NOW = datetime(2026, 2, 2, 9, tzinfo=UTC)
DUE_ON = date(2026, 2, 16)


def launched(session: Session) -> Standing:
    """The programme of the factories on `NOW`; Cedar is asked for its needs assessment by `DUE_ON`."""
    standing = launch(session, definition(), NOW, start_on=NOW.date())
    open_gate(standing.gate("needs", "city-cedar"))
    session.flush()
    return standing


def open_gate(gate: Gate) -> Gate:
    """The gate, open since `NOW` for the first time."""
    gate.state, gate.opened_at, gate.round, gate.due_on = GateState.OPEN, NOW, 1, DUE_ON
    return gate


def notice(standing: Standing, key: str, gate: Gate | None = None, /, **overrides: Any) -> Notice:
    """An invitation to Cedar's project lead, due at `NOW`, about its open gate; add it to a session."""
    gate = gate or standing.gate("needs", "city-cedar")
    fields: dict[str, Any] = {
        "programme_id": standing.programme.id,
        "key": key,
        "kind": NoticeKind.INVITATION,
        "rung": None,
        "phase": gate.phase,
        "gate_id": gate.id,
        "gate_round": gate.round,
        "organisation": "cedar",
        "role": "project-lead",
        "mailbox": "lead@cedar.example",
        "language": "en",
        "detail": {"due_on": DUE_ON.isoformat()},
        "due_at": NOW,
        "state": NoticeState.QUEUED,
        "attempts": 0,
    }
    return Notice(**fields | overrides)
