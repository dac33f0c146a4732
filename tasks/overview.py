"""Where a programme stands, as plain text for a terminal."""

from __future__ import annotations

from datetime import datetime

from models.method import METHOD
from models.standing import Standing
from tasks.troubles import trouble_of


def overview(standing: Standing, now: datetime) -> str:
    """A line per phase, then every open gate with its deadline and those who are asked."""
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
    return "\n".join(lines)
