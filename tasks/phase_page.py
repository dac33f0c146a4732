"""The phases of a programme and every gate in them, done, open and to come: what the coordinator's side leads to them by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from models.gates import Gate, GateState
from models.method import METHOD
from models.programme import Phase, PhaseState
from models.standing import Standing
from tasks.notice_views import name_of, scope_names


@dataclass(frozen=True)
class PhaseLine:
    """A phase in one line; `done` of `gates` gates hold nothing up any more, `late` of the open ones are past their day."""

    number: int
    title: str
    state: PhaseState
    planned_on: date
    opened_on: date | None
    completed_on: date | None
    done: int
    gates: int
    late: int
    run_id: str
    """Its run in Prefect; empty before it was launched."""


@dataclass(frozen=True)
class GateLine:
    """A gate in one line. `days_left`: calendar days on the coordinator's day, None unless it is open; `waits_for`: names."""

    gate_id: int
    about: tuple[str, ...]
    state: GateState
    outcome: str
    on: date | None
    due_on: date | None
    days_left: int | None
    opens_on: date | None
    waits_for: tuple[str, ...]
    is_rejected: bool
    """Nobody is waited for but the coordinator."""


@dataclass(frozen=True)
class Step:
    """One thing a phase asks, wherever it asks it."""

    title: str
    gates: tuple[GateLine, ...]

    @property
    def done(self) -> int:
        """How many of its gates are done."""
        return sum(item.state == GateState.SATISFIED for item in self.gates)


@dataclass(frozen=True)
class PhasePage:
    """A phase with everything it asks, in the method's order."""

    line: PhaseLine
    steps: tuple[Step, ...]


def phase_lines(standing: Standing, today: date) -> list[PhaseLine]:
    """All phases, in order. `today`: the coordinator's day."""
    return [
        PhaseLine(
            number=phase.number,
            title=METHOD.phase(phase.number).title,
            state=PhaseState(phase.state),
            planned_on=phase.planned_on,
            opened_on=phase.opened_on,
            completed_on=standing.today(phase.completed_at) if phase.completed_at else None,
            done=sum(gate.is_satisfied for gate in gates),
            gates=len(gates),
            late=sum(gate.is_late(today) and not gate.rejected for gate in gates),
            run_id=phase.run_id or "",
        )
        for phase, gates in _phases(standing)
    ]


def phase_page(standing: Standing, number: int, today: date) -> PhasePage | None:
    """The phase of that number; None where the programme has none."""
    for line, (_, gates) in zip(phase_lines(standing, today), _phases(standing), strict=True):
        if line.number == number:
            keys = dict.fromkeys(gate.key for gate in gates)
            return PhasePage(line, tuple(_step(standing, [gate for gate in gates if gate.key == key], today) for key in keys))
    return None


def _phases(standing: Standing) -> Iterator[tuple[Phase, list[Gate]]]:
    order = {key: place for place, key in enumerate(METHOD.gates)}
    for phase in standing.programme.phases:
        yield phase, sorted(standing.gates_in(phase.number), key=lambda gate: (order[gate.key], gate.id))


def _step(standing: Standing, gates: list[Gate], today: date) -> Step:
    return Step(gates[0].spec.title, tuple(_gate(standing, gate, today) for gate in gates))


def _gate(standing: Standing, gate: Gate, today: date) -> GateLine:
    opens_on = standing.opens_on(gate) if gate.state == GateState.PENDING and standing.is_free(gate) else None
    waits = [name_of(standing, party.organisation) for party in standing.open_parties(gate)] if gate.is_open else []
    return GateLine(
        gate_id=gate.id,
        about=scope_names(standing, gate.scope),
        state=GateState(gate.state),
        outcome=gate.outcome or "",
        on=gate.happened_on or (standing.today(gate.satisfied_at) if gate.satisfied_at else None),
        due_on=gate.due_on,
        days_left=(gate.due_on - today).days if gate.is_open and gate.due_on else None,
        opens_on=None if opens_on == date.min else opens_on,
        waits_for=tuple(dict.fromkeys(waits)),
        is_rejected=gate.is_open and gate.rejected,
    )
