"""A programme's calendar as an iCalendar file: every deadline and meeting as an all-day event with a stable UID (RFC 5545)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

from models.gates import Gate
from models.method import GateKind
from models.standing import Standing
from tasks.notice_views import scope_names
from tasks.wording import Words

FRESH_FOR = timedelta(hours=6)
"""How often a calendar program is asked to look again."""


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


def organisation_calendar(standing: Standing, slug: str, words: Words) -> bytes:
    """What one organisation is asked for and the meetings that concern it, in words of one language.

    UIDs are those of the programme's calendar; SEQUENCE rises with each move of a deadline and when the thing is done.
    """
    name = standing.definition.organisation(slug).name
    calendar = Calendar()
    calendar.add("prodid", f"-//programme engine//{standing.programme.id}//{words.language.upper()}")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"{standing.programme.title}: {name}")
    calendar.add("refresh-interval", FRESH_FOR, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    stamp = standing.programme.launched_at
    for gate in dict.fromkeys(gate for gate, _ in standing.asked_of(slug)):
        if gate.due_on is not None:
            uid = f"{gate.key}.{gate.scope}@{standing.programme.id}.example"
            sequence = 2 * (gate.extensions + gate.round) + gate.is_satisfied
            calendar.add_component(_event(uid, _summary(standing, gate, words), gate.due_on, stamp, sequence))
    kind = standing.definition.organisation(slug).kind
    for meeting in standing.programme.meetings:
        if kind not in ("city", "association") or standing.touch(f"{kind}-{slug}", meeting.scope) or slug in (meeting.host, meeting.guest):
            uid = f"meeting.{meeting.key}.{meeting.scope}@{standing.programme.id}.example"
            title = _about(words.label(meeting.key), scope_names(standing, meeting.scope), words)
            calendar.add_component(_event(uid, title, meeting.planned_on, stamp, 0))
    data: bytes = calendar.to_ical()
    return data


def _summary(standing: Standing, gate: Gate, words: Words) -> str:
    """What the day is: of an event its title, of all else that it is due, or done."""
    title = _about(words.gettext(gate.spec.title), scope_names(standing, gate.scope), words)
    if gate.is_satisfied:
        return words.gettext("Done: %(title)s") % {"title": title}
    return title if gate.spec.kind is GateKind.EVENT else words.gettext("Due: %(title)s") % {"title": title}


def _about(title: str, names: tuple[str, ...], words: Words) -> str:
    return f"{title} ({words.listing(list(names))})" if names else title


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
