"""The notice ladder of one deadline: when each reminder goes out and to whom, on the recipient's own working days.

Which notices exist, what they say and whether they were sent is `notices`. Source of the rules: `design.md`, "Notice ladder".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from models.calendar import Calendar

MORNING = time(9)
"""When reminders and invitations go out, local."""
EVENING = time(17)
"""From when on an invitation waits for the next working day, local."""
DIGEST = time(8, 30)
"""When the coordinator's daily digest goes out, local."""


class Rung(StrEnum):
    """A step of the ladder, named by its days from the deadline; in order."""

    T_MINUS_14 = "T-14"
    T_MINUS_7 = "T-7"
    T_MINUS_1 = "T-1"
    T_PLUS_1 = "T+1"
    T_PLUS_3 = "T+3"
    T_PLUS_7 = "T+7"
    T_PLUS_14 = "T+14"

    @property
    def days(self) -> int:
        """Calendar days from the deadline, negative before it."""
        return int(self.value[1:])

    @property
    def is_overdue(self) -> bool:
        """Does it come after the deadline?"""
        return self.days > 0


class Audience(StrEnum):
    """Whom a rung addresses, seen from the organisation that owes something."""

    CONTACT = "contact"
    DEPUTY = "deputy"
    LEAD = "lead"
    ASSOCIATION = "association"
    COORDINATOR = "coordinator"
    COMMITTEE = "committee"


AUDIENCE: Mapping[Rung, tuple[Audience, ...]] = MappingProxyType(
    {
        Rung.T_MINUS_14: (Audience.CONTACT,),
        Rung.T_MINUS_7: (Audience.CONTACT,),
        Rung.T_MINUS_1: (Audience.CONTACT, Audience.DEPUTY),
        Rung.T_PLUS_1: (Audience.CONTACT,),
        Rung.T_PLUS_3: (Audience.CONTACT, Audience.LEAD, Audience.ASSOCIATION),
        Rung.T_PLUS_7: (Audience.COORDINATOR,),
        Rung.T_PLUS_14: (Audience.COMMITTEE,),
    }
)


@dataclass(frozen=True)
class Step:
    """A rung with its day at the recipient's organisation and its moment in UTC."""

    rung: Rung
    on: date
    at: datetime


def ladder(calendar: Calendar, slug: str, due_on: date) -> tuple[Step, ...]:
    """The seven steps for a deadline, as the organisation `slug` receives them, strictly ordered by time.

    Steps before the deadline move earlier to a working day, overdue ones later; two that would meet on one day keep a working
    day each. Cheap when asked again. Raises NoCommonDay where the organisation does not work for months.
    """
    return _ladder(calendar, slug, due_on)


@lru_cache(maxsize=16384)
def _ladder(calendar: Calendar, slug: str, due_on: date) -> tuple[Step, ...]:
    days: dict[Rung, date] = {}
    latest = due_on
    for rung in reversed([rung for rung in Rung if not rung.is_overdue]):
        wanted = min(due_on + timedelta(days=rung.days), latest - timedelta(days=1))
        days[rung] = latest = calendar.on_or_before((slug,), wanted).day
    earliest = due_on
    for rung in (rung for rung in Rung if rung.is_overdue):
        wanted = max(due_on + timedelta(days=rung.days), earliest + timedelta(days=1))
        days[rung] = earliest = calendar.on_or_after((slug,), wanted).day
    return tuple(Step(rung, days[rung], calendar.at(slug, days[rung], MORNING)) for rung in Rung)


def due_step(steps: tuple[Step, ...], opened_at: datetime, now: datetime, told: Collection[Rung]) -> Step | None:
    """The one step to send now: the latest that is due, so that after a standstill only it goes out.

    None where it, or a later one, has been told, and where its time had come when the gate opened: the invitation has said it.
    """
    due = next((step for step in reversed(steps) if step.at <= now), None)
    if due is None or due.at <= opened_at or _is_told(steps, due, told):
        return None
    return due


def next_at(steps: tuple[Step, ...], opened_at: datetime, now: datetime, told: Collection[Rung]) -> datetime | None:
    """From when on `due_step` has something to send: `now` where it has already, None where it never will again."""
    if due_step(steps, opened_at, now, told):
        return now
    return next((step.at for step in steps if step.at > max(now, opened_at) and not _is_told(steps, step, told)), None)


def _is_told(steps: tuple[Step, ...], due: Step, told: Collection[Rung]) -> bool:
    return bool(told) and any(step.at >= due.at and step.rung in told for step in steps)


def invitation_at(calendar: Calendar, slug: str, now: datetime) -> datetime:
    """When an invitation goes out: now, if it is a working day between 09:00 and 17:00 there, else the next such morning. UTC."""
    local = calendar.local(slug, now)
    if calendar.is_working_day(slug, local.date()) and MORNING <= local.time() < EVENING:
        return now
    return _next(calendar, slug, now, MORNING)


def digest_at(calendar: Calendar, slug: str, now: datetime) -> datetime:
    """The next 08:30 of a working day at the coordinator's organisation, `now` included. UTC."""
    return _next(calendar, slug, now, DIGEST)


def _next(calendar: Calendar, slug: str, now: datetime, wall: time) -> datetime:
    """The first moment from `now` on that shows `wall` on a working day."""
    today = calendar.local_date(slug, now)
    start = today if calendar.at(slug, today, wall) >= now else today + timedelta(days=1)
    return calendar.at(slug, calendar.on_or_after((slug,), start).day, wall)
