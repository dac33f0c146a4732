"""Asking for more time on the desk: what the page offers, how a request stands, and from the form to the door. No web framework."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.doors.answering import Origin
from models.doors.wishing import LONGEST_TEXT, Wanted, ask_for_time, withdraw_request
from models.gates import Gate
from models.holding import held_until
from models.links import Link
from models.standing import Party, Standing
from models.wishes import TimeRequest, WishState
from tasks.page_answers import Fields, NotTaken, Problem
from tasks.pages import party_of
from tasks.wording import Words

WORKING_DAYS = (5, 10, 20)
"""What can be asked for without looking at a calendar."""


@dataclass(frozen=True)
class Wish:
    """The last request for more time of a reader's organisation in the present round."""

    state: WishState
    until: date
    reason: str
    asked_at: datetime
    granted_until: date | None
    answer: str
    writer: str = ""

    @property
    def waits(self) -> bool:
        """Whether it is still to be answered."""
        return self.state is WishState.ASKED


@dataclass(frozen=True)
class Choice:
    """A number of working days with the day it leads to, and why more than weekends lie between (`Calendar.why_not_between`)."""

    days: int
    until: date
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Beside:
    """What a page offers beside the one thing it asks: more time, or how a request for it stands."""

    may_ask: bool
    wish: Wish | None
    choices: tuple[Choice, ...]
    quiet_until: date | None
    """The first day on which the reader's organisation is reminded again."""


def beside(session: Session, standing: Standing, gate: Gate, link: Link, now: datetime) -> Beside:
    """What the reader of a link can ask for at a gate; nothing where nothing is asked of them."""
    party = waited_for(standing, gate, link)
    if party is None:
        return Beside(may_ask=False, wish=None, choices=(), quiet_until=None)
    held = held_until(standing, gate, party.organisation)
    quiet_until = standing.calendar.local_date(party.organisation, held) if held is not None and held > now else None
    return Beside(True, _wish(session, gate, party), choices(standing, gate, party, now), quiet_until)


def waited_for(standing: Standing, gate: Gate, link: Link) -> Party | None:
    """In which capacity the reader may ask for time: whoever is still to act at an open gate."""
    party = party_of(standing, gate, link)
    return party if party is not None and gate.is_open and not gate.rejected and party in standing.open_parties(gate) else None


def choices(standing: Standing, gate: Gate, party: Party, now: datetime) -> tuple[Choice, ...]:
    """Five, ten and twenty working days of the reader's after the deadline; after today, once it has passed."""
    today = standing.today(now)
    return tuple(_choice(standing, party, max(gate.due_on or today, today), days) for days in WORKING_DAYS)


def _choice(standing: Standing, party: Party, start: date, days: int) -> Choice:
    until = standing.calendar.add_working_days([party.organisation], start, days)
    why = standing.calendar.why_not_between([party.organisation], start, until)
    return Choice(days, until, tuple(reason for reason in why if reason != "weekend"))


def _wish(session: Session, gate: Gate, party: Party) -> Wish | None:
    query = select(TimeRequest).where(
        TimeRequest.gate_id == gate.id, TimeRequest.gate_round == gate.round, TimeRequest.organisation == party.organisation
    )
    found = session.scalars(query.order_by(TimeRequest.id.desc()).limit(1)).one_or_none()
    if found is None:
        return None
    return Wish(WishState(found.state), found.until, found.reason, found.asked_at, found.granted_until, found.answer or "", found.writer)


@dataclass(frozen=True)
class Asker:
    """Who fills in the form: how they call themselves, and where it comes from."""

    writer: str
    origin: Origin


def ask_by_form(
    session: Session, standing: Standing, gate: Gate, link: Link, form: Fields, words: Words, asker: Asker, now: datetime
) -> TimeRequest | None:
    """Take the form of the page; None where it takes a request back. NotTaken with every problem, or because it is too late.

    Fields: `how` (a number of working days or `day`), `day`, which counts without `how` too, `reason`; `what` is `withdraw` on the
    button that takes it back.
    """
    party = waited_for(standing, gate, link)
    if party is None:
        said = words.gettext("This is not asked of you any more, so there is no date to move. Nothing was recorded.")
        raise NotTaken([Problem(said)], conflict=True)
    if form.get("what") == "withdraw":
        _take_back(session, standing, gate, party, asker.origin, now)
        return None
    problems: list[Problem] = []
    until = _until(standing, gate, party, form, words, problems, now)
    reason = form.get("reason", "").replace("\r\n", "\n").strip()
    if not reason:
        problems.append(Problem(words.gettext("Say in a few words why you need more time."), "reason"))
    if len(reason) > LONGEST_TEXT:
        said = words.gettext("Shorten the reason to %(most)s characters; it has %(has)s.")
        problems.append(Problem(said % {"most": words.number(LONGEST_TEXT), "has": words.number(len(reason))}, "reason"))
    if problems or until is None:
        raise NotTaken(problems)
    return ask_for_time(session, standing, gate, party, Wanted(until, reason, asker.writer), asker.origin, now)


def _take_back(session: Session, standing: Standing, gate: Gate, party: Party, origin: Origin, now: datetime) -> None:
    """Once more, from a back button or a second window, changes nothing."""
    for request in standing.requests_at(gate):
        if request.organisation == party.organisation:
            withdraw_request(session, standing, request, origin, now)


def _until(
    standing: Standing, gate: Gate, party: Party, form: Fields, words: Words, problems: list[Problem], now: datetime
) -> date | None:
    """The day that is asked for; None, and a problem more, where there is none."""
    how, typed = form.get("how", ""), form.get("day", "").strip()
    by_days = {str(item.days): item.until for item in choices(standing, gate, party, now)}
    if how in by_days:
        asked = {item.until.isoformat() for item in standing.requests_at(gate) if item.organisation == party.organisation}
        if typed and typed not in {by_days[how].isoformat(), *asked}:  # the page fills in what was asked for before
            said = words.gettext("You have chosen %(days)s working days and also written a day. Choose which of the two you ask for.")
            problems.append(Problem(said % {"days": words.number(int(how))}, "how"))
            return None
        return by_days[how]
    if how != "day" and not typed:
        problems.append(Problem(words.gettext("Choose how much more time you need."), "how"))
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        problems.append(Problem(words.gettext("Write the day as year-month-day, such as 2022-03-01."), "day"))
        return None
    today = standing.today(now)
    last = max(gate.due_on or today, today)
    if day <= last:
        said = words.gettext("Give a day after %(day)s: that much time you have already.") % {"day": words.date(last)}
        problems.append(Problem(said, "day"))
        return None
    return day
