"""The doors of the outbox: claim what is due, drop what is no longer wanted, fold what is too much, settle what was tried.

What a notice says and how it travels is not here. Callers commit; `now` is passed in. Rules: `design.md`, "Notices through Apprise".
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session

from models.errors import Refused
from models.events import Event, EventKind, write
from models.gates import Gate
from models.notices import Attempt, Notice, NoticeKind, NoticeState
from models.programme import PhaseState
from models.standing import Standing

LEASE = timedelta(minutes=1)
"""How long a claim holds; a sender that is still at it renews it, so that a dead one's notices are soon somebody else's."""

BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))
"""The pauses after failed tries; after the last one the notice has failed."""

CAP = 4
"""Single messages per mailbox and day; what is more comes together in one."""

ON_ITS_WAY = (NoticeState.QUEUED, NoticeState.UNCERTAIN)
ALONE = frozenset({NoticeKind.DIGEST, NoticeKind.SILENCE, NoticeKind.LINK, NoticeKind.SIGN_IN})
"""Kinds that are never folded into one message with others."""
LADDER = frozenset({NoticeKind.REMINDER, NoticeKind.OVERDUE, NoticeKind.ESCALATION})
ASKS_TO_ACT = LADDER | {NoticeKind.INVITATION, NoticeKind.APPROVAL_REQUEST, NoticeKind.DEADLINE_MOVED}
"""Kinds that are pointless once the thing is done."""


# -- claiming ------------------------------------------------------------------------------------------------------


def is_due(session: Session, programme_id: str, now: datetime) -> bool:
    """Whether a programme has a notice to send now that nobody else is sending."""
    return session.scalar(_due(now, now).where(Notice.programme_id == programme_id).limit(1)) is not None


def _due(now: datetime, moment: datetime) -> Select[tuple[Notice]]:
    """The notices that are due at `now` and that nobody holds at this moment, the longest due first."""
    return (
        select(Notice)
        .where(Notice.state.in_(ON_ITS_WAY), Notice.due_at <= now)
        .where(or_(Notice.next_try_at.is_(None), Notice.next_try_at <= now))
        .where(or_(Notice.claimed_until.is_(None), Notice.claimed_until <= moment, Notice.claimed_until > moment + 2 * LEASE))
        .order_by(Notice.due_at, Notice.id)
    )


def claim(
    session: Session,
    programme_id: str | None,
    now: datetime,
    worker: str,
    limit: int = 50,
    kinds: Collection[NoticeKind] | None = None,
    moment: datetime | None = None,
) -> list[Notice]:
    """Take up to `limit` notices due at `now`, the longest due first; nobody else gets them until the lease runs out.

    None claims for all programmes, or all kinds. `moment` is the time it is when a later batch of the same sending is claimed. On
    SQLite the session must be one of `changing`, which holds the write lock.
    """
    moment = moment or now
    query = _due(now, moment).limit(limit).with_for_update(skip_locked=True)
    if programme_id is not None:
        query = query.where(Notice.programme_id == programme_id)
    if kinds is not None:
        query = query.where(Notice.kind.in_(kinds))
    notices = list(session.scalars(query))
    for notice in notices:
        notice.claimed_by, notice.claimed_until = worker, moment + LEASE
    return notices


def renew(session: Session, worker: str, now: datetime) -> None:
    """Prolong what a sender still holds: a mail server may take minutes over one message."""
    mine = update(Notice).where(Notice.claimed_by == worker, Notice.state.in_(ON_ITS_WAY))
    session.execute(mine.values(claimed_until=now + LEASE), execution_options={"synchronize_session": False})


def is_sending(session: Session, worker: str, now: datetime) -> bool:
    """Whether a sender holds claims that are still good: it is alive."""
    mine = select(Notice.id).where(Notice.claimed_by == worker, Notice.state.in_(ON_ITS_WAY), Notice.claimed_until > now).limit(1)
    return session.scalar(mine) is not None


def release(session: Session, notice_ids: Iterable[int], worker: str, *, may_be_out: bool = False) -> None:
    """Put claimed notices back untried, for whoever comes next; those another worker has taken over stay with it.

    They keep the Message-ID under which they were tried, or under which a sender that died may have handed them over (`may_be_out`).
    """
    for notice in session.scalars(select(Notice).where(Notice.id.in_(list(notice_ids)), Notice.claimed_by == worker)):
        _let_go(notice)
        if not notice.attempts and not may_be_out:
            notice.message_id = None


def cancel(session: Session, notice_id: int, worker: str) -> None:
    """Drop a claimed notice that is no longer wanted."""
    for notice in _held(session, [notice_id], worker):
        notice.state = NoticeState.CANCELLED
        _let_go(notice)


def unsettled(session: Session, programme_id: str) -> int:
    """How many notices of a programme are still on their way."""
    query = select(func.count()).where(Notice.programme_id == programme_id, Notice.state.in_(ON_ITS_WAY))
    return session.scalar(query) or 0


def failed_since(session: Session, programme_id: str, since: datetime) -> Sequence[Notice]:
    """The notices that failed for good since then: somebody has to correct a mailbox or pick up a telephone."""
    latest = select(Attempt.notice_id).where(Attempt.at >= since)
    query = select(Notice).where(Notice.programme_id == programme_id, Notice.state == NoticeState.FAILED, Notice.id.in_(latest))
    return session.scalars(query.order_by(Notice.id)).all()


# -- still wanted? -------------------------------------------------------------------------------------------------


def gate_of(standing: Standing, notice: Notice) -> Gate | None:
    """The gate a notice is about; None where it is about none."""
    return standing.gate_by_id(notice.gate_id) if notice.gate_id is not None else None


def is_wanted(standing: Standing, gate: Gate | None, notice: Notice) -> bool:
    """Whether it still makes sense to send it (`design.md`: the ladder stops the moment the thing is done).

    A notice that asks for something, or says by when, is wanted while its gate is open in the same round and the party has not acted; a
    rung of the ladder only for the deadline it was made for; that a phase is held or stuck, while it is; that somebody asks for
    more time, until that is answered. All others always.
    """
    if notice.kind == NoticeKind.PHASE_HELD and notice.phase:
        return standing.phase(notice.phase).state == PhaseState.HELD
    if notice.kind == NoticeKind.PHASE_STUCK and notice.phase:
        return standing.phase(notice.phase).relaunches > 0 and standing.phase(notice.phase).state != PhaseState.COMPLETED
    if notice.kind == NoticeKind.TIME_REQUEST:
        return gate is not None and any(item.id == notice.detail.get("request") for item in standing.requests_at(gate))
    if gate is None or notice.kind not in ASKS_TO_ACT:
        return True
    if not gate.is_open or gate.round != notice.gate_round or not _is_owed(standing, gate, notice):
        return False
    meant = notice.detail.get("due_on")
    return notice.kind not in LADDER or meant is None or (gate.due_on is not None and meant == gate.due_on.isoformat())


def has_run_out(notice: Notice, now: datetime) -> bool:
    """Whether what it carries opens nothing any more: a link to sign in with, after half an hour of a mail server that was away."""
    until = notice.detail.get("until") if notice.kind == NoticeKind.SIGN_IN else None
    return until is not None and now >= datetime.fromisoformat(str(until))


def _is_owed(standing: Standing, gate: Gate, notice: Notice) -> bool:
    """Is the party it speaks of still to act? That is its reader, or for other readers whom `detail["owing"]` names."""
    still = {(party.organisation, str(party.role)) for party in standing.open_parties(gate)}
    reader = (notice.organisation, notice.role)
    if reader in {(party.organisation, str(party.role)) for party in standing.parties(gate)}:
        return reader in still
    organisation, _, role = str(notice.detail.get("owing", notice.organisation)).partition(":")
    return any(slug == organisation and role in ("", its_role) for slug, its_role in still)


def superseded(session: Session, notices: Sequence[Notice], now: datetime) -> set[int]:
    """The ids of those that a later one, due by now, makes untrue: after a standstill only the latest goes out.

    They are rungs of a ladder that has climbed on, and receipts that something lies in the tray when it has been dealt with.
    """
    return _climbed_on(session, notices, now) | _dealt_with(session, notices, now)


def _dealt_with(session: Session, notices: Sequence[Notice], now: datetime) -> set[int]:
    kept = [notice for notice in notices if notice.kind == NoticeKind.RECEIPT and notice.detail.get("became") == "kept"]
    if not kept:
        return set()
    query = select(Notice.gate_id, Notice.mailbox, Notice.detail).where(
        Notice.kind == NoticeKind.RECEIPT, Notice.gate_id.in_({notice.gate_id for notice in kept}), Notice.due_at <= now
    )
    told = {(gate_id, to, detail.get("revision")) for gate_id, to, detail in session.execute(query) if detail.get("became") != "kept"}
    return {notice.id for notice in kept if (notice.gate_id, notice.mailbox, notice.detail.get("revision")) in told}


def _climbed_on(session: Session, notices: Sequence[Notice], now: datetime) -> set[int]:
    rungs = [notice for notice in notices if notice.rung is not None]
    if not rungs:
        return set()
    query = select(Notice.id, Notice.gate_id, Notice.gate_round, Notice.rung, Notice.detail).where(
        Notice.gate_id.in_({notice.gate_id for notice in rungs}),
        Notice.rung.is_not(None),
        Notice.due_at <= now,
        Notice.state.in_((*ON_ITS_WAY, NoticeState.SENT)),
    )
    latest: dict[tuple[Any, ...], tuple[int, str | None]] = {}
    for number, gate_id, round_, rung, detail in session.execute(query.order_by(Notice.id)):
        latest[gate_id, round_, detail.get("owing")] = number, rung
    found = {notice.id: latest.get((notice.gate_id, notice.gate_round, notice.detail.get("owing"))) for notice in rungs}
    return {notice.id for notice in rungs if (last := found[notice.id]) and last[0] > notice.id and last[1] != notice.rung}


# -- folding -------------------------------------------------------------------------------------------------------


def sent_today(session: Session, standing: Standing, notices: Sequence[Notice], now: datetime) -> Counter[str]:
    """How many messages each mailbox of these notices has had today, on its organisation's own day."""
    query = select(Notice.mailbox, Notice.organisation, Notice.sent_at, Notice.message_id).where(
        Notice.programme_id == standing.programme.id,
        Notice.mailbox.in_({notice.mailbox for notice in notices}),
        Notice.sent_at >= now - timedelta(days=1),
    )
    begins: dict[str, datetime] = {}
    messages: set[tuple[str, str | None]] = set()
    for mailbox, slug, sent_at, message_id in session.execute(query):
        if slug not in begins:
            begins[slug] = standing.calendar.at(slug, standing.calendar.local_date(slug, now), time(0))
        if sent_at is not None and sent_at >= begins[slug]:
            messages.add((mailbox, message_id))
    return Counter(mailbox for mailbox, _ in messages)


