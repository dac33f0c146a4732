"""What becomes of promises and requests for time once what they were about is done, asked anew or due on another day."""

from __future__ import annotations

from datetime import datetime

from models.gates import Gate
from models.standing import Standing
from models.wishes import WishState


def lapse(standing: Standing, gate: Gate, now: datetime) -> None:
    """The gate is done, or its round is over: nothing that was asked or promised about it holds anything back any more."""
    for promise in standing.promises_at(gate):
        promise.withdrawn_at = now
    lapse_requests(standing, gate, now)


def lapse_of(standing: Standing, gate: Gate, organisation: str, now: datetime) -> None:
    """An organisation has acted while others have not: where it has nothing more to do, what it asked or promised is settled by that."""
    if organisation in {party.organisation for party in standing.open_parties(gate)}:
        return
    for promise in standing.promises_at(gate):
        if promise.organisation == organisation:
            promise.withdrawn_at = now
    for request in standing.requests_at(gate):
        if request.organisation == organisation:
            request.state, request.answered_at = WishState.MOOT, now


def lapse_requests(standing: Standing, gate: Gate, now: datetime) -> None:
    """Its deadline is another one: whoever asked for that has it, and whoever needs still more asks again."""
    for request in standing.requests_at(gate):
        request.state, request.answered_at = WishState.MOOT, now
