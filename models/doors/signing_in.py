"""The coordinator's sign-in: a link to the programme's own mailbox that works once, then a session in one browser.

The database holds hashes only. The link is made of a random number, which the notice carries, and the desk's secret, which it does not:
whoever reads the database can sign in no more than whoever reads the mail server's queue could without it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.definition import Role
from models.doors import telling_desk
from models.errors import Refused
from models.mailbox import ascii_mailbox
from models.organisations import Contact, Organisation
from models.programme import Programme
from models.sign_ins import SignIn
from models.standing import Standing, load

LINK_LASTS = timedelta(minutes=30)
SESSION_LASTS = timedelta(hours=12)
MOST_LINKS = 5
"""Links under way to one programme's coordinator: whoever types the mailbox again and again fills nobody's inbox."""
LONGEST_TOKEN = 200


class NoSignIn(Refused):
    """A link that signs nobody in: not ours, used, or too old. All three look the same from outside."""

    def __init__(self) -> None:
        super().__init__("This link does not sign you in: it works once, for half an hour. Ask for a new one.")


def ask(session: Session, mailbox: str, secret: str, now: datetime) -> list[str]:
    """Queue a link for each running programme whose coordinator has this mailbox; their ids. What is no such mailbox gets nothing."""
    try:
        wanted = ascii_mailbox(mailbox.strip()).casefold()
    except ValueError:
        return []
    query = (
        select(Programme.id)
        .join(Organisation, Organisation.programme_id == Programme.id)
        .join(Contact, Contact.organisation_id == Organisation.id)
        .where(Programme.closed_at.is_(None), Programme.rehearsal.is_(False), func.lower(Contact.mailbox) == wanted)
        .distinct()
    )
    asked = []
    for programme in sorted(session.scalars(query)):
        standing = load(session, programme, locked=True)
        contact = next((item for item in _coordinators(standing) if item.mailbox.casefold() == wanted), None)
        if contact is not None and _under_way(session, programme, now) < MOST_LINKS:
            sign_in, nonce, _ = _prepare(session, programme, secret, now)
            telling_desk.sign_in(session, standing, sign_in, contact, nonce, now)
            asked.append(programme)
    return asked


def link_for(session: Session, programme: str, secret: str, now: datetime) -> str:
    """The token of a link for whoever has the machine; Refused where no such programme has been launched."""
    load(session, programme)
    return _prepare(session, programme, secret, now)[2]


def token_of(secret: str, nonce: str) -> str:
    """The token of the link a notice's random number stands for."""
    return hmac.new(secret.encode(), b"inclucities/sign-in/1\0" + nonce.encode(), hashlib.sha256).hexdigest()


def _coordinators(standing: Standing) -> list[Contact]:
    return standing.organisation(standing.definition.coordinator).reached_at(Role.COORDINATOR)


def _under_way(session: Session, programme: str, now: datetime) -> int:
    query = select(func.count()).where(SignIn.programme_id == programme, SignIn.used_at.is_(None), SignIn.link_until > now)
    return session.scalar(query) or 0


def _prepare(session: Session, programme: str, secret: str, now: datetime) -> tuple[SignIn, str, str]:
    nonce = secrets.token_hex(16)
    token = token_of(secret, nonce)
    sign_in = SignIn(programme_id=programme, link_sha256=_hash(token), asked_at=now, link_until=now + LINK_LASTS)
    session.add(sign_in)
    session.flush()
    return sign_in, nonce, token


# -- using the link --------------------------------------------------------------------------------------------------


def link_is_good(session: Session, token: str, now: datetime) -> SignIn:
    """The sign-in a link stands for, unused and in time; NoSignIn otherwise. Looking uses nothing up."""
    found = session.scalars(select(SignIn).where(SignIn.link_sha256 == _hash(token)).with_for_update()).one_or_none()
    if found is None or found.used_at is not None or found.ended_at is not None or now >= found.link_until:
        raise NoSignIn
    return found


def use(session: Session, token: str, now: datetime) -> tuple[SignIn, str]:
    """Use a link up; the sign-in and the token of the session that begins. NoSignIn where it signs nobody in."""
    sign_in = link_is_good(session, token, now)
    key = secrets.token_urlsafe(32)
    sign_in.used_at, sign_in.session_sha256, sign_in.session_until = now, _hash(key), now + SESSION_LASTS
    session.flush()
    return sign_in, key


# -- the session -----------------------------------------------------------------------------------------------------


def session_of(session: Session, key: str, now: datetime) -> SignIn | None:
    """The sign-in whose session a browser's token opens; None where it has ended, was signed out of, or never was."""
    found = session.scalars(select(SignIn).where(SignIn.session_sha256 == _hash(key))).one_or_none()
    if found is None or found.ended_at is not None or found.session_until is None or now >= found.session_until:
        return None
    return found


def end(sign_in: SignIn, now: datetime) -> None:
    """Sign out: the browser's token opens nothing any more, whoever has it."""
    sign_in.ended_at = sign_in.ended_at or now


def end_all(session: Session, programme: str, now: datetime) -> int:
    """End every session of a programme and void every link that is under way; how many there were."""
    found = list(session.scalars(select(SignIn).where(SignIn.programme_id == programme, SignIn.ended_at.is_(None)).with_for_update()))
    for sign_in in found:
        end(sign_in, now)
    return len(found)


def _hash(token: str) -> str:
    return hashlib.sha256(token[:LONGEST_TOKEN].encode("utf-8", "surrogatepass")).hexdigest()
