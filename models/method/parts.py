"""What the phases' checklists are written with: who acts, what a deadline counts from, and what every study visit asks for."""

from __future__ import annotations

from models.definition import Policy, Role
from models.method.spec import Actor, Anchor, AnchorKind, GateKind, GateSpec, Of, Over

FACILITATOR = Actor(Role.FACILITATOR, Of.FACILITATOR)
COORDINATOR = Actor(Role.COORDINATOR, Of.COORDINATOR)
COMMITTEE = Actor(Role.COMMITTEE, Of.COMMITTEE)
LEAD = Actor(Role.LEAD, Of.SELF)
MENTOR = Actor(Role.LEAD, Of.MENTOR)
MENTEE = Actor(Role.LEAD, Of.MENTEE)
BOTH = (MENTOR, MENTEE)
HOST = Actor(Role.LEAD, Of.HOST)
GUEST = Actor(Role.LEAD, Of.GUEST)
ASSOCIATION = Actor(Role.ASSOCIATION, Of.SELF)

START = Anchor(AnchorKind.PHASE)


def since(gate: str) -> Anchor:
    """Counted from the day that gate was satisfied."""
    return Anchor(AnchorKind.GATE, gate)


def around(meeting: str) -> Anchor:
    """Counted from the day of that visit, workshop or academy."""
    return Anchor(AnchorKind.MEETING, meeting)


def visit(phase: int, number: int, after: str, then: tuple[GateSpec, ...], report_due: int = 4) -> tuple[GateSpec, ...]:
    """What every study visit asks for: agenda w-6, briefing w-2, the visit w0, its report w+4; then what follows."""
    key = f"visit-{number}"
    day = around(key)
    return (
        GateSpec(
            f"{key}-agenda", phase, GateKind.CONTRIBUTION, Over.PAIR, f"Agenda of study visit {number}",
            "Propose the agenda: dates, mode, sessions, who takes part, interpreters and other needs.",
            (GUEST,), day, -7, (after,), contribution="visit-agenda", meeting=key,
        ),
        GateSpec(
            f"{key}-agenda-approval", phase, GateKind.APPROVAL, Over.PAIR, f"Agenda of study visit {number}: host agrees",
            "Read the proposed agenda and decide on it as the host.",
            (HOST,), day, -6, (f"{key}-agenda",), feeds=(f"{key}-agenda",), meeting=key,
        ),
        GateSpec(
            f"{key}-briefing", phase, GateKind.CONTRIBUTION, Over.PAIR, f"Briefing pack of study visit {number}",
            "Send the briefing pack: practicalities, people by role, background on the practices to be seen.",
            (HOST,), day, -2, (f"{key}-agenda-approval",), contribution="visit-briefing", meeting=key, policy=Policy.PROCEED,
        ),
        GateSpec(
            key, phase, GateKind.EVENT, Over.PAIR, f"Study visit {number} takes place",
            "Record the day on which the visit took place.",
            (HOST,), day, 0, (f"{key}-agenda-approval",), lead=1, meeting=key, policy=Policy.HOLD,
        ),
        GateSpec(
            f"{key}-report", phase, GateKind.CONTRIBUTION, Over.PAIR, f"Report of study visit {number}",
            "Report on the visit: programme, participants by role, findings per key factor, obstacles, follow-ups.",
            (GUEST,), since(key), report_due - 2, (key,), contribution="visit-report", meeting=key,
        ),
        GateSpec(
            f"{key}-report-approval", phase, GateKind.APPROVAL, Over.PAIR, f"Report of study visit {number}: both cities approve",
            "Read the visit report and decide on it.",
            BOTH, since(key), report_due, (f"{key}-report",), feeds=(f"{key}-report",), meeting=key,
            reviews=({1: "D4.1", 2: "D5.1", 3: "D7.7"}[number],),
        ),
        *then,
    )
