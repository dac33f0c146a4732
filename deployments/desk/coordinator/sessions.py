"""Which programmes a browser is signed in to as their coordinator: one cookie with a random key for each, of which the rows hold hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from deployments.desk import cookies
from deployments.desk.security import is_proof, proof
from models.doors.signing_in import SESSION_LASTS, session_of
from models.sign_ins import SignIn

COOKIE = "coordinator"
MOST = 12
"""Programmes at once; the oldest sign-in gives way."""


@dataclass(frozen=True)
class SignedIn:
    """A session that is open: its row, and the key this browser has."""

    row: SignIn
    key: str


def keys_of(request: Request, now: datetime) -> list[str]:
    """The keys a browser brings, the oldest first."""
    value = cookies.read(request, request.app.state.desk.secret, COOKIE, now, SESSION_LASTS)
    return [key for key in (value or "").split(".") if key][-MOST:]


def signed_in(request: Request, session: Session, now: datetime) -> dict[str, SignedIn]:
    """The open sessions of a browser, by programme."""
    found: dict[str, SignedIn] = {}
    for key in keys_of(request, now):
        row = session_of(session, key, now)
        if row is not None:
            found[row.programme_id] = SignedIn(row, key)
    return found


def remember(request: Request, response: Response, keys: list[str], now: datetime) -> None:
    """Give the browser these keys, or take the cookie away where there are none. How long each lasts the rows say."""
    if keys:
        cookies.put(response, request.app.state.desk.secret, COOKIE, ".".join(keys[-MOST:]), now, SESSION_LASTS)
    else:
        cookies.drop(response, COOKIE)


def proof_of(request: Request, signed: SignedIn) -> str:
    """What every form of this session's pages carries."""
    return proof(request.app.state.desk.secret, f"coordinator/{signed.key}")


def is_proven(request: Request, signed: SignedIn, given: str) -> bool:
    """Does a form come from a page of this session?"""
    return is_proof(request.app.state.desk.secret, f"coordinator/{signed.key}", given)