def fold(notices: Sequence[Notice], sent_today_by_mailbox: Mapping[str, int], cap: int = CAP) -> list[list[Notice]]:
    """The messages to send, each as the notices it carries.

    A mailbox gets single messages up to `cap` a day, the rest together in one. The coordinator's digest stands alone, as does a
    silence, and what has been tried under a Message-ID stays together, so that a repeat is recognised as one.
    """
    count = Counter(dict(sent_today_by_mailbox))
    messages: list[list[Notice]] = []
    together: dict[tuple[str, str], list[Notice]] = {}
    for notice in notices:
        if notice.message_id is not None:
            key = (notice.mailbox, notice.message_id)
        elif notice.kind in ALONE or count[notice.mailbox] < cap:
            key = (notice.mailbox, notice.key)
            count[notice.mailbox] += 1
        else:
            key = (notice.mailbox, "")
        if key not in together:
            together[key] = []
            messages.append(together[key])
        together[key].append(notice)
    return messages


# -- settling ------------------------------------------------------------------------------------------------------


def settle_sent(
    session: Session,
    standing: Standing,
    notice_ids: Sequence[int],
    now: datetime,
    worker: str,
    *,
    channel: str,
    message_id: str,
    file: str | None,
) -> None:
    """One message went out and carried these notices. Refused where another worker has taken them over."""
    for notice in _held(session, notice_ids, worker):
        notice.state, notice.sent_at, notice.message_id, notice.file = NoticeState.SENT, now, message_id, file
        _attempt(session, notice, now, channel, "sent", None)
        write(session, notice.programme_id, _event(standing, notice, now, EventKind.NOTICE_SENT, {"file": file}))


