"""The mail that has come: whose mailbox, which notices, and the links in it. Nothing here signs a link."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from models.links import BadLink, Link, read
from tests.mail_server import MailServer
from tests.oracle import Arrival


@dataclass(frozen=True)
class Received:
    """A link in somebody's mailbox, and what its reader may do with it."""

    token: str
    link: Link
    subject: str


@dataclass
class Post:
    """All mailboxes of a programme, filled by a real SMTP server."""

    server: MailServer
    desk: str
    secret: str
    arrived: list[Arrival] = field(default_factory=list)
    boxes: dict[str, list[Received]] = field(default_factory=lambda: defaultdict(list))
    read: int = 0

    def collect(self, now: datetime) -> None:
        """Read what has come since."""
        for envelope in self.server.arrived[self.read :]:
            self.read += 1
            message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
            assert isinstance(message, EmailMessage)
            [mailbox] = envelope.rcpt_tos
            self.arrived.append(Arrival(str(message["Message-ID"]), mailbox, self.read))
            body = message.get_body(("plain",))
            assert body is not None
            for token in dict.fromkeys(re.findall(rf"{re.escape(self.desk)}/link/([^\s>]+)", body.get_content())):
                self._keep(mailbox, token, str(message["Subject"]), now)

    def _keep(self, mailbox: str, token: str, subject: str, now: datetime) -> None:
        try:
            self.boxes[mailbox].append(Received(token, read(self.secret, token, now), subject))
        except BadLink as bad:
            raise AssertionError(f"a link in a mail to {mailbox} opens nothing: {bad}") from bad

    def invitation(self, mailbox: str, gate: int, organisation: str, role: str) -> Received | None:
        """The newest link by which somebody may act at a gate; None while none has come."""
        wanted = ("act", gate, organisation, role)
        found = (
            item
            for item in reversed(self.boxes[mailbox])
            if (item.link.purpose, item.link.gate_id, item.link.organisation, item.link.role) == wanted
        )
        return next(found, None)
