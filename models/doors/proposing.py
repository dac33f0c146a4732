"""Files that were sent back, read but not yet taken over: they wait beside the draft until somebody has looked at them.

A proposal is nobody's word yet, so that it comes and goes without an event. What is taken of it goes through `drafting.save`, and that it
was is an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.doors.answering import Origin
from models.doors.history import note
from models.drafts import Proposal
from models.errors import Refused
from models.events import EventKind
from models.gates import Gate
from models.method import GateKind
from models.standing import Standing

MOST_WAITING = 5
"""Of one kind at one gate for one organisation, and for each section handed on; the oldest goes when one more comes."""

HIGHEST = 2**31 - 1
"""No database here counts further; a larger number in an address is nobody's."""


@dataclass(frozen=True)
class Returned:
    """A file that was read: what it says (`body`, JSON), under a name that was cleaned, with the SHA-256 of its bytes.

    `opens` in the body: the fields it was read for, where these may be fewer than there are.
    """

    kind: str
    filename: str
    sha256: str
    body: dict[str, Any]


def waiting(session: Session, gate: Gate, organisation: str, kind: str) -> list[Proposal]:
    """The files of a kind that wait to be looked at, the newest first."""
    query = select(Proposal).where(
        Proposal.gate_id == gate.id, Proposal.organisation == organisation, Proposal.kind == kind, Proposal.settled_at.is_(None)
    )
    return list(session.scalars(query.order_by(Proposal.id.desc())))


def proposal_of(session: Session, gate: Gate, organisation: str, kind: str, number: int) -> Proposal | None:
    """One of these by its id, settled or not; None where it is none of this gate and organisation."""
    found = session.get(Proposal, number) if number <= HIGHEST else None
    wanted = (gate.id, organisation, kind)
    return found if found is not None and (found.gate_id, found.organisation, found.kind) == wanted else None


def receive(
    session: Session, standing: Standing, gate: Gate, organisation: str, returned: Returned, writer: str, now: datetime
) -> Proposal:
    """Keep what a file says. The same file once more, while it waits, is the same proposal, read anew.

    Refused where nothing can be contributed.
    """
    if standing.programme.closed_at is not None:
        closed = f"{standing.programme.closed_at:%Y-%m-%d}"
        raise Refused(f"{standing.programme.title} was closed on {closed}: nothing can be added to it any more.")
    if gate.spec.kind is not GateKind.CONTRIBUTION or organisation not in [party.organisation for party in standing.parties(gate)]:
        raise Refused(f"{gate.label} does not ask {organisation!r} for a contribution.")
    opens = returned.body.get("opens")
    there = [item for item in waiting(session, gate, organisation, returned.kind) if item.body.get("opens") == opens]
    found = next((item for item in there if item.sha256 == returned.sha256), None)
    if found is not None:
        found.body, found.received_at = returned.body, now
        return found
    for old in there[MOST_WAITING - 1 :]:
        session.delete(old)
    found = Proposal(
        programme_id=standing.programme.id,
        gate_id=gate.id,
        organisation=organisation,
        kind=returned.kind,
        filename=returned.filename,
        sha256=returned.sha256,
        received_at=now,
        writer=writer,
        body=returned.body,
        settled_at=None,
    )
    session.add(found)
    session.flush()
    return found


def settle(proposal: Proposal, outcome: Mapping[str, int], now: datetime) -> None:
    """A file was looked at: what came of it stays, as numbers, and for which fields it was read; what it said does not.

    Refused where that was done already.
    """
    check_waits(proposal)
    proposal.settled_at = now
    proposal.body = {**outcome, **({"opens": proposal.body["opens"]} if "opens" in proposal.body else {})}


def take_over(
    session: Session, standing: Standing, gate: Gate, proposal: Proposal, outcome: Mapping[str, int], origin: Origin, now: datetime
) -> None:
    """A file was looked at and something of it saved in the draft. Refused where it was looked at already.

    Drafts are nobody's history; only that somebody else did it on the organisation's behalf is.
    """
    settle(proposal, outcome, now)
    if origin.on_behalf:
        note(
            session, standing, now, EventKind.FILE_TAKEN_OVER, gate=gate, organisation=proposal.organisation,
            kind_of_file=proposal.kind, sha256=proposal.sha256, entry=str(origin.entry), on_behalf=True,
        )  # fmt: skip


def check_waits(proposal: Proposal) -> None:
    """Refused where a file was looked at already."""
    if proposal.settled_at is not None:
        raise Refused("This file was looked at already, perhaps in another window. Nothing was changed a second time.")