def settle_failed(
    session: Session,
    standing: Standing,
    notice_ids: Sequence[int],
    now: datetime,
    worker: str,
    *,
    channel: str,
    reason: str,
    permanent: bool,
) -> bool:
    """A try failed: again after a pause, or for good where the mailbox was refused or the pauses are used up.

    True where it failed for good. Refused where another worker has taken them over.
    """
    final = False
    for notice in _held(session, notice_ids, worker):
        _attempt(session, notice, now, channel, "permanent" if permanent else "temporary", reason)
        final = permanent or notice.attempts > len(BACKOFF)
        if final:
            _fail(session, standing, notice, now, "refused" if permanent else "tried-too-often")
        else:
            notice.next_try_at = now + pause(notice)
    return final


def settle_uncertain(
    session: Session, standing: Standing, notice_ids: Sequence[int], now: datetime, worker: str, *, channel: str, reason: str
) -> bool:
    """The connection broke after the message was handed over: one more try under the same Message-ID, then never again.

    True where it was the second time. Refused where another worker has taken them over.
    """
    final = False
    for notice in _held(session, notice_ids, worker):
        final = notice.state == NoticeState.UNCERTAIN
        _attempt(session, notice, now, channel, "uncertain", reason)
        if final:
            _fail(session, standing, notice, now, "uncertain")
        else:
            notice.state, notice.next_try_at = NoticeState.UNCERTAIN, now + pause(notice)
    return final


