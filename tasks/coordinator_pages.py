"""What the coordinator's side of the desk shows, read from the rows as plain values: what waits, for whom, since when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from models.advance import missed_at, runs_out_at
from models.calendar import Shift
from models.definition import Policy, Role
from models.doors import tray
from models.drafts import Draft, DraftSave
from models.gates import Gate
from models.holding import held_until
from models.method import METHOD, GateKind
from models.standing import Party, Standing
from models.wishes import Promise, TimeRequest
from tasks.coming import Coming, coming
from tasks.decided import role_title
from tasks.forms.options import offered_at
from tasks.messages import written_in
from tasks.notice_views import name_of, scope_names
from tasks.page_bodies import changes_between
from tasks.page_changes import Change, Kind
from tasks.plain import plainly
from tasks.troubles import trouble_of
from tasks.wording import Words, as_day

FURTHEST = timedelta(days=366)
"""How far a day that was named can lie before the working day it became."""


@dataclass(frozen=True)
class Asked:
    """A request for more time that waits for an answer."""

    number: int
    name: str
    role: str
    until: date
    reason: str
    writer: str
    asked_at: datetime


@dataclass(frozen=True)
class Promised:
    """A promise that stands. `is_after`: it is for a day after the deadline."""

    number: int
    name: str
    until: date
    note: str
    made_at: datetime
    is_after: bool


@dataclass(frozen=True)
class Owing:
    """Somebody an open gate asks. `draft_at`: when their unfinished answer was saved last; `quiet_until`: reminded again from then on."""

    organisation: str
    role: str
    name: str
    title: str
    mailboxes: tuple[str, ...]
    is_done: bool
    draft_at: datetime | None
    draft_by: str
    quiet_until: date | None
    epoch: int
    """How often their links were withdrawn: a form that withdraws them says which it means."""


@dataclass(frozen=True)
class Waiting:
    """An open gate as the coordinator looks at it. `days_left` counts calendar days on the coordinator's day; negative: late."""

    gate_id: int
    phase: int
    title: str
    asks: str
    about: tuple[str, ...]
    kind: GateKind
    is_open: bool
    due_on: date | None
    days_left: int
    is_rejected: bool
    policy: Policy | None
    """What happens once the time has run out; None where people decide, or it has happened."""
    runs_out_on: date | None
    """From which day on."""
    parties: tuple[Owing, ...]
    requests: tuple[Asked, ...]
    promises: tuple[Promised, ...]

    @property
    def owing(self) -> tuple[Owing, ...]:
        """Those who are still to act."""
        return tuple(item for item in self.parties if not item.is_done)


@dataclass(frozen=True)
class Late:
    """Something that lies in the tray."""

    revision_id: int
    number: int
    title: str
    about: tuple[str, ...]
    name: str
    received_at: datetime
    received_on: date
    """On the coordinator's day."""
    due_on: date | None
    is_in_time: bool
    """Whether it came before the deadline was missed: a newer version of an answer that counts, and no late one."""
    early: bool
    why_not: str
    """Why it cannot be taken in; empty where it can."""
    counts: int | None
    """The number of the revision that counts now."""
    asked_anew: tuple[str, ...] = ()
    """Approvals that are asked anew if it is taken in."""
    changes: tuple[Change, ...] = ()
    """What is other than in that revision, section by section."""

    @property
    def changed(self) -> tuple[Change, ...]:
        """The sections that are not as they were."""
        return tuple(item for item in self.changes if item.kind is not Kind.SAME)


@dataclass(frozen=True)
class Broken:
    """A phase in trouble: `trouble` is held, stuck or healing."""

    phase: int
    title: str
    trouble: str
    said: str
    """What was said when its run broke last: other people's words."""


@dataclass(frozen=True)
class Board:
    """Everything that waits in a programme."""

    title: str
    today: date
    waiting: tuple[Waiting, ...]
    late: tuple[Late, ...]
    coming: tuple[Coming, ...]
    """What opens next."""
    is_closed: bool
    now: datetime
    broken: tuple[Broken, ...] = ()
    """The phases that do not go on, or whose run is just being replaced."""

    @property
    def asking(self) -> tuple[Waiting, ...]:
        """The gates at which somebody asks for more time."""
        return tuple(item for item in self.waiting if item.requests)


def language_of(standing: Standing) -> str:
    """The language of the coordination's mailbox, where there is a catalogue for it."""
    contacts = standing.organisation(standing.definition.coordinator).reached_at(Role.COORDINATOR)
    return written_in(contacts[0].language) if contacts else "en"


def zone_of(standing: Standing) -> str:
    """The coordinator's time zone."""
    return standing.definition.organisation(standing.definition.coordinator).zone


def board(session: Session, standing: Standing, now: datetime) -> Board:
    """What waits, the earliest deadline first."""
    drafts = _drafts(session, standing)
    found = [_waiting(standing, gate, drafts, now) for gate in standing.programme.gates if gate.is_open]
    found.sort(key=lambda item: (item.due_on or date.max, item.gate_id))
    late = tuple(_late(standing, kept) for kept in tray.waiting(session, standing))
    is_closed = standing.programme.closed_at is not None
    today, broken = standing.today(now), tuple(_broken(standing))
    return Board(standing.programme.title, today, tuple(found), late, tuple(coming(standing)), is_closed, now, broken)


