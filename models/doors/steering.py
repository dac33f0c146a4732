"""What the coordinator does beside deciding: extend, go on without, release, hold and release a phase, lend it to a run."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from models.doors import telling
from models.doors.history import note
from models.doors.opening import move_deadline
from models.doors.satisfying import satisfy
from models.errors import Refused, StaleToken
from models.events import EventKind
from models.gates import Gate, Outcome
from models.leases import binds
from models.programme import Phase, PhaseState
from models.standing import Standing

LONGEST_EXTENSION = timedelta(days=366)
LEASE = timedelta(minutes=1)
"""How long a run may be silent before another takes its phase over; it renews while it works."""

STUCK_AFTER = 3
"""Broken runs in a row after which a person has to look: until then another is put in place with each sweep."""
LONGEST_PAUSE = timedelta(hours=1)
AT_THE_SAME_TIME = timedelta(seconds=30)


def extend(
    session: Session, standing: Standing, gate: Gate, new_on: date, why: str, now: datetime, *, granted: bool = False
) -> None:
    """Give an open gate until `new_on`, a later day that becomes a working day of those asked; `granted`: because they asked for it."""
    _check_open(gate, "extend")
    slugs = list(dict.fromkeys(party.organisation for party in standing.parties(gate)))
    latest = max(gate.due_on or standing.today(now), standing.today(now)) + LONGEST_EXTENSION
    if new_on > latest:
        raise Refused(
            f"{gate.label} can be extended until {latest.isoformat()} at most, not {new_on.isoformat()}: a year at a time.", about="day"
        )
    shift = standing.calendar.on_or_after(slugs, new_on)
    day = shift.day
    if gate.due_on is not None and day <= max(gate.due_on, standing.today(now)):
        raise Refused(
            f"{gate.label} is due on {gate.due_on.isoformat()}: an extension needs a later day than that and than today, "
            f"not {new_on.isoformat()}.",
            about="day",
        )
    because = "more time was asked for and granted" if granted else "extended by the coordinator"
    move_deadline(session, standing, gate, day, because, now, remark=why or None, granted=granted, shift=shift)


def proceed_without(session: Session, standing: Standing, gate: Gate, why: str, now: datetime) -> None:
    """Go on without what an open gate waits for; the gap is named wherever it would have been used."""
    _check_open(gate, "go on without")
    gate.remark = why or None
    why = "the coordinator goes on without it"
    satisfy(session, standing, gate, Outcome.WITHOUT, now, why=why, organisation=standing.definition.coordinator)


def release(session: Session, standing: Standing, gate: Gate, now: datetime) -> None:
    """Let overdue notices of this gate reach elected people."""
    _check_open(gate, "release notices of")
    gate.released = True
    note(session, standing, now, EventKind.ESCALATION_RELEASED, gate=gate, organisation=standing.definition.coordinator)


def _check_open(gate: Gate, what: str) -> None:
    if not gate.is_open:
        raise Refused(f"{gate.label} is {gate.state}: there is nothing to {what}.")


# -- runs ------------------------------------------------------------------------------------------------------------


def hold(session: Session, standing: Standing, number: int, now: datetime) -> bool:
    """A person cancelled the phase's run: nothing happens in the phase until it is launched again. Whether it was not held before."""
    phase = standing.phase(number)
    if phase.state not in (PhaseState.OPEN, PhaseState.WAITING):
        return False
    phase.state, phase.run_id, phase.leased_until = PhaseState.HELD, None, None
    phase.token += 1
    _forget_trouble(phase)
    note(session, standing, now, EventKind.PHASE_HELD, phase=number)
    telling.phase_held(session, standing, phase, now)
    return True


def note_trouble(session: Session, standing: Standing, number: int, run_id: str, why: str, now: datetime) -> None:
    """The phase's run broke and another takes its place. Where that keeps happening the coordinator is told, once.

    Two who find it at the same time, a sweep and a nudge, count it once.
    """
    phase = standing.phase(number)
    just_now = phase.relaunched_at is not None and now - AT_THE_SAME_TIME < phase.relaunched_at <= now
    if phase.run_id != run_id or just_now:
        return  # somebody else is seeing to it
    phase.relaunches, phase.relaunched_at, phase.trouble = phase.relaunches + 1, now, why[:300]
    phase.leased_until = None
    phase.token += 1
    if phase.relaunches == STUCK_AFTER:
        note(session, standing, now, EventKind.PHASE_STUCK, phase=number, runs=phase.relaunches)
        telling.phase_stuck(session, standing, phase, now)


def note_recovery(standing: Standing, number: int) -> None:
    """A run of the phase got through its work and waits for people."""
    _forget_trouble(standing.phase(number))


def _forget_trouble(phase: Phase) -> None:
    phase.relaunches, phase.relaunched_at, phase.trouble = 0, None, None


def may_relaunch(phase: Phase, now: datetime) -> bool:
    """At once for the first few times; then after pauses that double, up to an hour. A clock set back delays nothing."""
    if phase.relaunches < STUCK_AFTER or phase.relaunched_at is None or now < phase.relaunched_at:
        return True
    pause = timedelta(minutes=2 ** min(phase.relaunches - STUCK_AFTER, 6))
    return now >= phase.relaunched_at + min(pause, LONGEST_PAUSE)


def is_stuck(phase: Phase) -> bool:
    """So many runs broke in a row that a person has to look."""
    return phase.relaunches >= STUCK_AFTER


def take_lease(session: Session, standing: Standing, number: int, run_id: str, now: datetime, *, again: bool = False) -> int:
    """Lend a phase to a run and return the fencing token its doors check.

    The run that has it may take it again; `again` refuses (StaleToken) one in whose place another has been put while it slept.
    Refused while another run's lease has not run out, and when the phase is completed. A held phase is released: somebody has
    launched it again.
    """
    phase = standing.phase(number)
    if phase.state == PhaseState.COMPLETED:
        raise Refused(f"Phase {number} is completed.")
    if again and phase.run_id != run_id:
        raise StaleToken(f"Another run has taken over phase {number}.")
    if phase.run_id not in (None, run_id) and binds(phase.leased_until, now, LEASE):
        raise Refused(f"Another run works on phase {number}.")
    if phase.state == PhaseState.HELD:
        phase.state = PhaseState.OPEN if phase.opened_at else PhaseState.WAITING
        phase.refusal = phase.refused_at = None
        _forget_trouble(phase)
        note(session, standing, now, EventKind.PHASE_RELEASED, phase=number)
    phase.run_id, phase.leased_until = run_id, now + LEASE
    phase.token += 1
    return phase.token


def renew_lease(standing: Standing, number: int, token: int, now: datetime) -> None:
    """Prolong a lease that is still held. StaleToken where another run has the phase."""
    _held(standing, number, token).leased_until = now + LEASE


def end_lease(standing: Standing, number: int, token: int) -> None:
    """Give the lease back; the run stays the phase's run."""
    _held(standing, number, token).leased_until = None


def _held(standing: Standing, number: int, token: int) -> Phase:
    phase = standing.phase(number)
    if phase.token != token:
        raise StaleToken(f"Another run has taken over phase {number}.")
    return phase