def pause(notice: Notice) -> timedelta:
    """How long to wait after its latest try: the backoff ± 20 %, the same for the same notice and try."""
    step = BACKOFF[min(notice.attempts, len(BACKOFF)) - 1]
    dice = int.from_bytes(hashlib.sha256(f"{notice.key}/{notice.attempts}".encode()).digest()[:4], "big") / 2**32
    return timedelta(seconds=round(step.total_seconds() * (0.8 + 0.4 * dice)))


def _held(session: Session, notice_ids: Iterable[int], worker: str) -> list[Notice]:
    """The rows, all claimed by this worker; Refused otherwise."""
    notices = []
    for number in notice_ids:
        notice = session.get(Notice, number)
        if notice is None or notice.claimed_by != worker:
            raise Refused(f"Notice {number} is not claimed by {worker} any more: its lease ran out and another worker has it.")
        notices.append(notice)
    return notices


def _let_go(notice: Notice) -> None:
    notice.claimed_by = notice.claimed_until = None


def _fail(session: Session, standing: Standing, notice: Notice, now: datetime, why: str) -> None:
    notice.state = NoticeState.FAILED
    write(session, notice.programme_id, _event(standing, notice, now, EventKind.NOTICE_FAILED, {"why": why}))


def _attempt(session: Session, notice: Notice, now: datetime, channel: str, outcome: str, reason: str | None) -> None:
    notice.attempts += 1
    notice.next_try_at = None
    _let_go(notice)
    session.add(Attempt(notice_id=notice.id, at=now, channel=channel, outcome=outcome, reason=reason[:500] if reason else None))


def _event(standing: Standing, notice: Notice, now: datetime, kind: EventKind, detail: dict[str, Any]) -> Event:
    """The event of a notice. No mailbox and no server's words in it: history holds no personal data."""
    gate = gate_of(standing, notice)
    scope = gate.scope if gate else notice.detail.get("scope")
    pair = standing.pair_of(scope) if scope else None
    return Event(
        at=now,
        kind=kind,
        phase=notice.phase,
        gate=gate.key if gate else None,
        pair=pair.scope if pair else None,
        scope=scope,
        organisation=notice.organisation,
        detail={**detail, "kind": notice.kind, "rung": notice.rung, "role": notice.role},
    )
