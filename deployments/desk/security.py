"""What keeps the desk's pages safe: headers on every answer, a proof in every form, limits on bodies, no token in a log."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from python_multipart.multipart import parse_options_header
from starlette.convertors import Convertor, register_url_convertor
from starlette.datastructures import FormData, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models import settings

OWN_PAGES = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
DOCUMENTS = (
    "default-src 'none'; style-src 'unsafe-inline' 'self'; img-src 'self' data:; font-src 'self' data:; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
"""Documents carry their styles inside; scripts are barred there as everywhere."""

HEADERS = {
    "content-security-policy": OWN_PAGES,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "x-robots-tag": "noindex",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

DRAINED = 32 * 1024 * 1024
"""How much of a body that is too large is still taken in, so that the browser gets to see the answer."""

_TOKEN = re.compile(r"/(a|link|calendar|sign-in)/[^/?\s\"]+")
_LONG = re.compile(r"/[A-Za-z0-9_.~-]{60,}")
"""Whatever else in an address is as long as a token."""


class Number(Convertor[int]):
    """The number of a row in an address, `{id:number}`: no longer than any database here counts, so that a longer one is no page at all."""

    regex = "[0-9]{1,9}"

    def convert(self, value: str) -> int:
        """As the handler gets it."""
        return int(value)

    def to_string(self, value: int) -> str:
        """As it stands in an address."""
        return str(value)


register_url_convertor("number", Number())


class SecurityHeaders:
    """Adds to every answer the headers it has not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request (ASGI)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_headers(MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, send_safely)


def add_headers(headers: MutableHeaders) -> None:
    """The headers of every answer, where they are not set already."""
    for name, value in HEADERS.items():
        headers.setdefault(name, value)


# -- forms ---------------------------------------------------------------------------------------------------------


def proof(secret: str, token: str) -> str:
    """What a form of this link's page carries: nobody without the link can make it."""
    return hmac.new(secret.encode(), b"inclucities/form/1\0" + token.encode(), hashlib.sha256).hexdigest()


def is_proof(secret: str, token: str, given: str) -> bool:
    """Does a form come from this link's page?"""
    return hmac.compare_digest(proof(secret, token).encode(), given.encode())


def is_from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site's page sends this form.

    Our own pages send no address of theirs (`no-referrer`), so that browsers which do not say it otherwise call their origin "null".
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin", "null").lower()
    own = {request.headers.get("host", "").lower(), urlsplit(settings.public_url()).netloc.lower()}
    return origin != "null" and origin.partition("://")[2] not in own


async def read_form(request: Request, most: int, *, fields: int = 12) -> FormData:
    """The form in a request's body, of so many fields; HTTPException 413 where it is larger than `most` bytes, 400 where it is none."""
    check_encoding(request)
    body = await _body(request, most)
    answered = False

    async def replay() -> Message:
        nonlocal answered
        if answered:
            return {"type": "http.disconnect"}
        answered = True
        return {"type": "http.request", "body": body, "more_body": False}

    return await Request(request.scope, replay).form(max_files=1, max_fields=fields, max_part_size=most)


def check_encoding(request: Request) -> None:
    """HTTPException 400 where a form names another encoding than that of our pages: some take minutes to read, others fail or smuggle."""
    encoding = parse_options_header(request.headers.get("content-type"))[1].get(b"charset", b"utf-8")
    if encoding.lower() not in (b"utf-8", b"utf8"):
        raise HTTPException(400, "A form of these pages is in UTF-8.")


async def _body(request: Request, most: int) -> bytes:
    """The whole body, or what is too large read away and refused."""
    read = bytearray()
    seen = 0
    async for chunk in _chunks(request):
        seen += len(chunk)
        if seen <= most:
            read += chunk
        elif seen > DRAINED:
            break
    if seen > most:
        raise HTTPException(413)
    return bytes(read)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        yield chunk


# -- logs ----------------------------------------------------------------------------------------------------------


class NoTokens(logging.Filter):
    """Takes the tokens of links out of access logs, for servers that keep one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without tokens."""
        if isinstance(record.args, tuple):
            record.args = tuple(without_tokens(item) if isinstance(item, str) else item for item in record.args)
        if isinstance(record.msg, str):
            record.msg = without_tokens(record.msg)
        return True


def without_tokens(text: str) -> str:
    """A text with the tokens of links left out of addresses."""
    return _LONG.sub("/…", _TOKEN.sub(r"/\1/…", text))


def keep_tokens_out_of_logs() -> None:
    """Put the filter on the servers' loggers; once more changes nothing."""
    for name in ("uvicorn.access", "uvicorn.error"):
        logger = logging.getLogger(name)
        if not any(isinstance(item, NoTokens) for item in logger.filters):
            logger.addFilter(NoTokens())
