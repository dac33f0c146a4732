"""What partners ask for and promise beside their answers: more time, the coordinator's answer to that, a promise made on the phone.

A request that is not answered yet changes no deadline. It holds back reminders, and what silence would bring about, for one working day
of the coordinator (`models.holding` says why); then everything goes on until there is an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import ladder
from models.doors import steering, telling_desk
from models.doors.answering import Origin, printable
from models.doors.history import note
from models.errors import Refused
from models.events import EventKind
from models.gates import Gate
from models.holding import held_until
from models.notices import Notice, NoticeState
from models.outbox import LADDER
from models.standing import Party, Standing
from models.wishes import Promise, TimeRequest, WishState

LONGEST_TEXT = 1000
"""Characters of a reason, a note or an answer."""


@dataclass(frozen=True)
class Wanted:
    """More time, as it is asked for: until which day, why, and by whom as they call themselves."""

    until: date
    reason: str
    writer: str = ""


# -- asking --------------------------------------------------------------------------------------------------------


def ask_for_time(
    session: Session, standing: Standing, gate: Gate, party: Party, wanted: Wanted, origin: Origin, now: datetime
) -> TimeRequest:
    """Ask for more time at an open gate. Who asks once more replaces what they asked for; the very same again changes nothing.

    Refused where the gate does not wait for this party, the day is not later than the deadline and today, or no reason is given.
    """
    _check_waits_for(standing, gate, party.organisation)
    if gate.rejected:
        raise Refused(f"{gate.label} was rejected: the coordinator says how it goes on, and nothing is asked of you by its date.")
    reason = _text(wanted.reason, "reason")
    if not reason:
        raise Refused("Say in a few words why you need more time: the coordinator has to weigh it.", about="reason")
    _check_day(standing, gate, wanted.until, now)
    request = next((item for item in standing.requests_at(gate) if item.organisation == party.organisation), None)
    if request is not None and (request.until, request.reason) == (wanted.until, reason):
        return request
    request = request or _withdrawn(session, standing, gate, party) or _new(session, standing, gate, party, now)
    request.role, request.until, request.reason, request.writer = party.role, wanted.until, reason, wanted.writer
    session.flush()
    note(
        session, standing, now, EventKind.TIME_REQUESTED, gate=gate, organisation=party.organisation,
        role=str(party.role), until=wanted.until.isoformat(), round=gate.round, **_how(origin),
    )  # fmt: skip
    telling_desk.time_asked(session, standing, gate, request, now)
    _put_off(session, standing, gate, party.organisation, now)
    return request


def _how(origin: Origin) -> dict[str, Any]:
    return {"entry": str(origin.entry), "on_behalf": True} if origin.on_behalf else {}


def _withdrawn(session: Session, standing: Standing, gate: Gate, party: Party) -> TimeRequest | None:
    """One for this very deadline that was taken back stands again, since when it was first asked: asking anew buys no more time."""
    query = select(TimeRequest).where(
        TimeRequest.gate_id == gate.id,
        TimeRequest.gate_round == gate.round,
        TimeRequest.organisation == party.organisation,
        TimeRequest.state == WishState.MOOT,
        TimeRequest.answered_at > gate.opened_at,  # those that a moved deadline ended were ended as it moved
    )
    found = session.scalars(query.order_by(TimeRequest.id.desc()).limit(1)).one_or_none()
    if found is not None:
        found.state, found.answered_at = WishState.ASKED, None
        standing.requests.append(found)
    return found


def _new(session: Session, standing: Standing, gate: Gate, party: Party, now: datetime) -> TimeRequest:
    request = TimeRequest(
        programme_id=standing.programme.id,
        gate_id=gate.id,
        gate_round=gate.round,
        organisation=party.organisation,
        state=WishState.ASKED,
        asked_at=now,
    )
    session.add(request)
    standing.requests.append(request)
    return request


def _check_day(standing: Standing, gate: Gate, until: date, now: datetime) -> None:
    today = standing.today(now)
    last = max(gate.due_on or today, today)
    if until <= last:
        said = f"{gate.label} is due on {gate.due_on}: ask for a day later than {last.isoformat()}, not {until.isoformat()}."
        raise Refused(said, about="day")
    if until > last + steering.LONGEST_EXTENSION:
        latest = (last + steering.LONGEST_EXTENSION).isoformat()
        raise Refused(f"{until.isoformat()} is too far away: {gate.label} can be extended until {latest} at most.", about="day")


def withdraw_request(session: Session, standing: Standing, request: TimeRequest, origin: Origin, now: datetime) -> None:
    """Whoever asked needs no more time after all."""
    gate = _gate_of(standing, request)
    request.state, request.answered_at = WishState.MOOT, now
    note(
        session, standing, now, EventKind.TIME_ANSWERED, gate=gate, organisation=request.organisation, verdict="withdrawn", **_how(origin)
    )
    _go_on(session, standing, gate, request.organisation, now)


# -- answering -----------------------------------------------------------------------------------------------------


def grant(session: Session, standing: Standing, request: TimeRequest, until: date, text: str, now: datetime) -> None:
    """Give more time, until the day that was asked for or another: the gate's deadline moves, and everybody asked there is told.

    Refused where the request is not open any more, or the day is none the deadline can move to.
    """
    gate = _gate_of(standing, request)
    request.state, request.answered_at, request.answer = WishState.GRANTED, now, _text(text, "answer") or None
    note(
        session, standing, now, EventKind.TIME_ANSWERED, gate=gate, organisation=request.organisation,
        verdict=str(WishState.GRANTED), asked=request.until.isoformat(),
    )  # fmt: skip
    steering.extend(session, standing, gate, until, request.answer or "", now, granted=True)
    request.granted_until = gate.due_on


def decline(session: Session, standing: Standing, request: TimeRequest, text: str, now: datetime) -> None:
    """Leave the date as it is, and say why. Refused without a reason, or where the request is not open any more."""
    gate = _gate_of(standing, request)
    answer = _text(text, "answer")
    if not answer:
        raise Refused("Say why the date stays: whoever asked reads it.", about="answer")
    request.state, request.answered_at, request.answer = WishState.DECLINED, now, answer
    note(
        session, standing, now, EventKind.TIME_ANSWERED, gate=gate, organisation=request.organisation,
        verdict=str(WishState.DECLINED), asked=request.until.isoformat(),
    )  # fmt: skip
    telling_desk.time_declined(session, standing, gate, request, now)
    _go_on(session, standing, gate, request.organisation, now)


def _gate_of(standing: Standing, request: TimeRequest) -> Gate:
    gate = standing.gate_by_id(request.gate_id)
    if gate is None or request not in standing.requests_at(gate):
        raise Refused("This request has been answered already, or what it was about is done. Nothing was changed.")
    return gate


# -- promises ------------------------------------------------------------------------------------------------------


def record_promise(session: Session, standing: Standing, gate: Gate, organisation: str, until: date, said: str, now: datetime) -> Promise:
    """The coordinator was promised something by a day: until it has passed the organisation is not reminded of this gate.

    The deadline stays. A new promise takes the place of the one before; the very same again changes nothing. Refused where the gate does
    not wait for the organisation, or the day is over or more than a year away.
    """
    _check_waits_for(standing, gate, organisation)
    today = standing.today(now)
    if until < today:
        raise Refused(f"{until.isoformat()} is over: a promise is for today or a later day.", about="day")
    if until > today + steering.LONGEST_EXTENSION:
        raise Refused(f"{until.isoformat()} is more than a year away. Move the deadline instead.", about="day")
    said = _text(said, "note")
    for earlier in standing.promises_at(gate):
        if earlier.organisation == organisation and (earlier.until, earlier.note) == (until, said):
            return earlier
    for earlier in standing.promises_at(gate):
        if earlier.organisation == organisation:
            earlier.withdrawn_at = now
    promise = Promise(
        programme_id=standing.programme.id,
        gate_id=gate.id,
        organisation=organisation,
        until=until,
        note=said,
        made_at=now,
    )
    session.add(promise)
    standing.promises.append(promise)
    session.flush()
    note(session, standing, now, EventKind.PROMISE_RECORDED, gate=gate, organisation=organisation, until=until.isoformat())
    _put_off(session, standing, gate, organisation, now)
    return promise


def withdraw_promise(session: Session, standing: Standing, promise: Promise, now: datetime) -> None:
    """It was recorded by mistake, or is not to be counted on: reminders go on. Refused where it does not stand any more."""
    gate = standing.gate_by_id(promise.gate_id)
    if gate is None or promise not in standing.promises_at(gate):
        raise Refused("This promise holds nothing back any more. Nothing was changed.")
    promise.withdrawn_at = now
    note(session, standing, now, EventKind.PROMISE_WITHDRAWN, gate=gate, organisation=promise.organisation, until=promise.until.isoformat())
    _go_on(session, standing, gate, promise.organisation, now)


def _put_off(session: Session, standing: Standing, gate: Gate, organisation: str, now: datetime) -> None:
    """Reminders that are written but could not be sent yet wait as well; when they are due only the latest still goes out."""
    held = held_until(standing, gate, organisation)
    if held is not None:
        for notice in _reminders(session, gate, organisation, now):
            notice.due_at = max(notice.due_at, held)


def _go_on(session: Session, standing: Standing, gate: Gate, organisation: str, now: datetime) -> None:
    """What held them back does so no more: reminders that were put off go out at their readers' next working hour."""
    held = held_until(standing, gate, organisation)
    for notice in _reminders(session, gate, organisation, now):
        at = ladder.invitation_at(standing.calendar, notice.organisation, now)
        notice.due_at = min(notice.due_at, at if held is None else max(at, held))


