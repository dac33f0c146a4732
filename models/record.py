"""The run's own record, computed from its rows and history: what the documents about the run are written from.

Organisations, roles, days and counts only: no names of people, mailboxes or free text. It takes no `now`: frozen in an edition
it stays as true as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from statistics import median
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models.contributions import Contribution
from models.decisions import Verdict
from models.events import Event, EventKind, history
from models.gates import Gate, Outcome
from models.method import METHOD, GateKind
from models.standing import Standing

WENT_WITHOUT = "went-without"
CHANGES = (EventKind.DEADLINE_MOVED, EventKind.GATE_REOPENED, EventKind.PHASE_HELD, EventKind.PHASE_RELEASED)
"""Events that say that something went another way than planned; beside them gates that were gone on without."""
HELD = ("visit-report", "workshop-record", "academy-record")
"""Kinds of contribution that say how people really met."""
REPORTS = {spec.meeting: key for key, spec in METHOD.gates.items() if spec.contribution in HELD}
"""For every meeting the gate at which it is reported on."""


def record(session: Session, standing: Standing) -> dict[str, Any]:
    """A snapshot of the run; `known_until` is the day of the last thing that happened in it.

    `phases` planned against real; `answers` by role; `gates` with their durations in days; `rounds`: the approvals and how
    often each was returned; `meetings` planned against real; `open`: who owes what since when; `decisions` by verdict;
    `changes` in the order of their days; `notices` counted.
    """
    events = history(session, standing.programme.id)
    closed_at, matched_at = standing.programme.closed_at, standing.programme.matched_at
    return {
        "start_on": standing.programme.start_on.isoformat(),
        "matched_on": standing.today(matched_at).isoformat() if matched_at else None,
        "closed_on": standing.today(closed_at).isoformat() if closed_at else None,
        "known_until": standing.today(events[-1].at).isoformat() if events else standing.programme.start_on.isoformat(),
        "phases": [_phase(standing, number) for number in range(1, 8)],
        "answers": _answers(standing),
        "gates": [_gate(standing, key) for key in METHOD.gates if standing.gates_of(key)],
        "rounds": _rounds(standing, events),
        "meetings": _meetings(standing, events, _modes(session, standing)),
        "open": [_open(standing, gate) for gate in _in_order(gate for gate in standing.programme.gates if gate.is_open)],
        "decisions": dict(Counter(item.detail["verdict"] for item in events if item.kind == EventKind.DECISION_RECORDED)),
        "tacit": sum(gate.outcome == Outcome.TACIT for gate in standing.programme.gates),
        "changes": _changes(standing, events),
        "notices": _notices(events),
    }


# -- phases and answers ------------------------------------------------------------------------------------------------


def _phase(standing: Standing, number: int) -> dict[str, Any]:
    phase, gates = standing.phase(number), standing.gates_in(number)
    done = [gate for gate in gates if gate.is_satisfied]
    due = [gate.planned_on for gate in gates if gate.planned_on is not None]
    return {
        "number": number,
        "title": METHOD.phase(number).title,
        "planned_on": phase.planned_on.isoformat(),
        "opened_on": phase.opened_on.isoformat() if phase.opened_on else None,
        "due_on": max(due).isoformat() if due else None,
        "completed_on": standing.today(phase.completed_at).isoformat() if phase.completed_at else None,
        "gates": len(gates),
        "done": len(done),
        "on_time": sum(_was_on_time(gate) for gate in done),
        "late": sum(_was_late(gate) for gate in done),
        "extended": sum(gate.extensions > 0 for gate in gates),
        "without": sum(gate.outcome == Outcome.WITHOUT for gate in done),
        "rounds": sum(gate.round for gate in gates if not gate.is_approval),
    }


def _was_on_time(gate: Gate) -> bool:
    """Against the deadline it was given first: an extension makes nothing punctual."""
    return (
        gate.happened_on is not None
        and gate.planned_on is not None
        and gate.happened_on <= gate.planned_on
        and gate.outcome != Outcome.WITHOUT
    )


def _was_late(gate: Gate) -> bool:
    return gate.is_satisfied and gate.outcome != Outcome.WITHOUT and not _was_on_time(gate)


def _answers(standing: Standing) -> list[dict[str, Any]]:
    """How each role answered: asked, answered, in time, late, gone on without; `days` is the median from asking to the answer."""
    by_role: dict[str, list[Gate]] = {}
    for gate in standing.programme.gates:
        if gate.first_opened_at is not None:
            for role in dict.fromkeys(party.role for party in standing.parties(gate)):
                by_role.setdefault(role, []).append(gate)
    return [_role(standing, role, gates) for role, gates in sorted(by_role.items())]


def _role(standing: Standing, role: str, gates: Sequence[Gate]) -> dict[str, Any]:
    answered = [gate for gate in gates if gate.is_satisfied and gate.outcome != Outcome.WITHOUT]
    return {
        "role": str(role),
        "asked": len(gates),
        "answered": len(answered),
        "on_time": sum(_was_on_time(gate) for gate in answered),
        "late": sum(_was_late(gate) for gate in answered),
        "without": sum(gate.outcome == Outcome.WITHOUT for gate in gates),
        "days": _median(_days(standing, gate, gate.happened_on) for gate in answered),
    }


def _gate(standing: Standing, key: str) -> dict[str, Any]:
    spec, gates = METHOD.gates[key], standing.gates_of(key)
    return {
        "phase": spec.phase,
        "key": key,
        "title": spec.title,
        "count": len(gates),
        "planned_days": _median(_days(standing, gate, gate.planned_on) for gate in gates),
        "actual_days": _median(_days(standing, gate, gate.happened_on) for gate in gates),
        "late": sum(_was_late(gate) for gate in gates),
    }


def _days(standing: Standing, gate: Gate, until: date | None) -> int | None:
    if gate.first_opened_at is None or until is None:
        return None
    return (until - standing.today(gate.first_opened_at)).days


def _median(days: Iterable[int | None]) -> float | None:
    known = [day for day in days if day is not None]
    return float(median(known)) if known else None


# -- rounds, meetings, what is open --------------------------------------------------------------------------------------


def _rounds(standing: Standing, events: Iterable[Event]) -> list[dict[str, Any]]:
    """For every approval of the method that was asked: decided, approved at the first asking, returned, most rounds of one."""
    verdicts = (Verdict.RETURN, Verdict.REJECT)
    said = Counter((event.gate, event.detail["verdict"]) for event in events if event.kind == EventKind.DECISION_RECORDED)
    found = []
    for key, spec in METHOD.gates.items():
        asked = [gate for gate in standing.gates_of(key) if gate.first_opened_at is not None]
        if spec.kind is GateKind.APPROVAL and asked:
            returned, rejected = (said[key, str(verdict)] for verdict in verdicts)
            found.append(
                {
                    "phase": spec.phase,
                    "key": key,
                    "title": spec.title,
                    "asked": len(asked),
                    "at_once": sum(gate.round == 0 and gate.outcome == Outcome.APPROVED for gate in asked),
                    "returned": returned,
                    "rejected": rejected,
                    "most": max(gate.round for gate in asked),
                }
            )
    return found


def _modes(session: Session, standing: Standing) -> dict[tuple[str, str], str | None]:
    """How people met by (gate, scope) of the report, as the accepted reports say."""
    query = (
        select(Contribution)
        .where(Contribution.programme_id == standing.programme.id, Contribution.gate_key.in_(REPORTS.values()))
        .options(selectinload(Contribution.revisions))
        .order_by(Contribution.id)
    )
    found = ((item, item.current) for item in session.scalars(query))
    return {(item.gate_key, item.scope): current.body.get("mode") for item, current in found if current is not None}


def _meetings(standing: Standing, events: Iterable[Event], modes: Mapping[tuple[str, str], str | None]) -> list[dict[str, Any]]:
    """Visits, workshops and academies: the day each was planned for at first, the day it took place, and how people met.

    `mode` is how they were to meet, as planned at the launch; `met` how they met by their own report, None without one.
    """
    moved = [event for event in events if event.kind == EventKind.DEADLINE_MOVED and event.detail.get("old")]
    first = {(event.gate, event.scope): event.detail["old"] for event in reversed(moved)}
    found = [
        _meeting(standing, gate, first.get((gate.key, gate.scope))) | {"met": modes.get((REPORTS[gate.key], gate.scope))}
        for gate in standing.programme.gates
        if _is_meeting(gate)
    ]
    return sorted(found, key=lambda row: (row["phase"], row["key"], row["planned_on"], row["scope"]))


def _is_meeting(gate: Gate) -> bool:
    return gate.spec.kind is GateKind.EVENT and gate.key == gate.spec.meeting


def _meeting(standing: Standing, gate: Gate, first: str | None) -> dict[str, Any]:
    meeting = standing.meeting(gate.spec.meeting, gate.scope)
    took_place = gate.happened_on is not None and gate.outcome != Outcome.WITHOUT
    return {
        "key": gate.key,
        "phase": gate.phase,
        "scope": gate.scope,
        "mode": meeting.mode,
        "planned_on": first or (gate.planned_on or meeting.planned_on).isoformat(),
        "happened_on": gate.happened_on.isoformat() if gate.happened_on and took_place else None,
        "without": gate.outcome == Outcome.WITHOUT,
    }


def _in_order(gates: Iterable[Gate]) -> list[Gate]:
    """By deadline, then in the method's order."""
    order = {key: number for number, key in enumerate(METHOD.gates)}
    return sorted(gates, key=lambda gate: (gate.due_on or date.max, order[gate.key], gate.scope))


