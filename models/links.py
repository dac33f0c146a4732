"""Signed links in notices: who may look at or act on what, without an account, until when. The pages behind them are the desk's."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal

from itsdangerous import BadData, URLSafeSerializer

from models.errors import ProgrammeError, Refused

Purpose = Literal["act", "read", "part", "behalf", "feed"]
"""Act: answer in a role. Read: look. Part: write one section of a contribution that was handed on. Behalf: the coordinator's side answers
for somebody. Feed: the calendar of an organisation. What opens which pages is the desk's (`deployments.desk.visits`)."""

ACTING: frozenset[Purpose] = frozenset({"act", "behalf"})
"""The purposes that answer with all the powers of the role."""

REHEARSAL_SECRET = "rehearsal links open nothing"  # noqa: S105 - known to everybody on purpose: refused wherever links are live
_SALT = "inclucities/link/1"
LARGEST = 2**31 - 1
"""Of a row's number, in any database: a larger one breaks the question for it."""


@dataclass(frozen=True)
class Link:
    """What a link allows: `act` at a gate in a role, or `read` an edition or gate, up to and including `expires_on`.

    `epoch` is the organisation's count of withdrawals when it was signed; `delegation_id` the section that a `part` link opens.
    """

    purpose: Purpose
    programme: str
    gate_id: int | None
    edition_id: int | None
    organisation: str
    role: str
    expires_on: date
    epoch: int = 0
    delegation_id: int | None = None

    @property
    def acts(self) -> bool:
        """Whether it answers with all the powers of its role."""
        return self.purpose in ACTING


class BadLink(Refused):
    """A link that opens nothing.

    `expired` and `withdrawn` are what it allowed, where it is ours and merely too old or taken back: a new one may be sent.
    """

    def __init__(self, message: str, expired: Link | None = None, withdrawn: Link | None = None) -> None:
        self.expired = expired
        self.withdrawn = withdrawn
        super().__init__(message)

    @property
    def was(self) -> Link | None:
        """What it allowed, where it was ours."""
        return self.expired or self.withdrawn


def sign(
    secret: str,
    purpose: Purpose,
    programme: str,
    gate_id: int | None,
    edition_id: int | None,
    organisation: str,
    role: str,
    expires_on: date,
    *,
    epoch: int = 0,
    delegation_id: int | None = None,
) -> str:
    """The token of a link; the same arguments give the same token. ProgrammeError for an empty secret.

    A link of the first epoch is written as it was before there were epochs, so that those in people's mailboxes stay the same.
    """
    fields = [purpose, programme, gate_id, edition_id, organisation, role, expires_on.isoformat()]
    if epoch or delegation_id is not None:
        fields += [epoch, delegation_id]
    token = _serializer(secret).dumps(fields)
    return token.decode("ascii") if isinstance(token, bytes) else token


def read(secret: str, token: str, now: datetime, *, rehearsal: bool = False) -> Link:
    """What a token allows. BadLink where it is not ours or, by the UTC date of `now`, too old.

    ProgrammeError where a live programme would trust the rehearsal's key.
    """
    check_secret(secret, rehearsal=rehearsal)
    try:
        link = _link(_signed(secret, token))
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
    purpose, programme, gate_id, edition_id, organisation, role, expires_on, *later = fields
    epoch, delegation_id = later or (0, None)
    if not all(number is None or 0 <= int(number) <= LARGEST for number in (gate_id, edition_id, epoch, delegation_id)):
        raise ValueError(fields)
    return Link(purpose, programme, gate_id, edition_id, organisation, role, date.fromisoformat(expires_on), epoch, delegation_id)


def _signed(secret: str, token: str) -> Any:
    """What was signed. ValueError for a token that `sign` would write otherwise.

    Base64 spells one signature in many ways, and whatever counts by link would take each for a link of its own.
    """
    serializer = _serializer(secret)
    signer = serializer.make_signer()
    payload = signer.unsign(token)
    if not hmac.compare_digest(signer.sign(payload), token.encode()):
        raise ValueError(token)
    return serializer.load_payload(payload)


@lru_cache(maxsize=8)
def _serializer(secret: str) -> URLSafeSerializer:
    if not secret:
        raise ProgrammeError("Links cannot be signed without a secret. Set one and keep it: with a new one, earlier links stop working.")
    return URLSafeSerializer(secret, salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256})
