"""Lending the right to do a kind of work that no phase owns: to one at a time, for a while, under a token that makes older ones stale.

The lease of a phase is in `steering`, beside the phase's other rules.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.errors import Refused, StaleToken
from models.leases import Lease, binds


def take(session: Session, name: str, holder: str, now: datetime, lasting: timedelta) -> int:
    """Lend the work to `holder` and return the fencing token. Refused while another holds it; the holder may take it again."""
    lease = session.get(Lease, name, with_for_update=True)
    if lease is None:
        lease = Lease(name=name, token=0)
        session.add(lease)
    elif lease.holder not in (None, holder) and lease.until is not None and binds(lease.until, now, lasting):
        raise Refused(f"{name} is being worked on by {lease.holder} until {lease.until:%H:%M:%S} UTC.")
    lease.holder, lease.until, lease.token = holder, now + lasting, lease.token + 1
    try:
        session.flush()
    except IntegrityError as error:  # two took it for the first time at the same moment
        raise Refused(f"{name} has just been taken by somebody else.") from error
    return lease.token


def renew(session: Session, name: str, token: int, now: datetime, lasting: timedelta) -> None:
    """Prolong a lease that is still held. StaleToken where another has it."""
    check(session, name, token).until = now + lasting


def give_back(session: Session, name: str, token: int) -> None:
    """End a lease; one that another has meanwhile stays with them."""
    lease = session.get(Lease, name, with_for_update=True)
    if lease is not None and lease.token == token:
        lease.holder = lease.until = None


def check(session: Session, name: str, token: int) -> Lease:
    """The lease, for as long as this transaction lasts. StaleToken where another has taken it over."""
    lease = session.get(Lease, name, with_for_update=True)
    if lease is None or lease.token != token:
        raise StaleToken(f"Another has taken over {name}; this one stops here.")
    return lease
