"""The sweep's sign of life, and the words for its silence: on the desk's health page and on the operators' channels."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from models import clock
from models.database import changing
from models.doors import vital
from models.doors.vital import SWEEP, Silence

MEANWHILE = "Until it gets through again reminders and deadlines may wait; nothing is lost, for it catches up."
TO_DO = (
    "In Prefect open the deployment “sweep”: if its schedule is paused, resume it; if its last run failed, that run's log says why; if "
    "it hangs, cancel it. Then press Run. If nothing starts, see the worker's log (worker.log, under VAR in the folder log) and start "
    "everything again with “make up”."
)


async def leave_sign_of_life() -> None:
    """Record that a sweep has got through."""
    await asyncio.to_thread(_leave)


def _leave() -> None:
    with changing() as session:
        vital.seen(session, SWEEP, clock.now())


def since_when(silence: Silence, now: datetime) -> str:
    """In one sentence, such as: The sweep has not run since 22:41 UTC, 7 minutes ago."""
    if silence.last is None:
        return f"The sweep has never run; it has been missed for {span(silence.for_)}."
    if silence.last > now:
        said = clock_time(silence.last, now)
        return f"The sweep has not run for {span(silence.for_)}. (Its last sign is dated {said}: the clock has been set back since.)"
    return f"The sweep has not run since {clock_time(silence.last, now)}, {span(silence.for_)} ago."


def clock_time(at: datetime, now: datetime) -> str:
    """The time of day in UTC, with the date where that is not today's: "22:41 UTC", "22:41 UTC on 3 March 2026"."""
    return f"{at:%H:%M} UTC" + ("" if at.date() == now.date() else f" on {at.day} {at:%B %Y}")


def span(lasted: timedelta) -> str:
    """A length of time in the largest unit of which there are two: "7 minutes", "36 hours", "3 days"."""
    for unit, length in (("days", timedelta(days=1)), ("hours", timedelta(hours=1))):
        if lasted >= 2 * length:
            return f"{lasted // length} {unit}"
    minutes = max(1, lasted // timedelta(minutes=1))
    return f"{minutes} minutes" if minutes > 1 else "a minute"
