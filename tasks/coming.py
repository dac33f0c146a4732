"""What opens next, and when: for a terminal and for the coordinator's page, as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from models.gates import Gate, GateState
from models.method import METHOD
from models.programme import Phase, PhaseState
from models.standing import Standing


@dataclass(frozen=True)
class Coming:
    """Something that opens. `key`: of gates; `phase`: the number of a phase; `count`: how many gates of that key.

    `is_early`: at the earliest then, for something else has to be done before. A moment in the past: it should be open already.
    """

    title: str
    at: datetime
    key: str = ""
    phase: int | None = None
    count: int = 1
    is_early: bool = False


def coming(standing: Standing) -> list[Coming]:
    """What opens first of all that is still closed; empty where that hangs on the open gates, or the programme is closed."""
    if standing.programme.closed_at is not None:
        return []
    found = Counter(_openings(standing))
    if found:
        first = min(item.at for item in found)
        return [Coming(item.title, item.at, item.key, item.phase, count) for item, count in found.items() if item.at == first]
    phase = next((phase for phase in standing.programme.phases if phase.state == PhaseState.WAITING), None)
    return [_phase(standing, phase, is_early=True)] if phase is not None else []


def _openings(standing: Standing) -> Iterator[Coming]:
    """Each phase and each gate that waits for nothing but its time."""
    for phase in standing.programme.phases:
        free = [gate for gate in standing.gates_in(phase.number) if gate.state == GateState.PENDING and standing.is_free(gate)]
        if phase.state == PhaseState.WAITING and free:
            yield _phase(standing, phase)
        elif phase.state == PhaseState.OPEN:
            for gate in free:
                day = standing.opens_on(gate)
                if day is not None:
                    yield Coming(gate.spec.title, _opens_at(standing, gate, day), gate.key)


def _opens_at(standing: Standing, gate: Gate, day: date) -> datetime:
    """The morning of its day, or the moment what comes before it was done, whichever is later."""
    done = [other.satisfied_at for other in standing.predecessors(gate) or () if other.satisfied_at]
    return max([standing.work_begins(max(day, standing.programme.start_on)), *done])


def _phase(standing: Standing, phase: Phase, *, is_early: bool = False) -> Coming:
    title = METHOD.phase(phase.number).title
    return Coming(title, standing.work_begins(phase.planned_on), phase=phase.number, is_early=is_early)
