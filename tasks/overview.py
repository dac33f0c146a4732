"""Where a programme stands, as plain text for a terminal."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from models.method import METHOD
from models.standing import Standing
from tasks.coming import Coming, coming
from tasks.troubles import trouble_of


def overview(standing: Standing, now: datetime) -> str:
    """A line per phase, then every open gate with its deadline and those who are asked, then what opens next."""
    today = standing.today(now)
    begins = "starts" if standing.programme.start_on > today else "started"
    lines = [f"{standing.definition.title}, {begins} on {standing.programme.start_on}, as of {today}", ""]
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
    return [_line(standing, item, now) for item in coming(standing)] or ["next: what follows the open gates opens once they are done"]


def _line(standing: Standing, item: Coming, now: datetime) -> str:
    what = f"{item.title} ({item.key})" if item.key else f"phase {item.phase}, {item.title},"
    zone = standing.definition.organisation(standing.definition.coordinator).zone
    at = f"{item.at.astimezone(ZoneInfo(zone)):%Y-%m-%d at %H:%M} ({zone})"
    many = f", {item.count} of them," if item.count > 1 else ""
    if item.is_early:
        return f"next: {what}{many} opens on {at} at the earliest, once what comes before it is done"
    if item.at <= now:
        return f"next: {what}{many} was to open on {at}: the next sweep does it. If it stays so, /health on the desk says why"
    return f"next: {what}{many} opens on {at}"
