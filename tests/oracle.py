"""What must be true after whatever happened: rows and history, the mail that arrived, the ladder, and nothing after the closure.

Each function looks at one database, in a session of its own, and says in words what is wrong; nothing: all is well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import Engine, select

from models.database import reading
from models.events import Event, EventKind, history
from models.ladder import Rung
from models.notices import Attempt, Notice, NoticeState
from models.rows import metadata
from models.verify import violations


@dataclass(frozen=True)
class Arrival:
    """A message that came into a mailbox. `batch` counts the sender's rounds, `keys` are the notices it carried, where that is known."""

    message_id: str
    mailbox: str
    batch: int = 0
    keys: tuple[str, ...] = ()


def rows(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is committed, for comparing before and after."""
    with engine.connect() as connection:
        return {table.name: sorted(map(tuple, connection.execute(table.select())), key=repr) for table in metadata.sorted_tables}


def differences(before: dict[str, list[tuple[Any, ...]]], after: dict[str, list[tuple[Any, ...]]]) -> list[str]:
    """Which rows are others than before."""
    return [
        f"{sign} {table}: {row!r:.200}"
        for table in before
        if before[table] != after[table]
        for sign, these, those in (("-", before, after), ("+", after, before))
        for row in these[table]
        if row not in those[table]
    ]


def broken_promises(engine: Engine, programme: str) -> list[str]:
    """What `models.verify` says."""
    with reading(engine) as session:
        return [str(found) for found in violations(session, programme)]


def wrong_mail(engine: Engine, programme: str, arrived: Sequence[Arrival], repeatable: Collection[str] = ()) -> list[str]:
    """What was sent arrived, what arrived stands in the outbox, and nothing came twice without need.

    `repeatable` holds the Message-IDs for which a fault struck after they were handed over and before that was written down.
    """
    with reading(engine) as session:
        notices = list(session.scalars(select(Notice).where(Notice.programme_id == programme)))
    return [*_lost(notices, arrived), *_unknown(notices, arrived), *_repeated(arrived, repeatable)]


def _lost(notices: Iterable[Notice], arrived: Sequence[Arrival]) -> Iterator[str]:
    came = {(item.message_id, item.mailbox) for item in arrived}
    for notice in notices:
        if notice.state == NoticeState.SENT and (notice.message_id, notice.mailbox) not in came:
            yield f"mail: {notice.key} is sent, but nothing came under {notice.message_id}"


def _unknown(notices: Iterable[Notice], arrived: Sequence[Arrival]) -> Iterator[str]:
    known = {(notice.message_id, notice.mailbox) for notice in notices}
    for item in arrived:
        if (item.message_id, item.mailbox) not in known:
            yield f"mail: {item.message_id} came to {item.mailbox} and no notice stands for it"


def _repeated(arrived: Sequence[Arrival], repeatable: Collection[str]) -> Iterator[str]:
    for (message_id, mailbox), times in Counter((item.message_id, item.mailbox) for item in arrived).items():
        if times > 1 and message_id not in repeatable:
            yield f"mail: {message_id} came {times} times to {mailbox}, and nothing had happened to it"
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in arrived:
        for key in item.keys:
            ids[key, item.mailbox].add(item.message_id)
    for (key, mailbox), found in ids.items():
        if len(found) > 1:
            yield f"mail: {key} came to {mailbox} under {len(found)} Message-IDs"


def wrong_rungs(engine: Engine, programme: str, arrived: Sequence[Arrival]) -> list[str]:
    """No rung of a deadline came twice to a mailbox, none after a later one, and never two of them in one round of sending."""
    batches = {item.message_id: item.batch for item in reversed(arrived)}
    query = (
        select(Notice, Attempt.id).join(Attempt, Attempt.notice_id == Notice.id)
        .where(Notice.programme_id == programme, Notice.rung.is_not(None), Attempt.outcome == "sent").order_by(Attempt.id)
    )  # fmt: skip
    ladders: dict[tuple[Any, ...], list[Notice]] = defaultdict(list)
    with reading(engine) as session:
        for notice, _ in session.execute(query):
            ladders[notice.gate_id, notice.gate_round, notice.detail["due_on"], notice.detail["owing"], notice.mailbox].append(notice)
    found = []
    for notices in ladders.values():
        for before, after in pairwise(notices):
            if Rung(str(after.rung)).days <= Rung(str(before.rung)).days:
                found.append(f"ladder: {after.key} came after {before.rung}")
            elif batches.get(str(before.message_id), -1) == batches.get(str(after.message_id), -2):
                found.append(f"ladder: {after.key} came together with {before.rung}")
    return found


def missed_twice(engine: Engine, programme: str) -> list[str]:
    """A deadline is missed once, however often somebody looks at it."""
    with reading(engine) as session:
        events = history(session, programme)
    anew = {EventKind.GATE_OPENED, EventKind.GATE_REOPENED, EventKind.GATE_WITHDRAWN, EventKind.DEADLINE_MOVED}
    missed: set[tuple[str | None, str | None]] = set()
    found = []
    for event in events:
        place = event.gate, event.scope
        if event.kind in anew:
            missed.discard(place)
        elif event.kind == EventKind.DEADLINE_MISSED:
            if place in missed:
                found.append(f"deadlines: event {event.number}: {event.gate} @ {event.scope} is missed once more")
            missed.add(place)
    return found


def everything_wrong(engine: Engine, programme: str, arrived: Sequence[Arrival], repeatable: Collection[str] = ()) -> list[str]:
    """All of the above."""
    return [
        *broken_promises(engine, programme),
        *wrong_mail(engine, programme, arrived, repeatable),
        *wrong_rungs(engine, programme, arrived),
        *missed_twice(engine, programme),
    ]


def told(events: Iterable[Event]) -> list[tuple[Any, ...]]:
    """A history to be compared: everything but the names of mail files."""
    return [
        (event.at, event.kind, event.phase, event.gate, event.pair, event.scope, event.organisation,
         {key: value for key, value in event.detail.items() if key != "file"})
        for event in events
    ]  # fmt: skip