def _broken(standing: Standing) -> Iterator[Broken]:
    for phase in standing.programme.phases:
        if trouble := trouble_of(phase):
            yield Broken(phase.number, METHOD.phase(phase.number).title, trouble.name, trouble.said)


def waiting_at(session: Session, standing: Standing, gate: Gate, now: datetime) -> Waiting:
    """One gate, open or not."""
    return _waiting(standing, gate, _drafts(session, standing), now)


def late_of(session: Session, standing: Standing, kept: tray.Kept, words: Words, now: datetime) -> Late:
    """One thing that lies in the tray, with what it changes of what counts."""
    found, current = _late(standing, kept), kept.contribution.current
    asked_anew = tuple(_named(words, standing, other) for other in tray.stale_approvals(standing, kept))
    found = replace(found, why_not=plainly(words, standing, found.why_not), asked_anew=asked_anew)
    if current is None:
        return found
    offer = offered_at(session, standing, kept.gate, words, now)
    return replace(found, changes=changes_between(kept.contribution.kind, current.body, kept.revision.body, offer))


def _drafts(session: Session, standing: Standing) -> dict[tuple[int, str], tuple[datetime, str]]:
    """When each draft was saved last and by whom, by gate and organisation."""
    is_last = and_(DraftSave.draft_id == Draft.id, DraftSave.number == Draft.saves)
    query = select(Draft.gate_id, Draft.organisation, Draft.saved_at, DraftSave.writer).outerjoin(DraftSave, is_last)
    found = session.execute(query.where(Draft.programme_id == standing.programme.id))
    return {(gate_id, organisation): (saved_at, writer or "") for gate_id, organisation, saved_at, writer in found}


def _waiting(standing: Standing, gate: Gate, drafts: dict[tuple[int, str], tuple[datetime, str]], now: datetime) -> Waiting:
    today = standing.today(now)
    policy = gate.runs_out_on() if gate.is_open and not gate.expired and not gate.rejected else None
    return Waiting(
        gate_id=gate.id,
        phase=gate.phase,
        title=gate.spec.title,
        asks=gate.spec.asks,
        about=scope_names(standing, gate.scope),
        kind=gate.spec.kind,
        is_open=gate.is_open,
        due_on=gate.due_on,
        days_left=(gate.due_on - today).days if gate.due_on else 0,
        is_rejected=gate.rejected,
        policy=policy,
        runs_out_on=standing.today(runs_out_at(standing, gate, policy)) if policy and gate.due_on else None,
        parties=tuple(_owing(standing, gate, party, drafts, now) for party in standing.parties(gate)),
        requests=tuple(_asked(standing, item) for item in standing.requests_at(gate)),
        promises=tuple(_promised(standing, gate, item) for item in standing.promises_at(gate)),
    )


def _owing(standing: Standing, gate: Gate, party: Party, drafts: dict[tuple[int, str], tuple[datetime, str]], now: datetime) -> Owing:
    held = held_until(standing, gate, party.organisation)
    draft_at, draft_by = drafts.get((gate.id, party.organisation), (None, ""))
    quiet = standing.calendar.local_date(party.organisation, held) if held is not None and held > now else None
    return Owing(
        organisation=party.organisation,
        role=str(party.role),
        name=name_of(standing, party.organisation),
        title=role_title(party.role),
        mailboxes=tuple(dict.fromkeys(item.mailbox for item in standing.organisation(party.organisation).reached_at(party.role))),
        is_done=not gate.is_open or party not in standing.open_parties(gate),
        draft_at=draft_at,
        draft_by=draft_by,
        quiet_until=quiet,
        epoch=standing.organisation(party.organisation).link_epoch,
    )


def _asked(standing: Standing, item: TimeRequest) -> Asked:
    name = name_of(standing, item.organisation)
    return Asked(item.id, name, role_title(item.role), item.until, item.reason, item.writer, item.asked_at)


def _promised(standing: Standing, gate: Gate, item: Promise) -> Promised:
    is_after = gate.due_on is not None and item.until > gate.due_on
    return Promised(item.id, name_of(standing, item.organisation), item.until, item.note, item.made_at, is_after)


def shift_of(standing: Standing, gate: Gate, named: str) -> Shift | None:
    """How the day that was named (ISO) became the deadline; None where it is another day's, or the day could stay."""
    day = as_day(named)
    if day is None or gate.due_on is None or not gate.is_open or day >= gate.due_on or gate.due_on - day > FURTHEST:
        return None
    shift = standing.calendar.on_or_after(list(dict.fromkeys(party.organisation for party in standing.parties(gate))), day)
    return shift if shift.day == gate.due_on else None


def _late(standing: Standing, kept: tray.Kept) -> Late:
    revision, item, gate = kept.revision, kept.contribution, kept.gate
    return Late(
        revision_id=revision.id,
        number=revision.number,
        title=gate.spec.title,
        about=scope_names(standing, gate.scope),
        name=name_of(standing, item.organisation),
        received_at=revision.received_at,
        received_on=standing.today(revision.received_at),
        due_on=gate.due_on,
        is_in_time=gate.due_on is not None and revision.received_at < missed_at(standing, gate),
        early=gate.first_opened_at is None,
        why_not=tray.why_not_included(standing, kept) or "",
        counts=item.current.number if item.current else None,
    )


def _named(words: Words, standing: Standing, gate: Gate) -> str:
    title, about = words.gettext(gate.spec.title), words.listing(list(scope_names(standing, gate.scope)))
    return f"{title} ({about})" if about else title
