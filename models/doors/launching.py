"""Launch: from a definition to a running programme, and from confirmed pairs to the gates that are theirs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.calendar import Calendar
from models.definition import Definition, Moment, PhasePlan
from models.definition import Meeting as MeetingPlan
from models.doors.history import note
from models.editions import sha256_of
from models.errors import Refused
from models.events import EventKind
from models.gates import Gate, GateState
from models.method import AFTER_MATCHING, METHOD, Over
from models.organisations import organisations_of
from models.programme import DefinitionVersion, Meeting, Pair, Phase, Programme
from models.standing import Standing

MEETING_KEYS = {"visit-1": "visit_1", "visit-2": "visit_2", "workshop": "workshop", "visit-3": "visit_3", "academy": "academy"}
"""The method's name of a meeting and the programme file's."""


def first_shared_day(definition: Definition, today: date) -> date:
    """The default start: the next working day of everybody after `today`."""
    everybody = [item.slug for item in definition.organisations]
    return Calendar(definition).on_or_after(everybody, today + timedelta(days=1)).day


def launch(session: Session, definition: Definition, now: datetime, *, start_on: date | None = None, rehearsal: bool = False) -> Standing:
    """Store the definition, the organisations and the gates known so far; phase 1 opens on the start date.

    Refused where the programme has been launched already, or the start date lies in the past: only a rehearsal may
    start at the historical date.
    """
    existing = session.get(Programme, definition.id)
    if existing is not None:
        raise _launched_before(definition, f"on {existing.launched_at:%d %B %Y} already")
    start_on = start_on or first_shared_day(definition, now.date())
    if start_on < now.date() and not rehearsal:
        raise Refused(f"The start date {start_on.isoformat()} lies in the past. Choose today or a later day.")
    programme = Programme(
        id=definition.id, title=definition.title, start_on=start_on, launched_at=now, rehearsal=rehearsal, digest_on=now.date()
    )
    body = definition.model_dump(mode="json")
    programme.definitions = [DefinitionVersion(number=1, in_force_at=now, sha256=sha256_of(body), body=body)]
    programme.organisations = organisations_of(definition)
    calendar = Calendar(definition)
    programme.phases = [
        Phase(
            number=plan.number,
            planned_on=start_on if plan.week == 0 else _day(definition, calendar, plan, start_on, [definition.coordinator]),
        )
        for plan in definition.phases
    ]
    session.add(programme)
    try:
        session.flush()
    except IntegrityError as error:  # PostgreSQL lets two launches get this far; the key settles which of them was first
        raise _launched_before(definition, "by somebody else at this very moment") from error
    standing = Standing(programme)
    note(session, standing, now, EventKind.PROGRAMME_LAUNCHED, start_on=start_on.isoformat(), definition=programme.definitions[0].sha256)
    _plan_academies(standing)
    _add_gates(standing, frozenset(Over) - AFTER_MATCHING)
    session.flush()
    standing.refresh()
    return standing


def _launched_before(definition: Definition, when: str) -> Refused:
    return Refused(f"Programme {definition.id!r} was launched {when}. It runs once; nothing was changed.")


def confirm_pairs(session: Session, standing: Standing, now: datetime, pairs: Iterable[tuple[str, str, str]]) -> None:
    """Make the pairs (mentor, mentee, theme) the programme's, plan their meetings and add the gates that are theirs."""
    if standing.is_matched:
        raise Refused("The pairs have been confirmed already. Replacing a city is an amendment.")
    programme = standing.programme
    programme.pairs = [Pair(mentor=mentor, mentee=mentee, theme=theme) for mentor, mentee, theme in pairs]
    programme.matched_at = now
    standing.refresh()
    _plan_visits(standing)
    _add_gates(standing, AFTER_MATCHING)
    session.flush()
    standing.refresh()
    for pair in programme.pairs:
        note(
            session,
            standing,
            now,
            EventKind.MATCHING_CONFIRMED,
            phase=1,
            scope=pair.scope,
            mentor=pair.mentor,
            mentee=pair.mentee,
            theme=pair.theme,
        )


def _add_gates(standing: Standing, reaches: frozenset[Over]) -> None:
    for phase in METHOD.phases:
        for spec in phase.gates:
            if spec.over not in reaches:
                continue
            change = standing.definition.gates.get(spec.key)
            policy = change.policy if change and change.policy else spec.policy
            for scope in standing.scopes(spec.over):
                gate = Gate(phase=spec.phase, key=spec.key, scope=scope, policy=policy, state=GateState.PENDING, round=0, told=[])
                gate.missed = gate.expired = gate.rejected = gate.released = False
                gate.extensions = 0
                standing.programme.gates.append(gate)


def _plan_academies(standing: Standing) -> None:
    plan = standing.definition.meetings.academy
    for scope in standing.scopes(Over.ACADEMY):
        slug = scope.removeprefix("association-")
        _plan_meeting(standing, "academy", scope, plan, slug, host=slug, guest=None)


def _plan_visits(standing: Standing) -> None:
    for key in ("visit-1", "visit-2", "workshop", "visit-3"):
        plan: MeetingPlan = getattr(standing.definition.meetings, MEETING_KEYS[key])
        for pair in standing.programme.pairs:
            host, guest = (pair.mentor, pair.mentee) if plan.host == "mentor" else (pair.mentee, pair.mentor)
            _plan_meeting(standing, key, pair.scope, plan, pair.mentee, host=host, guest=guest)


def _plan_meeting(standing: Standing, key: str, scope: str, plan: MeetingPlan, slug: str, *, host: str, guest: str | None) -> None:
    slugs = [item for item in (host, guest) if item]
    day = _day(standing.definition, standing.calendar, plan.by.get(slug, plan), standing.programme.start_on, slugs)
    standing.programme.meetings.append(Meeting(key=key, scope=scope, planned_on=day, mode=plan.mode, host=host, guest=guest))


def _day(definition: Definition, calendar: Calendar, plan: Moment | PhasePlan, start_on: date, slugs: list[str]) -> date:
    """The historical date where the programme starts on its historical day, the weeks from launch otherwise."""
    historical = plan.historical_on if start_on == definition.historical_start else None
    return calendar.on_or_after(slugs, historical or start_on + timedelta(weeks=plan.week)).day
