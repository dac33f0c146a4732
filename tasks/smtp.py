"""Speaking to a mail server: a pool of open connections, one message at a time, and what each answer means.

The meaning of the answers: RFC 5321, and `design.md`, "Notices through Apprise". Nothing is retried here except a message that met a
connection the server had closed while it was idle.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from queue import Empty, LifoQueue

from tasks.channel import Delivery, Outcome, Parcel

SETUP_CODES = frozenset({530, 534, 535, 538})
"""Answers at RCPT that speak of our login, not of the mailbox."""

CLOSING = 421
POOL = 4


class Security(StrEnum):
    """How a connection is encrypted."""

    TLS = "tls"
    STARTTLS = "starttls"
    IF_OFFERED = "if-offered"
    NONE = "none"


@dataclass(frozen=True)
class MailServer:
    """A mail server and how to log in. Seconds for `timeout`."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    security: Security = Security.IF_OFFERED
    verify: bool = True
    timeout: float = 20.0
    says_hello_as: str = "localhost"


class _Failed(Exception):
    """A step of the conversation did not succeed; carries what that means for the message."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        super().__init__(delivery.reason)


class SmtpPool:
    """Connections to one server, kept open between messages. Safe for several threads."""

    name = "smtp"

    def __init__(self, server: MailServer, sender: str | None = None, reply_to: str | None = None) -> None:
        self.server = server
        self.sender = sender
        self.reply_to = reply_to
        self._idle: LifoQueue[smtplib.SMTP] = LifoQueue(maxsize=POOL)

    def deliver(self, parcel: Parcel) -> Delivery:
        """Send one message. Never raises for what the server or the network does."""
        try:
            return self._finish(self._begin(parcel.sender), parcel)
        except _Failed as failed:
            return failed.delivery

    def close(self) -> None:
        """Say goodbye on every idle connection."""
        while True:
            try:
                smtp = self._idle.get_nowait()
            except Empty:
                return
            try:
                smtp.quit()
            except (OSError, smtplib.SMTPException):
                smtp.close()

    # -- the conversation ------------------------------------------------------------------------------------------

    def _begin(self, sender: str) -> smtplib.SMTP:
        """A connection on which MAIL FROM was accepted. An idle one that the server has left is replaced once."""
        while True:
            try:
                smtp = self._idle.get_nowait()
            except Empty:
                break
            try:
                code, text = smtp.mail(sender)
            except (OSError, smtplib.SMTPServerDisconnected):
                smtp.close()
                continue
            if code != CLOSING:
                return self._accepted(smtp, code, text)
            smtp.close()
        smtp = self._connect()
        with _network(smtp, "MAIL FROM"):
            code, text = smtp.mail(sender)
        return self._accepted(smtp, code, text)

    def _accepted(self, smtp: smtplib.SMTP, code: int, text: bytes) -> smtplib.SMTP:
        if code == 250:
            return smtp
        smtp.close()
        temporary = code == CLOSING
        raise _Failed(Delivery(Outcome.TEMPORARY if temporary else Outcome.PAUSED, _said("MAIL FROM", code, text), stops=True))

    def _finish(self, smtp: smtplib.SMTP, parcel: Parcel) -> Delivery:
        with _network(smtp, "RCPT TO"):
            code, text = smtp.rcpt(parcel.recipient)
        if code not in (250, 251):
            return self._refused(smtp, "RCPT TO", code, text)
        with _network(smtp, "DATA"):
            code, text = smtp.docmd("data")
        if code != 354:
            return self._refused(smtp, "DATA", code, text)
        try:
            smtp.send(_dotted(parcel.as_bytes()))
            code, text = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            smtp.close()
            return Delivery(Outcome.UNCERTAIN, f"after DATA: {error}", stops=True)
        if code != 250:
            return self._refused(smtp, "end of DATA", code, text)
        self._keep(smtp)
        return Delivery(Outcome.SENT)

    def _refused(self, smtp: smtplib.SMTP, step: str, code: int, text: bytes) -> Delivery:
        """What an answer other than yes means; the connection goes back to the pool where it can still be used."""
        reason = _said(step, code, text)
        if code == CLOSING:
            smtp.close()
            return Delivery(Outcome.TEMPORARY, reason, stops=True)
        try:
            smtp.rset()
            self._keep(smtp)
        except (OSError, smtplib.SMTPException):
            smtp.close()
        if code in SETUP_CODES:
            return Delivery(Outcome.PAUSED, reason, stops=True)
        return Delivery(Outcome.PERMANENT if 500 <= code < 600 else Outcome.TEMPORARY, reason)

    def _keep(self, smtp: smtplib.SMTP) -> None:
        if self._idle.full():
            smtp.close()
        else:
            self._idle.put_nowait(smtp)

    # -- connecting ------------------------------------------------------------------------------------------------

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        try:
            smtp = _open(server)
        except ssl.SSLError as error:
            raise _paused("TLS", error) from error
        except (OSError, smtplib.SMTPException) as error:
            raise _Failed(Delivery(Outcome.TEMPORARY, f"connecting to {server.host}:{server.port}: {error}", stops=True)) from error
        try:
            self._secure(smtp)
            self._log_in(smtp)
        except _Failed:
            smtp.close()
            raise
        return smtp

    def _secure(self, smtp: smtplib.SMTP) -> None:
        wanted = self.server.security
        with _network(smtp, "EHLO"):
            smtp.ehlo_or_helo_if_needed()
        if wanted is Security.STARTTLS or (wanted is Security.IF_OFFERED and smtp.has_extn("starttls")):
            try:
                smtp.starttls(context=_context(self.server.verify))
                smtp.ehlo()  # what was said before encryption is forgotten (RFC 3207, 4.2)
            except (OSError, smtplib.SMTPException) as error:
                raise _paused("TLS", error) from error

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        server = self.server
        if server.user is None:
            return
        if server.security is not Security.NONE and not isinstance(smtp.sock, ssl.SSLSocket):
            raise _paused("AUTH", "the server offers no encryption: the password is not sent. With starttls=no in the URL it would be")
        try:
            smtp.login(server.user, server.password or "")
        except smtplib.SMTPException as error:
            raise _paused("AUTH", error) from error
        except OSError as error:
            raise _Failed(Delivery(Outcome.TEMPORARY, f"AUTH: {error}", stops=True)) from error


def _open(server: MailServer) -> smtplib.SMTP:
    if server.security is Security.TLS:
        return smtplib.SMTP_SSL(
            server.host, server.port, local_hostname=server.says_hello_as, timeout=server.timeout, context=_context(server.verify)
        )
    return smtplib.SMTP(server.host, server.port, local_hostname=server.says_hello_as, timeout=server.timeout)


def _context(verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextmanager
def _network(smtp: smtplib.SMTP, step: str) -> Iterator[None]:
    """A connection that breaks before the message was handed over: temporary."""
    try:
        yield
    except (OSError, smtplib.SMTPException) as error:
        smtp.close()
        raise _Failed(Delivery(Outcome.TEMPORARY, f"{step}: {error}", stops=True)) from error


def _paused(step: str, error: Exception | str) -> _Failed:
    text = _said(step, error.smtp_code, error.smtp_error) if isinstance(error, smtplib.SMTPResponseException) else f"{step}: {error}"
    return _Failed(Delivery(Outcome.PAUSED, text, stops=True))


def _said(step: str, code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{step}: {code} {' '.join(words.split())}"


def _dotted(data: bytes) -> bytes:
    """The message with leading dots doubled and the line that ends it (RFC 5321, 4.5.2)."""
    data = data if data.endswith(b"\r\n") else data + b"\r\n"
    dotted = data.replace(b"\r\n.", b"\r\n..")
    return (b"." + dotted if dotted.startswith(b".") else dotted) + b".\r\n"
