"""What the engine itself does as time goes on: phases and gates open, deadlines pass, editions are built and published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from models.advance import Action, Do, due_rungs, is_digest_due, missed_at, outcome_of, reviewed, runs_out_at
from models.calendar import Shift
from models.content import gather
from models.definition import Policy
from models.doors import telling
from models.doors.answering import accept_from_tray
from models.doors.approvals import approval_of, unapproved
from models.doors.history import note
from models.doors.lapsing import lapse_requests
from models.doors.satisfying import satisfy
from models.editions import Edition, EditionState, sha256_of
from models.errors import Refused, StaleToken
from models.events import EventKind
from models.gates import Gate, GateState
from models.method import METHOD, AnchorKind, DeliverableSpec, GateKind
from models.programme import PhaseState
from models.standing import Standing

TIME_TO_ACT = {GateKind.CONTRIBUTION: 10, GateKind.APPROVAL: 5, GateKind.EVENT: 5}
"""Working days a gate is open at least, however late it opens."""

EXTENSION_WORKING_DAYS = 10


def perform(session: Session, standing: Standing, action: Action, now: datetime, *, token: int | None = None) -> None:
    """Carry out one action of `advance`.

    `token` is the fencing token of a phase's run: StaleToken where another run has taken the phase over. Carrying out
    an action that is no longer due changes nothing.
    """
    if token is not None and action.phase is not None and standing.phase(action.phase).token != token:
        raise StaleToken(f"Another run has taken over phase {action.phase}; this one stops here.")
    _DOORS[action.do](session, standing, action, now)


def _open_phase(session: Session, standing: Standing, action: Action, now: datetime) -> None:
    phase = standing.phase(action.phase or 0)
    if phase.state != PhaseState.WAITING:
        return
    phase.state, phase.opened_at, phase.opened_on = PhaseState.OPEN, now, standing.today(now)
    note(session, standing, now, EventKind.PHASE_OPENED, phase=phase.number, planned_on=phase.planned_on.isoformat())


def _complete_phase(session: Session, standing: Standing, action: Action, now: datetime) -> None:
    phase = standing.phase(action.phase or 0)
    if phase.state != PhaseState.OPEN or not all(gate.is_satisfied for gate in standing.gates_in(phase.number)):
        return
    phase.state, phase.completed_at = PhaseState.COMPLETED, now
    note(session, standing, now, EventKind.PHASE_COMPLETED, phase=phase.number)
    telling.phase_completed(session, standing, phase, now)


# -- gates -------------------------------------------------------------------------------------------------------


def _gate(standing: Standing, action: Action) -> Gate:
    return standing.gate(action.gate or "", action.scope or "")


def deadline(standing: Standing, gate: Gate, now: datetime) -> Shift:
    """The deadline a gate gets when it opens: what the method asks for, moved to a working day all parties share.

    Never so early that there is no time to act.
    """
    slugs = list(dict.fromkeys(party.organisation for party in standing.parties(gate)))
    if gate.spec.kind is GateKind.EVENT and gate.spec.meeting:
        meeting = standing.meeting(gate.spec.meeting, gate.scope)
        slugs = [slug for slug in (meeting.host, meeting.guest) if slug]
    asked = standing.asked_for(gate)
    if asked is None:
        raise Refused(f"{gate.label} cannot open: the day it counts from is not known.")
    earliest = standing.calendar.add_working_days(slugs, standing.today(now), TIME_TO_ACT[gate.spec.kind])
    shift = standing.calendar.on_or_after(slugs, max(asked, earliest))
    reasons = (
        (f"no earlier than {TIME_TO_ACT[gate.spec.kind]} working days after it opened", *shift.reasons)
        if earliest > asked
        else shift.reasons
    )
    return Shift(day=shift.day, asked=asked, reasons=reasons)


def _open_gate(session: Session, standing: Standing, action: Action, now: datetime) -> None:
    gate = _gate(standing, action)
    if gate.state != GateState.PENDING or not standing.is_free(gate):
        return
    shift = deadline(standing, gate, now)
    gate.state, gate.opened_at, gate.due_on = GateState.OPEN, now, shift.day
    gate.first_opened_at = gate.first_opened_at or now
    gate.planned_on = gate.planned_on or shift.day
    gate.told, gate.missed, gate.expired = [], False, False
    moved: dict[str, Any] = {"asked_on": shift.asked.isoformat(), "reasons": list(shift.reasons)} if shift.reasons else {}
    note(session, standing, now, EventKind.GATE_OPENED, gate=gate, due_on=shift.day.isoformat(), round=gate.round, **moved)
    if gate.spec.kind is GateKind.EVENT and gate.spec.anchor.kind is AnchorKind.MEETING and gate.spec.weeks == 0:
        _move_meeting(session, standing, gate, shift, now)
    if gate.spec.contribution and accept_from_tray(session, standing, gate, now):
        return
    telling.asked(session, standing, gate, now)


def _move_meeting(session: Session, standing: Standing, gate: Gate, shift: Shift, now: datetime) -> None:
    """What was agreed late takes place late: the meeting follows its gate's deadline."""
    meeting = standing.meeting(gate.spec.meeting, gate.scope)
    if meeting.planned_on != shift.day:
        note(
            session,
            standing,
            now,
            EventKind.DEADLINE_MOVED,
            gate=gate,
            old=meeting.planned_on.isoformat(),
            new=shift.day.isoformat(),
            why="; ".join(shift.reasons),
        )
        meeting.planned_on = shift.day


