"""A programme's calendar as an iCalendar file: every deadline and meeting as an all-day event with a stable UID (RFC 5545)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

from models.standing import Standing


def calendar_of(standing: Standing) -> bytes:
    """The calendar of a whole programme; SEQUENCE rises with each move of a deadline."""
    calendar = Calendar()
    calendar.add("prodid", f"-//programme engine//{standing.programme.id}//EN")
    calendar.add("version", "2.0")
    stamp = standing.programme.launched_at
    for gate in standing.programme.gates:
        if gate.due_on is not None:
            uid = f"{gate.key}.{gate.scope}@{standing.programme.id}.example"
            calendar.add_component(_event(uid, f"Due: {gate.spec.title} ({gate.scope})", gate.due_on, stamp, gate.extensions + gate.round))
    for meeting in standing.programme.meetings:
        uid = f"meeting.{meeting.key}.{meeting.scope}@{standing.programme.id}.example"
        calendar.add_component(_event(uid, f"{meeting.key.replace('-', ' ').capitalize()} ({meeting.scope})", meeting.planned_on, stamp, 0))
    data: bytes = calendar.to_ical()
    return data


def _event(uid: str, title: str, on: date, stamp: datetime, sequence: int) -> Event:
    event = Event()
    event.add("uid", uid)
    event.add("summary", title)
    event.add("dtstart", on)
    event.add("dtend", on + timedelta(days=1))
    event.add("dtstamp", stamp)
    event.add("sequence", sequence)
    event.add("transp", "TRANSPARENT")
    return event
