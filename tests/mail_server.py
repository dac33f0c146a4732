"""A real SMTP server in this process, which can be told what to answer next."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

DROP = "drop"
"""Close the connection instead of answering."""


@dataclass
class MailServer:
    """What arrived, and the answers still to give, by command; where none is left the answer is yes."""

    port: int = 0
    answers: dict[str, list[str]] = field(default_factory=dict)
    arrived: list[Envelope] = field(default_factory=list)
    connections: int = 0
    transport: Any = None
    controller: Any = None
    make: Callable[[], Any] | None = None
    has_one: threading.Event = field(default_factory=threading.Event)
    """A message is in its hands."""
    hold: threading.Event | None = None
    """It says nothing to a message before this is set."""

    def url(self, scheme: str = "smtp", login: str = "", **parameters: str) -> str:
        """The URL of this server for NOTIFY_URLS."""
        given = {"from": "programme@orchard.example", "starttls": "no", "timeout": "5"} | parameters
        return f"{scheme}://{login}127.0.0.1:{self.port}/?" + "&".join(f"{key}={value}" for key, value in given.items())

    def go_away(self) -> None:
        """Nobody listens on its port any more."""
        self.controller.stop()

    def come_back(self) -> None:
        """The same server on the same port."""
        assert self.make is not None
        self.controller = self.make()
        self.controller.start()

    def drop_idle(self) -> None:
        """Close the connection as a server does that has waited too long."""
        self.controller.loop.call_soon_threadsafe(self.transport.abort)

    def _next(self, command: str, yes: str) -> str:
        answers = self.answers.get(command)
        return answers.pop(0) if answers else yes

    # aiosmtpd's names for what a handler may do

    async def handle_EHLO(self, server: Any, session: Session, _envelope: Envelope, hostname: str, responses: list[str]) -> list[str]:  # noqa: N802 - aiosmtpd's name
        self.connections += 1
        self.transport = server.transport
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self._next("MAIL", "250 OK")
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self._next("RCPT", "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.has_one.set()
        if self.hold is not None:
            await asyncio.to_thread(self.hold.wait, 60)
        answer = self._next("DATA", "250 OK")
        if answer == DROP:
            self.arrived.append(envelope)
            server.transport.abort()
            return "421 never said"
        if answer.startswith("250"):
            self.arrived.append(envelope)
        return answer


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mail_server(*, password: str | None = None, tls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """A server on a free port of this machine; with `password` it wants a login, with `tls` it offers STARTTLS."""
    server = MailServer(port=_free_port())

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password.decode() == password, handled=False)

    options: dict[str, Any] = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False} if password else {}
    server.make = lambda: Controller(server, hostname="127.0.0.1", port=server.port, tls_context=tls, **options)
    server.come_back()
    try:
        yield server
    finally:
        server.controller.stop()