def _miss_deadline(session: Session, standing: Standing, action: Action, now: datetime) -> None:
    gate = _gate(standing, action)
    if gate.missed or not gate.is_open or gate.due_on is None or now < missed_at(standing, gate):
        return
    gate.missed = True
    parties = standing.open_parties(gate)
    owing = [f"{party.organisation}:{party.role}" for party in parties]
    late = parties[0].organisation if parties else standing.definition.coordinator  # whom a rejected gate waits for
    note(session, standing, now, EventKind.DEADLINE_MISSED, gate=gate, organisation=late, due_on=gate.due_on.isoformat(), owing=owing)


def _run_out(session: Session, standing: Standing, action: Action, now: datetime) -> None:
    gate, policy = _gate(standing, action), Policy(action.subject or "")
    if gate.expired or gate.rejected or not gate.is_open or now < runs_out_at(standing, gate, policy):
        return
    gate.expired = True
    if policy is Policy.EXTEND:
        new_on = standing.calendar.add_working_days([standing.parties(gate)[0].organisation], standing.today(now), EXTENSION_WORKING_DAYS)
        move_deadline(session, standing, gate, new_on, "extended once, as the programme file says", now)
        gate.expired = True
    elif not (gate.spec.confirms_matching or gate.key == "closure"):  # these two are never gone on without: people decide
        satisfy(session, standing, gate, outcome_of(policy), now, why="its time ran out and the programme goes on without it")


def move_deadline(
    session: Session,
    standing: Standing,
    gate: Gate,
    new_on: date,
    why: str,
    now: datetime,
    *,
    remark: str | None = None,
    granted: bool = False,
    shift: Shift | None = None,
) -> None:
    """Give an open gate another deadline: its ladder starts afresh, and those asked are told, in the coordinator's words if any.

    `granted`: because somebody asked for more time; `shift`: how the day that was named became a working day.
    """
    lapse_requests(standing, gate, now)
    gate.remark = remark
    old = gate.due_on
    gate.due_on, gate.told, gate.missed, gate.opened_at = new_on, [], False, now
    gate.extensions += 1
    days: dict[str, Any] = {"old": old.isoformat() if old else None, "new": new_on.isoformat()}
    named: dict[str, Any] = {}
    if shift is not None and shift.moved:
        named = {"asked_on": shift.asked.isoformat(), "reasons": list(shift.reasons)}
    note(session, standing, now, EventKind.DEADLINE_MOVED, gate=gate, **days, why=why, **named)
    if gate.spec.kind is GateKind.EVENT and gate.spec.anchor.kind is AnchorKind.MEETING and gate.spec.weeks == 0:
        standing.meeting(gate.spec.meeting, gate.scope).planned_on = new_on
    said = remark or ("" if granted else why)  # that it was granted is said anyway
    telling.deadline_moved(session, standing, gate, old, said, now, granted=granted, named=named)


# -- editions ----------------------------------------------------------------------------------------------------


