"""What came while nobody was asked for it: the coordinator takes it in, keeps it for the next time, or declines. The sender hears which.

What has been approved or published never changes: what rests on a contribution keeps resting on the revision it was made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models.advance import reviewed
from models.content import draws_on
from models.contributions import Contribution, Revision, RevisionState
from models.doors import telling_desk
from models.doors.answering import printable, withdraw
from models.doors.history import note
from models.doors.satisfying import satisfy
from models.editions import Edition, EditionState
from models.errors import Refused
from models.events import EventKind
from models.gates import Gate, GateState, Outcome
from models.method import METHOD
from models.programme import PhaseState
from models.standing import Standing

LONGEST_ANSWER = 1000


@dataclass(frozen=True)
class Kept:
    """A revision that lies in the tray, with its contribution and gate."""

    revision: Revision
    contribution: Contribution
    gate: Gate


def waiting(session: Session, standing: Standing) -> list[Kept]:
    """What lies in the tray, the oldest first: of each contribution the newest revision at most."""
    query = select(Contribution).where(Contribution.programme_id == standing.programme.id).options(selectinload(Contribution.revisions))
    found = []
    for item in session.scalars(query):
        last = item.revisions[-1] if item.revisions else None
        gate = standing.gate_by_id(item.gate_id)
        if last is not None and last.state == RevisionState.TRAY and gate is not None:
            found.append(Kept(last, item, gate))
    return sorted(found, key=lambda kept: (kept.revision.received_at, kept.revision.id))


def kept_of(session: Session, standing: Standing, revision_id: int) -> Kept:
    """The revision of that id, if it lies in this programme's tray; Refused otherwise."""
    for kept in waiting(session, standing):
        if kept.revision.id == revision_id:
            return kept
    raise Refused("This does not lie in the tray any more: it has been dealt with, or a newer version has come.")


def why_not_included(standing: Standing, kept: Kept) -> str | None:
    """Why it cannot be taken in now; None where it can."""
    gate = kept.gate
    if gate.is_open:
        return None
    fixed = [item for item in _resting(standing, gate) if item.state in (EditionState.APPROVED, EditionState.PUBLISHED)]
    over = [item for item in _deciding(standing, gate) if standing.phase(item.phase).state == PhaseState.COMPLETED]
    why = None
    if gate.state == GateState.PENDING:
        why = f"{gate.label} has not opened yet: it is taken in by itself when it does."
    elif fixed:
        names = ", ".join(f"{item.deliverable} @ {item.scope}" for item in fixed)
        why = f"It would change what rests on it and does not change any more: {names}. Keep it for the next time, or decline it."
    elif over:
        names = ", ".join(item.label for item in over)
        why = f"It has been decided on and that phase is completed: {names}. Keep it for the next time, or decline it."
    return why


def stale_approvals(standing: Standing, kept: Kept) -> list[Gate]:
    """The approvals that are asked anew if it is taken in, because what they decide on becomes another."""
    return [] if kept.gate.is_open else _deciding(standing, kept.gate)


def include(session: Session, standing: Standing, kept: Kept, text: str, now: datetime) -> None:
    """Take it in.

    At an open gate it is the answer. At one that is done it becomes what counts: review editions are built anew and whoever decides on
    them is asked again, for an approval binds to what was shown.

    Refused where something approved or published rests on the contribution, or its gate has not opened.
    """
    reason = why_not_included(standing, kept)
    if reason is not None:
        raise Refused(reason)
    gate, revision = kept.gate, kept.revision
    stale, editions = stale_approvals(standing, kept), _resting(standing, gate)
    _settle(session, standing, kept, RevisionState.ACCEPTED, text, now)
    if gate.is_open:
        satisfy(session, standing, gate, Outcome.CONTRIBUTED, now, organisation=kept.contribution.organisation)
    else:
        if gate.outcome == Outcome.WITHOUT:
            gate.outcome = Outcome.CONTRIBUTED  # it is there after all
        for approval in stale:
            withdraw(session, standing, approval, now)
        for edition in editions:
            if edition.state == EditionState.REVIEW:
                edition.state = EditionState.RETURNED  # so that it is built anew before anybody decides
    telling_desk.settled(session, standing, gate, revision, kept.contribution.organisation, revision.state, now)