def _open(standing: Standing, gate: Gate) -> dict[str, Any]:
    return {
        "phase": gate.phase,
        "key": gate.key,
        "title": gate.spec.title,
        "scope": gate.scope,
        "asked_on": standing.today(gate.first_opened_at).isoformat() if gate.first_opened_at else None,
        "planned_on": gate.planned_on.isoformat() if gate.planned_on else None,
        "due_on": gate.due_on.isoformat() if gate.due_on else None,
        "round": gate.round,
        "owed_by": [{"organisation": party.organisation, "role": str(party.role)} for party in standing.open_parties(gate)],
    }


# -- changes and notices -------------------------------------------------------------------------------------------------


def _changes(standing: Standing, events: Iterable[Event]) -> list[dict[str, Any]]:
    """What went another way than planned, by day: `old` and `new` are the days of a deadline that was moved."""
    found = [_change(standing, event) for event in events if event.kind in CHANGES or event.detail.get("outcome") == Outcome.WITHOUT]
    return sorted(found, key=lambda row: (row["on"], row["what"], row["where"] or "", row["kind"], row["new"] or ""))


def _change(standing: Standing, event: Event) -> dict[str, Any]:
    detail = event.detail
    return {
        "on": standing.today(event.at).isoformat(),
        "kind": str(event.kind) if event.kind in CHANGES else WENT_WITHOUT,
        "what": METHOD.gates[event.gate].title if event.gate else METHOD.phase(event.phase or 1).title,
        "where": event.scope,
        "old": detail.get("old"),
        "new": detail.get("new") or detail.get("due_on"),
        "why": detail.get("why") or "",
    }


def _notices(events: Iterable[Event]) -> dict[str, Any]:
    """Notices that went out and those that could not; `by_kind` counts what went out."""
    events = [event for event in events if event.kind in (EventKind.NOTICE_SENT, EventKind.NOTICE_FAILED)]
    sent = [event for event in events if event.kind == EventKind.NOTICE_SENT]
    return {
        "sent": len(sent),
        "reminders": sum(bool(event.detail.get("rung")) for event in sent),
        "failed": len(events) - len(sent),
        "by_kind": dict(sorted(Counter(str(event.detail["kind"]) for event in sent).items())),
    }
