"""Signed cookies: what a browser brings back unchanged, and nothing it could have made up itself.

Behind https they are `Secure` and carry the `__Host-` prefix, which browsers take from this very host only. Whether the desk is behind
https is decided by `PUBLIC_URL`, never by a header of the request, which anybody can set.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from models import settings

WRITER = "writer"
"""The cookie that remembers how the person at this browser calls themselves."""

WRITER_LASTS = timedelta(days=180)
LONGEST_WRITER = 80

LONGEST = 2048
"""Characters of a cookie that is looked at."""

_SLIP = timedelta(minutes=5)
"""How far in the future a cookie may have been set: two servers' clocks differ a little."""

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+")
"""What no name needs and what could turn the text around it: control characters, marks of direction, halves of characters."""


def put(response: Response, secret: str, name: str, value: str, now: datetime, lasts: timedelta) -> None:
    """Set a signed cookie that can be read for so long; each name has a signature of its own, so that none passes for another."""
    token = _serializer(secret, name).dumps([value, int(now.timestamp())])
    text = token.decode("ascii") if isinstance(token, bytes) else token
    response.set_cookie(_name(name), text, max_age=int(lasts.total_seconds()), path="/", secure=_is_secure(), httponly=True, samesite="lax")


def read(request: Request, secret: str, name: str, now: datetime, lasts: timedelta) -> str | None:
    """The value of a cookie of ours that is not older than so long; None for anything else. `now` must be aware."""
    given = request.cookies.get(_name(name), "")
    if not given or len(given) > LONGEST:
        return None
    try:
        value, at = _serializer(secret, name).loads(given)
        age = now - datetime.fromtimestamp(at, UTC)
    except (BadData, ValueError, TypeError, OverflowError, OSError):
        return None
    return value if isinstance(value, str) and -_SLIP <= age <= lasts else None


def put_plain(response: Response, name: str, value: str, lasts: timedelta) -> None:
    """Set a cookie that is not signed: for a choice that anybody may make, and that is looked up in a list where it is read."""
    response.set_cookie(_name(name), value, int(lasts.total_seconds()), path="/", secure=_is_secure(), httponly=True, samesite="lax")


def read_plain(request: Request, name: str) -> str:
    """The value of such a cookie, which may be anything; empty where there is none."""
    return request.cookies.get(_name(name), "")[:LONGEST]


def drop(response: Response, name: str) -> None:
    """Make the browser forget a cookie."""
    response.delete_cookie(_name(name), path="/", secure=_is_secure(), httponly=True, samesite="lax")


# -- who is writing ------------------------------------------------------------------------------------------------


def remember_writer(response: Response, secret: str, writer: str, now: datetime) -> None:
    """Remember in this browser how somebody calls themselves; an empty name is forgotten."""
    name = clean_writer(writer)
    if name:
        put(response, secret, WRITER, name, now, WRITER_LASTS)
    else:
        drop(response, WRITER)


def writer_of(request: Request, secret: str, now: datetime) -> str:
    """How the person at this browser calls themselves; empty while that is unknown."""
    return clean_writer(read(request, secret, WRITER, now, WRITER_LASTS) or "")


def clean_writer(name: str) -> str:
    """A name on one line, at most `LONGEST_WRITER` characters, without marks that could turn the text around it."""
    return " ".join(_UNSEEN.sub(" ", name).split())[:LONGEST_WRITER].strip()


# -- how -----------------------------------------------------------------------------------------------------------


def _is_secure() -> bool:
    return settings.public_url().lower().startswith("https://")


def _name(name: str) -> str:
    return f"__Host-{name}" if _is_secure() else name


def _serializer(secret: str, name: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=f"inclucities/cookie/{name}/1", signer_kwargs={"digest_method": hashlib.sha256})
