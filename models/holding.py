"""What holds reminders back for a while: a promise to the coordinator, and a request for more time that is still to be answered. Pure.

A promise holds them back until its day has passed. A request holds them back for one full working day of the coordinator, who has it in
the mailbox by then: nobody is told that they are late while the answer is on somebody else's desk, and a request that nobody answers
does not stop the programme. For as long, a policy that takes silence for an answer waits too: whoever asked has not been silent.
Afterwards only the latest rung of the ladder goes out.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from models.gates import Gate
from models.ladder import MORNING
from models.standing import Standing
from models.wishes import TimeRequest


def held_until(standing: Standing, gate: Gate, organisation: str) -> datetime | None:
    """From when on an organisation is reminded of a gate again, UTC; None where nothing holds its reminders back."""
    moments = [
        *(_morning_after(standing, organisation, item.until) for item in standing.promises_at(gate) if item.organisation == organisation),
        *(_answered_by(standing, item) for item in standing.requests_at(gate) if item.organisation == organisation),
    ]
    return max(moments, default=None)


def silent_from(standing: Standing, gate: Gate) -> datetime | None:
    """From when on silence at a gate means something again, though somebody has asked for more time; None where nobody has."""
    return max((_answered_by(standing, item) for item in standing.requests_at(gate)), default=None)


def _answered_by(standing: Standing, request: TimeRequest) -> datetime:
    coordinator = standing.definition.coordinator
    asked_on = standing.calendar.local_date(coordinator, request.asked_at)
    return _morning_after(standing, request.organisation, standing.calendar.add_working_days([coordinator], asked_on, 1))


def _morning_after(standing: Standing, organisation: str, day: date) -> datetime:
    """The first morning after that day on which the organisation works: on a Friday's promise the next word comes on Monday."""
    return standing.calendar.at(organisation, standing.calendar.on_or_after([organisation], day + timedelta(days=1)).day, MORNING)
