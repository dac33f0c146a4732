"""Mail to a real server and into a folder: what is sent, and what each answer of a server means."""

from __future__ import annotations

import email
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import apprise
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from models.errors import ProgrammeError
from tasks.channel import Channel, Outcome, Parcel, open_channel
from tasks.mail import register
from tests.mail_server import DROP, MailServer, mail_server

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

AT = datetime(2026, 2, 2, 9, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


def parcel(to: str = "lead@cedar.example", text: str = "Hello\n.a line with a dot\n") -> Parcel:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"], message["Message-ID"] = (
        "programme@orchard.example",
        "lead@cedar.example",
        "Hello",
        "<m@x>",
    )
    message.set_content(text)
    return Parcel(message, "programme@orchard.example", to, key="needs/city-cedar", at=AT)


def channel(server: MailServer, **parameters: str) -> Channel:
    return open_channel(server.url(**parameters), Path("unused"))


# -- what is sent --------------------------------------------------------------------------------------------------


def test_messages_arrive_whole_over_one_connection(server: MailServer) -> None:
    with channel(server) as mail:
        assert [mail.deliver(parcel()).outcome for _ in range(3)] == [Outcome.SENT] * 3
    assert server.connections == 1
    arrived = email.message_from_bytes(server.arrived[0].original_content or b"", policy=default)
    assert arrived.get_content().splitlines() == ["Hello", ".a line with a dot"]


def test_the_envelope_counts_whatever_the_headers_say(server: MailServer) -> None:
    with channel(server) as mail:
        mail.deliver(parcel(to="deputy@cedar.example"))
    assert (server.arrived[0].mail_from, server.arrived[0].rcpt_tos) == ("programme@orchard.example", ["deputy@cedar.example"])


def test_an_apostrophe_in_a_mailbox_stays(server: MailServer) -> None:
    with channel(server) as mail:
        mail.deliver(parcel(to="d'amico@cedar.example"))
    assert server.arrived[0].rcpt_tos == ["d'amico@cedar.example"]


def test_a_domain_in_another_script_is_converted(server: MailServer) -> None:
    with channel(server) as mail:
        mail.deliver(parcel(to="lead@δήμος.example"))
    assert server.arrived[0].rcpt_tos == ["lead@xn--jxalzmp.example"]


@pytest.mark.parametrize(
    "mailbox", ["δήμος@cedar.example", "lead@cedar.example>\r\nRCPT TO:<all@cedar.example", "lead", "a b@cedar.example"]
)
def test_a_mailbox_no_server_takes_is_refused_before_it_is_tried(server: MailServer, mailbox: str) -> None:
    with channel(server) as mail:
        assert mail.deliver(parcel(to=mailbox)).outcome is Outcome.PERMANENT
    assert (server.connections, server.arrived) == (0, [])


# -- what the answers mean -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "answer", "outcome", "stops"),
    [
        ("RCPT", "451 try later", Outcome.TEMPORARY, False),
        ("RCPT", "550 no such mailbox", Outcome.PERMANENT, False),
        ("RCPT", "530 log in first", Outcome.PAUSED, True),
        ("DATA", "452 disk full", Outcome.TEMPORARY, False),
        ("DATA", "554 looks like spam", Outcome.PERMANENT, False),
        ("DATA", DROP, Outcome.UNCERTAIN, True),
        ("MAIL", "451 not now", Outcome.PAUSED, True),
        ("MAIL", "550 not you", Outcome.PAUSED, True),
        ("RCPT", "421 closing", Outcome.TEMPORARY, True),
    ],
)
def test_each_answer_has_its_meaning(server: MailServer, command: str, answer: str, outcome: Outcome, stops: bool) -> None:
    server.answers = {command: [answer]}
    with channel(server) as mail:
        delivery = mail.deliver(parcel())
        assert (delivery.outcome, delivery.stops) == (outcome, stops)
        assert delivery.reason
        assert mail.deliver(parcel()).outcome is Outcome.SENT


def test_a_server_that_hung_up_while_idle_costs_nothing(server: MailServer) -> None:
    with channel(server) as mail:
        mail.deliver(parcel())
        server.drop_idle()
        assert mail.deliver(parcel()).outcome is Outcome.SENT
    assert (server.connections, len(server.arrived)) == (2, 2)


def test_no_server_is_a_temporary_failure_that_stops_the_batch() -> None:
    with mail_server() as server:
        pass
    with channel(server) as mail:
        delivery = mail.deliver(parcel())
    assert (delivery.outcome, delivery.stops) == (Outcome.TEMPORARY, True)
    assert "connecting to 127.0.0.1" in delivery.reason


# -- logging in and encryption -------------------------------------------------------------------------------------


def test_a_login_with_odd_characters_works_and_a_wrong_one_pauses_the_channel() -> None:
    with mail_server(password="p@s%40s/+") as server:
        with open_channel(server.url(login="me:p%40s%2540s%2F+@"), Path("unused")) as mail:
            assert mail.deliver(parcel()).outcome is Outcome.SENT
        with open_channel(server.url(login="me:wrong@"), Path("unused")) as mail:
            delivery = mail.deliver(parcel())
    assert delivery.outcome is Outcome.PAUSED
    assert delivery.reason.startswith("AUTH: 535")


