"""Decisions as pages show them: one's own, those of others, and the one that sent a contribution back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from models.contributions import Attachment
from models.decisions import Decision, Remark, Verdict
from models.definition import Role
from models.gates import Gate
from models.links import Link
from models.method import METHOD, GateKind
from models.standing import Standing
from tasks.attachments import Attached, attached
from tasks.notice_views import ROLES, name_of


@dataclass(frozen=True)
class Decided:
    """A decision as others may read it. `earlier` is one on a round that is over."""

    organisation: str
    role: str
    verdict: Verdict
    comment: str
    remarks: tuple[Remark, ...]
    at: datetime
    act_number: str | None
    act_on: date | None
    evidence: Attached | None
    writer: str
    bound: tuple[str, ...]
    earlier: bool
    on_behalf: bool
    """Recorded by the coordinator for whoever decided."""


def own_decision(session: Session, standing: Standing, gate: Gate, link: Link) -> Decided | None:
    """The reader's last decision, in whichever round."""
    own = [item for item in gate.decisions if _is_own(item, link)]
    return decided(session, standing, gate, own[-1]) if own else None


def decisions_of_others(session: Session, standing: Standing, gate: Gate, link: Link) -> tuple[Decided, ...]:
    """What others have decided on what is asked now."""
    return tuple(decided(session, standing, gate, item) for item in gate.decided_in_this_round() if not _is_own(item, link))


def sent_back(session: Session, standing: Standing, gate: Gate) -> Decided | None:
    """Why a contribution is asked for again: the last decision that returned it."""
    returns = [(item, other) for other in _deciding(standing, gate) for item in other.decisions if item.verdict == Verdict.RETURN]
    if not returns:
        return None
    decision, other = max(returns, key=lambda found: (found[0].at, found[0].id))
    return decided(session, standing, other, decision)


def returning(standing: Standing, gate: Gate) -> list[Decision]:
    """What was decided on a contribution that is asked for again, the oldest first; nothing where it is not."""
    return sorted((item for other in _deciding(standing, gate) for item in other.decisions), key=lambda item: (item.at, item.id))


def returns_of(session: Session, standing: Standing, gate: Gate) -> list[Decided]:
    """Every decision that sent a contribution back, whether or not it is asked for again now."""
    found = [(item, other) for other in _approvals_of(standing, gate) for item in other.decisions if item.verdict == Verdict.RETURN]
    return [decided(session, standing, other, item) for item, other in found]


def _deciding(standing: Standing, gate: Gate) -> list[Gate]:
    """The approvals of a contribution that is asked for again."""
    return _approvals_of(standing, gate) if gate.is_open and gate.round else []


def _approvals_of(standing: Standing, gate: Gate) -> list[Gate]:
    """The approvals that decide on a contribution."""
    if gate.spec.kind is not GateKind.CONTRIBUTION:
        return []
    return standing.gates_near(gate.scope, [spec.key for spec in METHOD.gates.values() if gate.key in spec.feeds])


def role_title(role: str) -> str:
    """A role as people call it, in English; the role's own name where it is none of the method's."""
    return ROLES[Role(role)] if role in set(Role) else role


def _is_own(decision: Decision, link: Link) -> bool:
    return (decision.organisation, decision.role) == (link.organisation, link.role)


def decided(session: Session, standing: Standing, gate: Gate, decision: Decision) -> Decided:
    """A decision on a gate as pages show it."""
    evidence = session.get(Attachment, decision.evidence_id) if decision.evidence_id is not None else None
    return Decided(
        organisation=name_of(standing, decision.organisation),
        role=role_title(decision.role),
        verdict=Verdict(decision.verdict),
        comment=decision.comment,
        remarks=tuple(Remark(**{"document": "", "section": "", "title": ""} | row) for row in decision.remarks or ()),
        at=decision.at,
        act_number=decision.act_number,
        act_on=decision.act_on,
        evidence=attached([evidence])[0] if evidence is not None else None,
        writer=decision.writer,
        bound=tuple(decision.bound.values()),
        earlier=decision.round != gate.round,
        on_behalf=decision.on_behalf,
    )
