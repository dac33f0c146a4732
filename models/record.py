"""The run's own record, computed from its rows and history: what the documents about the run are written from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from statistics import median
from typing import Any

from sqlalchemy.orm import Session

from models.events import Event, EventKind, history
from models.gates import Gate, Outcome
from models.method import METHOD
from models.standing import Standing

CHANGES = (EventKind.DEADLINE_MOVED, EventKind.GATE_REOPENED)


def record(session: Session, standing: Standing) -> dict[str, Any]:
    """A snapshot: phases planned against real, answers by role, gates' durations in days, decisions, changes, notices."""
    events = history(session, standing.programme.id)
    return {
        "start_on": standing.programme.start_on.isoformat(),
        "phases": [_phase(standing, number) for number in range(1, 8)],
        "answers": _answers(standing),
        "gates": [_gate(standing, key) for key in METHOD.gates if standing.gates_of(key)],
        "decisions": dict(Counter(item.detail["verdict"] for item in events if item.kind == EventKind.DECISION_RECORDED)),
        "changes": [_change(event) for event in events if event.kind in CHANGES],
        "notices": _notices(events),
    }


def _phase(standing: Standing, number: int) -> dict[str, Any]:
    phase, gates = standing.phase(number), standing.gates_in(number)
    done = [gate for gate in gates if gate.is_satisfied]
    return {
        "number": number,
        "title": METHOD.phase(number).title,
        "planned_on": phase.planned_on.isoformat(),
        "opened_on": phase.opened_on.isoformat() if phase.opened_on else None,
        "completed_on": standing.today(phase.completed_at).isoformat() if phase.completed_at else None,
        "gates": len(gates),
        "on_time": sum(_was_on_time(gate) for gate in done),
        "late": sum(not _was_on_time(gate) for gate in done),
        "extended": sum(gate.extensions > 0 for gate in gates),
        "without": sum(gate.outcome == Outcome.WITHOUT for gate in done),
        "rounds": sum(gate.round for gate in gates if not gate.is_approval),
    }


def _was_on_time(gate: Gate) -> bool:
    return (
        gate.happened_on is not None
        and gate.planned_on is not None
        and gate.happened_on <= gate.planned_on
        and gate.outcome != Outcome.WITHOUT
    )


def _answers(standing: Standing) -> list[dict[str, Any]]:
    """How each role answered: asked, answered, in time, late, gone on without."""
    by_role: dict[str, list[Gate]] = {}
    for gate in standing.programme.gates:
        if gate.first_opened_at is not None:
            for role in dict.fromkeys(party.role for party in standing.parties(gate)):
                by_role.setdefault(role, []).append(gate)
    return [
        {
            "role": role,
            "asked": len(gates),
            "answered": sum(gate.is_satisfied and gate.outcome != Outcome.WITHOUT for gate in gates),
            "on_time": sum(gate.is_satisfied and _was_on_time(gate) for gate in gates),
            "late": sum(gate.is_satisfied and not _was_on_time(gate) and gate.outcome != Outcome.WITHOUT for gate in gates),
            "without": sum(gate.outcome == Outcome.WITHOUT for gate in gates),
        }
        for role, gates in sorted(by_role.items())
    ]


def _gate(standing: Standing, key: str) -> dict[str, Any]:
    spec, gates = METHOD.gates[key], standing.gates_of(key)
    return {
        "phase": spec.phase,
        "key": key,
        "title": spec.title,
        "count": len(gates),
        "planned_days": _median(_days(standing, gate, gate.planned_on) for gate in gates),
        "actual_days": _median(_days(standing, gate, gate.happened_on) for gate in gates),
        "late": sum(gate.is_satisfied and not _was_on_time(gate) for gate in gates),
    }


def _days(standing: Standing, gate: Gate, until: date | None) -> int | None:
    if gate.first_opened_at is None or until is None:
        return None
    return (until - standing.today(gate.first_opened_at)).days


def _median(days: Iterable[int | None]) -> float | None:
    known = [day for day in days if day is not None]
    return float(median(known)) if known else None


def _change(event: Event) -> dict[str, Any]:
    what = METHOD.gates[event.gate].title if event.gate else ""
    why = event.detail.get("why") or "returned for revision"
    return {"on": event.at.date().isoformat(), "what": f"{what}: {event.kind}", "where": event.scope, "why": why}


def _notices(events: Iterable[Event]) -> dict[str, int]:
    sent = [event for event in events if event.kind == EventKind.NOTICE_SENT]
    return {"sent": len(sent), "reminders": sum(bool(event.detail.get("rung")) for event in sent)}