def _build_review(session: Session, standing: Standing, action: Action, now: datetime) -> None:
    gate = _gate(standing, action)
    for number, scope in reviewed(standing, gate):
        latest = standing.latest_edition(number, scope)
        if latest is None or latest.state == EditionState.RETURNED:
            _add_edition(session, standing, METHOD.by_number[number], scope, EditionState.REVIEW, now)


def _add_edition(session: Session, standing: Standing, spec: DeliverableSpec, scope: str, state: EditionState, now: datetime) -> Edition:
    content = gather(session, standing, spec, scope)
    before = standing.editions_of(spec.number, scope)
    version = spec.version if not before else f"{spec.version}.{len(before)}"
    edition = Edition(
        programme_id=standing.programme.id,
        deliverable=spec.number,
        scope=scope,
        number=len(before) + 1,
        version=version,
        state=state,
        built_at=now,
        content=content,
        content_sha256=sha256_of(content),
        approval={},
        files=[],
    )
    standing.programme.editions.append(edition)
    session.flush()
    note(
        session,
        standing,
        now,
        EventKind.EDITION_BUILT,
        phase=spec.phase,
        scope=scope,
        deliverable=spec.number,
        version=version,
        content_sha256=edition.content_sha256,
    )
    return edition


def _publish(session: Session, standing: Standing, action: Action, now: datetime) -> None:
    """Publish what was approved; where nobody decided, the present content, and say so."""
    spec, scope = METHOD.by_number[action.subject or ""], action.scope or ""
    edition = standing.latest_edition(spec.number, scope)
    if edition is not None and edition.published_at is not None:
        return
    gate = approving_gate(standing, spec, scope)
    if edition is None or edition.state not in (EditionState.APPROVED, EditionState.REVIEW):
        edition = _add_edition(session, standing, spec, scope, EditionState.REVIEW, now)
    edition.approval = approval_of(gate, edition) if edition.state == EditionState.APPROVED else unapproved(gate)
    edition.state, edition.published_at = EditionState.PUBLISHED, now
    note(
        session,
        standing,
        now,
        EventKind.EDITION_PUBLISHED,
        phase=spec.phase,
        scope=scope,
        deliverable=spec.number,
        version=edition.version,
        content_sha256=edition.content_sha256,
        approval=edition.approval["state"],
    )
    telling.published(session, standing, edition, now)


def approving_gate(standing: Standing, spec: DeliverableSpec, scope: str) -> Gate:
    """The gate whose decision completes a deliverable in a scope."""
    for gate in standing.gates_of(spec.approved_at):
        if (spec.number, scope) in reviewed(standing, gate):
            return gate
    raise Refused(f"{spec.number} for {scope} has no gate that approves it.")


# -- digest and closure --------------------------------------------------------------------------------------------


def _digest(session: Session, standing: Standing, _action: Action, now: datetime) -> None:
    if not is_digest_due(standing, now):
        return
    standing.programme.digest_on = standing.today(now)
    telling.digest(session, standing, now)


def _close(session: Session, standing: Standing, _action: Action, now: datetime) -> None:
    """The last event of all: nothing may be on its way any more."""
    if standing.programme.closed_at is None and not telling.anything_unsent(session, standing):
        standing.programme.closed_at = now
        note(
            session,
            standing,
            now,
            EventKind.PROGRAMME_CLOSED,
            days=(standing.today(now) - standing.programme.start_on) // timedelta(days=1),
        )


def _tell(session: Session, standing: Standing, action: Action, now: datetime) -> None:
    gate, rung = _gate(standing, action), action.subject or ""
    if gate.is_open and not gate.rejected and rung in due_rungs(standing, gate, now):
        telling.climb(session, standing, gate, rung, now)


_DOORS: dict[Do, Callable[[Session, Standing, Action, datetime], None]] = {
    Do.OPEN_PHASE: _open_phase,
    Do.BUILD_REVIEW: _build_review,
    Do.OPEN_GATE: _open_gate,
    Do.RUN_OUT: _run_out,
    Do.COMPLETE_PHASE: _complete_phase,
    Do.MISS_DEADLINE: _miss_deadline,
    Do.TELL: _tell,
    Do.DIGEST: _digest,
    Do.PUBLISH: _publish,
    Do.CLOSE: _close,
}
