"""Signed links in notices: who may look at or act on what, without an account, until when. The pages behind them are the desk's."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal

from itsdangerous import BadData, URLSafeSerializer

from models.errors import ProgrammeError, Refused

Purpose = Literal["act", "read"]

REHEARSAL_SECRET = "rehearsal links open nothing"  # noqa: S105 - known to everybody on purpose: refused wherever links are live
_SALT = "inclucities/link/1"


@dataclass(frozen=True)
class Link:
    """What a link allows: `act` at a gate in a role, or `read` an edition or gate, up to and including `expires_on`."""

    purpose: Purpose
    programme: str
    gate_id: int | None
    edition_id: int | None
    organisation: str
    role: str
    expires_on: date


class BadLink(Refused):
    """A link that opens nothing. `expired` is what it allowed, where it is ours and merely too old: a new one may be sent."""

    def __init__(self, message: str, expired: Link | None = None) -> None:
        self.expired = expired
        super().__init__(message)


def sign(
    secret: str,
    purpose: Purpose,
    programme: str,
    gate_id: int | None,
    edition_id: int | None,
    organisation: str,
    role: str,
    expires_on: date,
) -> str:
    """The token of a link; the same arguments give the same token. ProgrammeError for an empty secret."""
    fields = [purpose, programme, gate_id, edition_id, organisation, role, expires_on.isoformat()]
    token = _serializer(secret).dumps(fields)
    return token.decode("ascii") if isinstance(token, bytes) else token


def read(secret: str, token: str, now: datetime, *, rehearsal: bool = False) -> Link:
    """What a token allows. BadLink where it is not ours or, by the UTC date of `now`, too old.

    ProgrammeError where a live programme would trust the rehearsal's key.
    """
    check_secret(secret, rehearsal=rehearsal)
    try:
        link = _link(_serializer(secret).loads(token))
    except (BadData, ValueError, TypeError):
        raise BadLink("This link is incomplete or not one of ours. Open it from the message once more, or ask for a new one.") from None
    if now.date() > link.expires_on:
        raise BadLink("This link is too old. Ask for a new one: it will be sent to the same mailbox.", link)
    return link


def check_secret(secret: str, *, rehearsal: bool) -> None:
    """ProgrammeError where a rehearsal would sign links that open something, or the other way round."""
    if rehearsal and secret != REHEARSAL_SECRET:
        raise ProgrammeError("A rehearsal signs its links with the rehearsal's key only: what it writes must never open a live page.")
    if not rehearsal and secret == REHEARSAL_SECRET:
        raise ProgrammeError("The rehearsal's key is known to everybody and cannot sign live links. Set a secret of your own.")


def address(public_url: str, token: str) -> str:
    """Where a link leads: the desk's `/link/<token>`."""
    return f"{public_url.rstrip('/')}/link/{token}"


def _link(fields: Any) -> Link:
    purpose, programme, gate_id, edition_id, organisation, role, expires_on = fields
    return Link(purpose, programme, gate_id, edition_id, organisation, role, date.fromisoformat(expires_on))


@lru_cache(maxsize=8)
def _serializer(secret: str) -> URLSafeSerializer:
    if not secret:
        raise ProgrammeError("Links cannot be signed without a secret. Set one and keep it: with a new one, earlier links stop working.")
    return URLSafeSerializer(secret, salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256})
