"""Signs of life of what must run regularly, and its silences: when one begins, that people are told of it once, that it is over.

The moments of a row only ever rise: each is later than the ones before, by a microsecond where the clock has been set back. So a
sign after one that people were told of ends that silence, whatever the clock did, and every sign can be told from the last. How
long it has been silent is not left to the clock alone either: the caller says from when on it has waited (`silence`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.doors import leasing
from models.errors import Refused
from models.leases import SignOfLife
from models.programme import Programme

SWEEP = "sweep"
SWEEP_EVERY = timedelta(minutes=1)
"""As its schedule in `deployments/prefect.yaml` has it."""

INTERVALS = {SWEEP: SWEEP_EVERY}
MISSED = 2
"""How many intervals may pass without a sign before it is a silence."""

TELLING = timedelta(minutes=2)
"""How long whoever has taken up telling people may take; then another may."""

LOCK_PATIENCE = "5s"

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The `at` of a row that was made to note a silence, before the first sign of life."""

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Silence:
    """Something has not run since `last` (None: never yet), which has been noticed `for_` so long. `told`: people know."""

    name: str
    last: datetime | None
    for_: timedelta
    told: bool

    @property
    def key(self) -> str:
        """The same for everybody who notices this silence, another one for the next."""
        return key_of(self.last)


def key_of(last: datetime | None) -> str:
    """The key of the silence after that sign of life."""
    return f"silence/{last.isoformat() if last else 'never'}"


# -- looking ---------------------------------------------------------------------------------------------------------


def last_sign(session: Session, name: str) -> datetime | None:
    """When it ran last; None where it never has."""
    row = session.get(SignOfLife, name)
    return row.at if row and row.at != NEVER else None


def silence(session: Session, name: str, now: datetime, *, since: datetime) -> Silence | None:
    """The silence there is, where it has lasted longer than two intervals; None otherwise.

    It is counted from the last sign, or from `since` where that is later: the moment from which the caller has waited for one. A
    sign dated after `now` says only that the clock has been set back since: then `since` alone counts.
    """
    row, last = session.get(SignOfLife, name), last_sign(session, name)
    began = since if last is None or last > now else max(last, since)
    if now - began <= MISSED * INTERVALS[name]:
        return None
    return Silence(name, last, now - (last if last is not None and last <= now else began), told=bool(row and _is_told(row)))


def told_and_over(session: Session, name: str) -> datetime | None:
    """When people were told of a silence that has ended since, and have not been told that; None where there is no such thing."""
    row = session.get(SignOfLife, name)
    return row.silence_told_at if row and row.silence_told_at is not None and not _is_told(row) else None


def running(session: Session) -> list[str]:
    """The programmes that need time to pass: launched, not closed, no rehearsals."""
    query = select(Programme.id).where(Programme.closed_at.is_(None), Programme.rehearsal.is_(False))
    return list(session.scalars(query.order_by(Programme.id)))


def _is_told(row: SignOfLife) -> bool:
    """People were told, and no sign has come since."""
    return row.silence_told_at is not None and row.at < row.silence_told_at


# -- doors -----------------------------------------------------------------------------------------------------------


def seen(session: Session, name: str, now: datetime) -> bool:
    """It has run: record the sign. Whether that ends a silence that people were told of."""
    row = _row(session, name)
    was_told = _is_told(row)
    row.at = _after(now, row)
    return was_told


def take_up(session: Session, name: str, silent: Silence | None, holder: str, now: datetime) -> int:
    """Take it upon oneself to tell people of a silence, or (None) that it is over; the token to lay it down with.

    Refused where they know, where it is so no longer, and while another has taken it up, for `TELLING` at most.
    """
    token = leasing.take(session, _lease(name), holder, now, TELLING)
    row = _row(session, name)
    if _is_told(row) or (told_and_over(session, name) is None if silent is None else row.at != (silent.last or NEVER)):
        raise Refused(f"There is nothing (more) to tell about the {name}: it has been told, or is so no longer.")
    return token


def told(session: Session, silent: Silence, now: datetime) -> bool:
    """People have been told of this silence. False where it is noted already or has ended meanwhile."""
    row = _row(session, silent.name)
    if _is_told(row) or row.at != (silent.last or NEVER):
        return False
    row.silence_told_at = _after(now, row)
    return True


def told_it_is_over(session: Session, name: str) -> bool:
    """People have been told that the silence is over. False where it is noted already or silence has been told of anew."""
    row = _row(session, name)
    if row.silence_told_at is None or _is_told(row):
        return False
    row.silence_told_at = None
    return True


def lay_down(session: Session, name: str, token: int) -> None:
    """Give the telling back. Where nobody could be told, whoever looks next tries."""
    leasing.give_back(session, _lease(name), token)


def be_impatient(session: Session) -> None:
    """What is silent may hold a lock for ever: wait for none longer than five seconds (SQLite: 30 for its one lock, always)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"set local lock_timeout = '{LOCK_PATIENCE}'"))


# -- rows ------------------------------------------------------------------------------------------------------------


def _row(session: Session, name: str) -> SignOfLife:
    """The row, held until the transaction ends; two that make it at the same time get the same."""
    row = session.get(SignOfLife, name, with_for_update=True)
    if row is not None:
        return row
    try:
        with session.begin_nested():
            row = SignOfLife(name=name, at=NEVER)
            session.add(row)
    except IntegrityError:
        return session.get_one(SignOfLife, name, with_for_update=True)
    return row


def _after(now: datetime, row: SignOfLife) -> datetime:
    return max([now, *(moment + _TICK for moment in (row.at, row.silence_told_at) if moment is not None)])


def _lease(name: str) -> str:
    return f"telling-of-{name}"
