"""Where a programme stands, as plain text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime

from models.gates import GateState
from models.method import METHOD
from models.programme import Phase, PhaseState
from models.standing import Standing
from tasks.troubles import trouble_of


def overview(standing: Standing, now: datetime) -> str:
    """A line per phase, then every open gate with its deadline and those who are asked, then what opens next."""
    today = standing.today(now)
    lines = [f"{standing.definition.title}, started on {standing.programme.start_on}, as of {today}", ""]
    for phase in standing.programme.phases:
        gates = standing.gates_in(phase.number)
        done = sum(gate.is_satisfied for gate in gates)
        lines.append(f"  {phase.number}  {phase.state:<10} {done:>3}/{len(gates):<3} {METHOD.phase(phase.number).title}")
        if trouble := trouble_of(phase):
            lines.append(f"     {trouble.name.upper()}: {trouble.means} {trouble.to_do}")
    waiting = [gate for gate in standing.programme.gates if gate.is_open]
    lines += ["", "1 open gate:" if len(waiting) == 1 else f"{len(waiting)} open gates" + (":" if waiting else "")]
    for gate in sorted(waiting, key=lambda gate: (str(gate.due_on), gate.id)):
        asked = ", ".join(f"{party.organisation} ({party.role})" for party in standing.open_parties(gate))
        lines.append(f"  {gate.due_on}{' LATE' if gate.is_late(today) else '     '} {gate.label:<48} {asked}")
    lines += ["", *_coming(standing, now)]
    return "\n".join(lines)


def _coming(standing: Standing, now: datetime) -> list[str]:
    """What opens next and when, a line each; gates of one key share a line."""
    if standing.programme.closed_at is not None:
        return [f"closed on {standing.today(standing.programme.closed_at)}"]
    found = Counter(_openings(standing, now))
    first = min((day for day, _ in found), default=None)
    if first is not None:
        return [
            f"next: {what}{f', {count} of them,' if count > 1 else ''} opens on {day}"
            for (day, what), count in found.items()
            if day == first
        ]
    phase = next((phase for phase in standing.programme.phases if phase.state == PhaseState.WAITING), None)
    if phase is None:
        return ["next: what follows the open gates opens once they are done"]
    return [f"next: {_named(phase)} opens on {phase.planned_on} at the earliest, once what comes before it is done"]


def _openings(standing: Standing, now: datetime) -> Iterator[tuple[date, str]]:
    """The day on which each phase and each gate opens that waits for nothing but its day."""
    for phase in standing.programme.phases:
        free = [gate for gate in standing.gates_in(phase.number) if gate.state == GateState.PENDING and standing.is_free(gate)]
        if phase.state == PhaseState.WAITING and free:
            yield max(phase.planned_on, standing.today(now)), _named(phase)
        elif phase.state == PhaseState.OPEN:
            for gate in free:
                day = standing.opens_on(gate)
                if day is not None and standing.work_begins(max(day, standing.programme.start_on)) > now:
                    yield day, f"{gate.spec.title} ({gate.key})"


def _named(phase: Phase) -> str:
    return f"phase {phase.number}, {METHOD.phase(phase.number).title},"
