"""Our Apprise plugins for mail: finished messages with an explicit envelope, to a mail server or into a folder.

Stock Apprise mail is not used; why is measured in `design.md`, "Notices through Apprise". Importing this module loads Apprise.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import apprise
from apprise.manager_plugins import NotificationManager

from models.errors import ProgrammeError
from models.mailbox import ascii_mailbox
from tasks.channel import Channel, Outcome, Parcel, Post
from tasks.mail_folder import MailFolder
from tasks.smtp import MailServer, Security, SmtpPool

_STARTTLS = {"yes": Security.STARTTLS, "no": Security.NONE, "auto": Security.IF_OFFERED}
_HELP = "Write it as smtp://user:password@host:587/?from=programme@organisation.example&starttls=yes"


class NotifySmtp(apprise.NotifyBase):
    """`smtp://` (STARTTLS where the server offers it; `starttls=yes` insists, `no` forbids) and `smtps://`.

    Parameters: `from` (required), `reply_to`, `starttls`, `verify=no`, `timeout` in seconds. `post` is what delivers.
    """

    service_name = "Programme mail by SMTP"
    service_url = setup_url = "https://www.rfc-editor.org/rfc/rfc5321"
    protocol = "smtp"
    secure_protocol = "smtps"
    templates = ("{schema}://{host}:{port}",)
    request_rate_per_sec = 0

    def __init__(self, parameters: dict[str, str], login: tuple[str, str] | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parameters = parameters
        self.post = SmtpPool(self._server(login), _mailbox(parameters, "from"), _mailbox(parameters, "reply_to"))

    def _server(self, login: tuple[str, str] | None) -> MailServer:
        given, secure = self.parameters, self.schema == "smtps"
        if not self.host or not given.get("from"):
            raise ProgrammeError(f"The {self.schema} URL needs a host and from=. {_HELP}")
        if given.get("starttls", "auto") not in _STARTTLS:
            raise ProgrammeError(f"starttls= is yes, no or auto, not {given['starttls']!r}. {_HELP}")
        user, password = login or (None, None)
        if login and not "".join(login).isascii():
            raise ProgrammeError(f"User and password of the {self.schema} URL must be ASCII: Python's SMTP sends no others.")
        return MailServer(
            host=self.host,
            port=self.port or (465 if secure else 587 if user else 25),
            user=user,
            password=password,
            security=Security.TLS if secure else _STARTTLS[given.get("starttls", "auto")],
            verify=given.get("verify") != "no",
            timeout=_seconds(given.get("timeout", "20")),
            says_hello_as=given["from"].partition("@")[2] if given["from"].isascii() else "localhost",
        )

    def send(self, body: str, title: str = "", **_kwargs: Any) -> bool:
        """Apprise's own entry: a plain message, to the `to=` of the URL."""
        return _send_plain(self, body, title)

    def url(self, *_args: Any, **_kwargs: Any) -> str:
        """The URL without user and password, which is all a log needs."""
        return f"{self.schema}://{self.host}:{self.post.server.port}"

    @staticmethod
    def parse_url(url: str, *_args: Any, **_kwargs: Any) -> dict[str, Any] | None:
        """The parts of the URL, each unquoted once: Apprise's own parser unquotes passwords twice. None where it is no URL."""
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            return None
        login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        return {"schema": parts.scheme, "host": parts.hostname, "port": port, "login": login, "parameters": _parameters(parts.query)}


class NotifyFolder(apprise.NotifyBase):
    """`maildir:///absolute/path` or `maildir://relative/path`: `.eml` files. Parameters: `from`, `reply_to`. `post` is what delivers."""

    service_name = "Programme mail into a folder"
    service_url = setup_url = "https://www.rfc-editor.org/rfc/rfc5322"
    protocol = "maildir"
    templates = ("{schema}://{path}",)
    request_rate_per_sec = 0

    def __init__(self, parameters: dict[str, str], path: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parameters = parameters
        self.post = MailFolder(Path(path), _mailbox(parameters, "from"), _mailbox(parameters, "reply_to"))

    def send(self, body: str, title: str = "", **_kwargs: Any) -> bool:
        """Apprise's own entry: a plain message, to the `to=` of the URL."""
        return _send_plain(self, body, title)

    def url(self, *_args: Any, **_kwargs: Any) -> str:
        """The URL."""
        return f"maildir://{self.post.folder}"

    @staticmethod
    def parse_url(url: str, *_args: Any, **_kwargs: Any) -> dict[str, Any] | None:
        """What stands between `//` and `?` is the path, in the case it was written in. None where there is none."""
        path, _, query = url.partition("://")[2].partition("?")
        return {"schema": "maildir", "path": unquote(path), "parameters": _parameters(query)} if path else None


def _send_plain(service: NotifySmtp | NotifyFolder, body: str, title: str) -> bool:
    sender, recipient = service.post.sender, service.parameters.get("to")
    if not sender or not recipient:
        service.logger.warning("%s:// takes finished messages; for a plain one its URL needs from= and to=.", service.schema)
        return False
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, recipient, " ".join(title.split())
    message.set_content(body)
    parcel = Parcel(message, sender, recipient, key=f"{title}/{body}", at=datetime.now(UTC))
    delivery = Channel(service.post).deliver(parcel)
    if delivery.outcome is not Outcome.SENT:
        service.logger.warning("%s:// %s: %s", service.schema, delivery.outcome, delivery.reason)
    return delivery.outcome is Outcome.SENT


def register() -> None:
    """Make our schemas known to Apprise; once is enough, more does no harm."""
    manager = NotificationManager()
    for plugin in (NotifySmtp, NotifyFolder):
        if plugin.protocol not in manager:
            manager.add(plugin)


def open_post(url: str) -> Post:
    """Our mail service for a URL; ProgrammeError saying what is wrong with it."""
    register()
    service = _instantiate(url)
    if not isinstance(service, NotifySmtp | NotifyFolder):
        raise ProgrammeError(f"{url.partition('://')[0]}:// is not one of our mail services. {_HELP}")
    return service.post


def open_operators(url: str) -> apprise.Apprise:
    """A stock Apprise service for people who run the programme; ProgrammeError where Apprise cannot use the URL."""
    register()
    services = apprise.Apprise()
    services.add(_instantiate(url))
    return services


def _instantiate(url: str) -> apprise.NotifyBase:
    scheme = url.partition("://")[0]
    try:
        service = apprise.Apprise.instantiate(url, suppress_exceptions=False)
    except (TypeError, KeyError, ValueError):
        service = None  # what Apprise says of it may hold a token
    if service is None:
        raise ProgrammeError(f"The {scheme}:// URL in NOTIFY_URLS cannot be used. Compare it with the service's page of Apprise.")
    return service


def _parameters(query: str) -> dict[str, str]:
    """The parameters, the last of each; a plus stays a plus, for mailboxes have them."""
    return {key: values[-1] for key, values in parse_qs(query.replace("+", "%2B")).items()}


def _mailbox(parameters: dict[str, str], name: str) -> str | None:
    if name not in parameters:
        return None
    try:
        return ascii_mailbox(parameters[name])
    except ValueError as error:
        raise ProgrammeError(f"{name}= in the mail URL of NOTIFY_URLS: {error}.") from error


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 600:
        raise ProgrammeError(f"timeout= is a number of seconds from 1 to 600, not {text!r}.")
    return seconds