def test_a_password_is_not_sent_in_the_clear_unless_the_url_says_so() -> None:
    with mail_server(password="secret") as server, open_channel(server.url(login="me:secret@", starttls="auto"), Path("unused")) as mail:
        delivery = mail.deliver(parcel())
    assert delivery.outcome is Outcome.PAUSED
    assert "no encryption" in delivery.reason


def test_starttls_is_used_where_it_is_offered(certificate: ssl.SSLContext) -> None:
    with mail_server(tls=certificate) as server, channel(server, starttls="auto", verify="no") as mail:
        assert mail.deliver(parcel()).outcome is Outcome.SENT
        assert server.transport.get_extra_info("cipher") is not None


def test_a_certificate_nobody_vouches_for_pauses_the_channel(certificate: ssl.SSLContext) -> None:
    with mail_server(tls=certificate) as server, channel(server, starttls="yes") as mail:
        delivery = mail.deliver(parcel())
    assert delivery.outcome is Outcome.PAUSED
    assert delivery.reason.startswith("TLS:")


def test_starttls_that_is_insisted_on_and_not_offered_pauses_the_channel(server: MailServer) -> None:
    with channel(server, starttls="yes") as mail:
        assert mail.deliver(parcel()).outcome is Outcome.PAUSED


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    today = datetime.now(UTC)
    signed = builder.not_valid_before(today - timedelta(days=1)).not_valid_after(today + timedelta(days=1)).sign(key, hashes.SHA256())
    file = tmp_path_factory.mktemp("certificate") / "server.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


# -- the folder ----------------------------------------------------------------------------------------------------


def test_without_urls_mail_goes_to_the_folder_under_a_name_that_repeats(tmp_path: Path) -> None:
    mail = open_channel(None, tmp_path / "mail")
    first, again = mail.deliver(parcel()), mail.deliver(parcel())
    assert first == again
    assert first.file == "mail/20260202T090000-9fc48da385.eml"
    assert [item.name for item in (tmp_path / "mail").iterdir()] == ["20260202T090000-9fc48da385.eml"]
    assert email.message_from_bytes((tmp_path / first.file).read_bytes(), policy=default)["Subject"] == "Hello"


def test_a_maildir_url_names_a_folder(tmp_path: Path) -> None:
    mail = open_channel(f"maildir://{tmp_path}/Post%20Box?from=programme@orchard.example", Path("unused"))
    assert mail.post.sender == "programme@orchard.example"
    delivery = mail.deliver(parcel())
    assert (tmp_path / (delivery.file or "")).exists()


def test_a_folder_that_cannot_be_written_is_a_temporary_failure(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file where the folder should be")
    delivery = open_channel(None, tmp_path / "mail").deliver(parcel())
    assert (delivery.outcome, delivery.stops) == (Outcome.TEMPORARY, True)


# -- Apprise -------------------------------------------------------------------------------------------------------


def test_apprise_itself_knows_our_schemas(server: MailServer, tmp_path: Path) -> None:
    register()
    services = apprise.Apprise()
    assert services.add(server.url(to="lead@cedar.example"))
    assert services.add(f"maildir://{tmp_path}/mail?from=programme@orchard.example&to=lead@cedar.example")
    assert services.notify(title="Hello\nBcc: all@cedar.example", body="by hand")
    assert server.arrived[0].rcpt_tos == ["lead@cedar.example"]
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1


def test_other_urls_are_stock_apprise_and_get_title_and_body(tmp_path: Path) -> None:
    with webhook() as (url, got), open_channel(url, tmp_path / "mail") as both:
        both.tell_operators("Still open", "Cedar was asked")
        assert both.deliver(parcel()).file
    assert [(item["title"], item["message"]) for item in got] == [("Still open", "Cedar was asked")]


@contextmanager
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Keep the test's output quiet."""

    running = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"json://127.0.0.1:{running.server_port}/", got
    finally:
        running.shutdown()
        running.server_close()


@pytest.mark.parametrize(
    ("urls", "said"),
    [
        ("smtp://mail.example", "needs a host and from="),
        ("smtp://mail.example/?from=δήμος@cedar.example", "from= in the mail URL"),
        ("smtp://mail.example/?from=a@b.example&starttls=maybe", "yes, no or auto"),
        ("smtp://mail.example/?from=a@b.example&timeout=soon", "number of seconds"),
        ("smtp://mail.example:port/?from=a@b.example", "cannot be used"),
        ("smtp://one.example/?from=a@b.example, maildir://two", "Leave one"),
        ("smtp://me:%C3%BC@mail.example/?from=a@b.example", "must be ASCII"),
        ("slack://not-a-token", "The slack:// URL"),
        ("unheard-of://x", "The unheard-of:// URL"),
    ],
)
def test_a_url_that_cannot_be_used_is_said_plainly(urls: str, said: str) -> None:
    with pytest.raises(ProgrammeError, match=said):
        open_channel(urls, Path("unused"))


def test_a_bad_url_is_named_without_its_password() -> None:
    with pytest.raises(ProgrammeError) as caught:
        open_channel("smtp://me:hush@mail.example", Path("unused"))
    assert "hush" not in str(caught.value)