def _reminders(session: Session, gate: Gate, organisation: str, now: datetime) -> Iterator[Notice]:
    """Those written about what an organisation owes at a gate that nobody is sending yet."""
    query = select(Notice).where(
        Notice.gate_id == gate.id,
        Notice.gate_round == gate.round,
        Notice.kind.in_(LADDER),
        Notice.state == NoticeState.QUEUED,
        or_(Notice.claimed_until.is_(None), Notice.claimed_until <= now),
    )
    for notice in session.scalars(query):
        if str(notice.detail.get("owing", "")).partition(":")[0] == organisation:
            yield notice


# -- both ----------------------------------------------------------------------------------------------------------


def _check_waits_for(standing: Standing, gate: Gate, organisation: str) -> None:
    if standing.programme.closed_at is not None:
        raise Refused(f"{standing.programme.title} is closed: nothing is waited for any more.")
    if not gate.is_open:
        raise Refused(f"{gate.label} is {gate.state}: there is no date to ask about now.")
    if organisation not in {party.organisation for party in standing.open_parties(gate)}:
        raise Refused(f"{gate.label} does not wait for {organisation!r}.")


def _text(text: str, what: str) -> str:
    clean = printable(text.replace("\r\n", "\n")).strip()
    if len(clean) > LONGEST_TEXT:
        raise Refused(f"Shorten the {what} to {LONGEST_TEXT} characters; it has {len(clean)}.", about=what)
    return clean