def keep_for_next(session: Session, standing: Standing, kept: Kept, text: str, now: datetime) -> None:
    """Keep it for the next time the same is asked of the same organisation: the form then starts from it.

    Refused where its gate has not opened: it is taken in by itself then.
    """
    if kept.gate.state == GateState.PENDING:
        raise Refused(f"{kept.gate.label} has not opened yet: it is taken in by itself when it does.")
    _settle(session, standing, kept, RevisionState.NEXT, text, now)
    telling_desk.settled(session, standing, kept.gate, kept.revision, kept.contribution.organisation, RevisionState.NEXT, now)


def decline(session: Session, standing: Standing, kept: Kept, text: str, now: datetime) -> None:
    """Do not take it, and say why. Refused without a reason."""
    if not text.strip():
        raise Refused("Say why it is not taken: the sender reads it.", about="answer")
    _settle(session, standing, kept, RevisionState.DECLINED, text, now)
    telling_desk.settled(session, standing, kept.gate, kept.revision, kept.contribution.organisation, RevisionState.DECLINED, now)


def _settle(session: Session, standing: Standing, kept: Kept, state: RevisionState, text: str, now: datetime) -> None:
    answer = printable(text.replace("\r\n", "\n")).strip()
    if len(answer) > LONGEST_ANSWER:
        raise Refused(f"Shorten the answer to {LONGEST_ANSWER} characters; it has {len(answer)}.", about="answer")
    if standing.programme.closed_at is not None:
        raise Refused(f"{standing.programme.title} is closed: nothing changes any more.")
    if kept.revision.state != RevisionState.TRAY:
        raise Refused("This has been dealt with already. Nothing was changed.")
    kept.contribution.replace_kept(kept.revision, now)
    kept.revision.state, kept.revision.settled_at, kept.revision.answer = state, now, answer or None
    note(
        session, standing, now, EventKind.TRAY_SETTLED, gate=kept.gate, organisation=kept.contribution.organisation,
        revision=kept.revision.number, sha256=kept.revision.sha256, became=str(state),
    )  # fmt: skip
    session.flush()


def _resting(standing: Standing, gate: Gate) -> list[Edition]:
    """The latest editions that are made of what a gate asks for."""
    found = []
    for spec in METHOD.deliverables:
        for scope in standing.scopes(spec.over):
            edition = standing.latest_edition(spec.number, scope)
            if edition is not None and draws_on(standing, spec, scope, gate.spec.contribution, gate.scope, gate.phase):
                found.append(edition)
    return found


def _deciding(standing: Standing, gate: Gate) -> list[Gate]:
    """The approvals that are open or given on what is made of it. One that was gone on without decided nothing and stays."""
    resting = {(item.deliverable, item.scope) for item in _resting(standing, gate)}
    return [
        other
        for other in standing.programme.gates
        if other.is_approval
        and other.state != GateState.PENDING
        and other.outcome != Outcome.WITHOUT
        and (resting & set(reviewed(standing, other)) or (gate.key in other.spec.feeds and standing.touch(gate.scope, other.scope)))
    ]


# -- what the next answer starts from ------------------------------------------------------------------------------


def starting_revision(session: Session, standing: Standing, gate: Gate, organisation: str) -> Revision | None:
    """What an answer starts from: the newest revision of this contribution that was not declined; None where there is nothing.

    Where there is no such revision, the newest that was kept for the next time at another gate of the same kind and scope.
    """
    query = (
        select(Contribution)
        .where(
            Contribution.programme_id == standing.programme.id,
            Contribution.organisation == organisation,
            Contribution.kind == gate.spec.contribution,
            Contribution.scope == gate.scope,
        )
        .options(selectinload(Contribution.revisions))
    )
    found = list(session.scalars(query))
    own = [item for one in found if one.gate_id == gate.id for item in one.revisions if item.state != RevisionState.DECLINED]
    others = [item for one in found if one.gate_id != gate.id for item in one.revisions if item.state == RevisionState.NEXT]
    return own[-1] if own else max(others, key=lambda item: (item.received_at, item.id), default=None)
