"""Where notices go: one channel for mail, and whatever else Apprise knows for the people who run the programme.

How a mail server is spoken to is `smtp`, how a folder is filled `mail_folder`; only `mail` knows Apprise, and it is imported
only where a URL asks for it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from models.errors import ProgrammeError
from models.mailbox import ascii_mailbox

log = logging.getLogger(__name__)

MAIL = ("smtp", "smtps", "maildir")
_URL = re.compile(r"[\s,]+(?=[a-zA-Z][a-zA-Z0-9+.-]*://)")

valid = lru_cache(maxsize=4096)(ascii_mailbox)
"""The mailbox with its domain in ASCII, or ValueError. The same few are asked for again and again."""


class Outcome(StrEnum):
    """What came of handing a message over."""

    SENT = "sent"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    PAUSED = "paused"
    """Nothing is wrong with this message: the channel is set up wrongly and takes none."""
    UNCERTAIN = "uncertain"
    """It was handed over, and the connection broke before the answer came."""


@dataclass(frozen=True)
class Delivery:
    """One try. `file` names what was written, where the channel is a folder; `stops`: the next message would fare no better."""

    outcome: Outcome
    reason: str = ""
    file: str | None = None
    stops: bool = False


@dataclass(frozen=True)
class Parcel:
    """A finished message with its envelope: what the server is told, whatever the message's own headers say.

    `key` and `at` name it in a folder; the same ones give the same name.
    """

    message: EmailMessage
    sender: str
    recipient: str
    key: str
    at: datetime

    def as_bytes(self) -> bytes:
        """The message as it travels: CRLF line ends, by its own policy where that has them."""
        policy = self.message.policy
        return self.message.as_bytes(policy=policy if policy.linesep == "\r\n" else SMTP)


class Post(Protocol):
    """Something that delivers finished messages. `sender` and `reply_to` are what its URL says, if it does."""

    name: str
    sender: str | None
    reply_to: str | None

    def deliver(self, parcel: Parcel) -> Delivery:
        """Hand one message over. Never raises for what a server or network does."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class Operators(Protocol):
    """A stock Apprise service, which takes a title and a body."""

    def notify(self, body: str, title: str) -> bool | None:
        """Tell; whether it was taken."""
        ...


class Channel:
    """The mail channel of a programme with its additional operator channels. Close it, or use it in a `with`."""

    def __init__(self, post: Post, operators: Sequence[Operators] = ()) -> None:
        self.post = post
        self.operators = operators

    def deliver(self, parcel: Parcel) -> Delivery:
        """Send one message to one mailbox. A mailbox no server would take is a permanent failure."""
        try:
            parcel = replace(parcel, sender=valid(parcel.sender), recipient=valid(parcel.recipient))
        except ValueError as error:
            return Delivery(Outcome.PERMANENT, str(error))
        return self.post.deliver(parcel)

    def tell_operators(self, title: str, body: str) -> int:
        """Say it on the operator channels too; how many took it. What they do not take is logged, and not repeated here."""
        taken = 0
        for service in self.operators:
            if service.notify(body=body, title=title):
                taken += 1
            else:
                log.warning("an operator channel did not take %r", title)
        return taken

    def close(self) -> None:
        """Let go of connections."""
        self.post.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_channel(notify_urls: str | None, folder: Path) -> Channel:
    """The channel for `NOTIFY_URLS`: Apprise URLs separated by spaces, commas or lines, at most one of them for mail.

    Mail is written to `folder` as `.eml` files where no URL says otherwise. ProgrammeError names the URL at fault by its
    scheme only, since URLs carry passwords.
    """
    urls = [url for url in _URL.split((notify_urls or "").strip(" \t\r\n,")) if url]
    mail = [url for url in urls if _scheme(url) in MAIL]
    if len(mail) > 1:
        raise ProgrammeError(f"NOTIFY_URLS has {len(mail)} URLs for mail ({', '.join(map(_scheme, mail))}). Leave one.")
    if not urls:
        return Channel(_folder(folder))
    from tasks.mail import open_operators, open_post  # loads Apprise with its two hundred services: only where it is asked for

    others = [open_operators(url) for url in urls if url not in mail]
    return Channel(open_post(mail[0]) if mail else _folder(folder), others)


def _folder(folder: Path) -> Post:
    from tasks.mail_folder import MailFolder

    return MailFolder(folder)


def _scheme(url: str) -> str:
    return url.partition("://")[0].lower()
