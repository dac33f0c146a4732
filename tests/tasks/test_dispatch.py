"""Sending what is due, through a real database and a real mail server: once, in time, and never what is done."""

from __future__ import annotations

import email
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import Envelope
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models import outbox
from models.database import changing, reading
from models.errors import ProgrammeError
from models.events import Event
from models.gates import Gate, GateState
from models.links import REHEARSAL_SECRET, read
from models.notices import Attempt, Notice, NoticeKind, NoticeState
from tasks.channel import Channel, Delivery, Outcome, Parcel
from tasks.dispatch import Dispatched, dispatch, open_channel
from tasks.steps import Step, watched
from tests.mail_server import DROP, MailServer, mail_server
from tests.outboxes import DUE_ON, NOW, launched, notice

SECRET = "a secret of this test"
HOUR = timedelta(hours=1)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def mail(server: MailServer) -> Iterator[Channel]:
    with open_channel(server.url(), Path("unused")) as channel:
        yield channel


def queue(engine: Engine, *notices: dict[str, Any]) -> None:
    """A launched programme with these notices, each named by its place."""
    with changing(engine) as session:
        standing = launched(session)
        session.add_all([notice(standing, f"n{place}", **fields) for place, fields in enumerate(notices)])


def send(engine: Engine, channel: Channel, now: datetime = NOW, **options: Any) -> Dispatched:
    given: dict[str, Any] = {"worker": "me", "secret": SECRET, "public_url": "https://desk.example"}

    def sessions() -> AbstractContextManager[Session]:
        return changing(engine)

    return dispatch(sessions, now, channel, **given | options)


def rows(engine: Engine) -> list[Notice]:
    with reading(engine) as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


def parsed(envelope: Envelope) -> EmailMessage:
    message = email.message_from_bytes(envelope.original_content or b"", policy=default)
    assert isinstance(message, EmailMessage)
    return message


def message_ids(server: MailServer) -> list[str]:
    return [parsed(item)["Message-ID"] for item in server.arrived]


# -- the ordinary course -------------------------------------------------------------------------------------------


def test_what_is_due_goes_out_once(engine: Engine, server: MailServer, mail: Channel) -> None:
    queue(engine, {}, {"due_at": NOW + HOUR})
    assert send(engine, mail) == Dispatched(sent=1)
    assert send(engine, mail) == Dispatched()
    assert [item.rcpt_tos for item in server.arrived] == [["lead@cedar.example"]]
    sent, waiting = rows(engine)
    assert (sent.state, sent.message_id, sent.sent_at) == (NoticeState.SENT, message_ids(server)[0], NOW)
    assert waiting.state == NoticeState.QUEUED
    assert send(engine, mail, NOW + HOUR).sent == 1


def test_the_link_lets_its_reader_act_at_the_gate(engine: Engine, server: MailServer, mail: Channel) -> None:
    queue(engine, {})
    send(engine, mail)
    body = parsed(server.arrived[0]).get_body(("plain",))
    assert body is not None
    token = next(line.strip() for line in body.get_content().splitlines() if line.startswith("https://")).removeprefix(
        "https://desk.example/link/"
    )
    link = read(SECRET, token, NOW)
    assert (link.purpose, link.programme, link.organisation, link.role) == ("act", "orchard", "cedar", "project-lead")
    assert link.gate_id == rows(engine)[0].gate_id
    assert link.expires_on > DUE_ON


def test_a_reminder_is_not_sent_once_the_form_is_in(engine: Engine, server: MailServer, mail: Channel) -> None:
    queue(
        engine, {"kind": NoticeKind.REMINDER, "rung": "T-7"}, {"kind": NoticeKind.DECISION, "detail": {"verdict": "approve", "by": "cedar"}}
    )
    with changing(engine) as session:
        session.scalars(select(Gate).where(Gate.key == "needs", Gate.scope == "city-cedar")).one().state = GateState.SATISFIED
    assert send(engine, mail) == Dispatched(sent=1, cancelled=1)
    assert [item.state for item in rows(engine)] == [NoticeState.CANCELLED, NoticeState.SENT]
    assert parsed(server.arrived[0])["Subject"].startswith("Approved:")


def test_more_than_the_days_cap_comes_in_one_message(engine: Engine, server: MailServer, mail: Channel) -> None:
    queue(engine, *({} for _ in range(7)), {"mailbox": "lead@birch.example"})
    assert send(engine, mail) == Dispatched(sent=8)
    assert len(server.arrived) == 6
    together = [item for item in rows(engine) if item.message_id == message_ids(server)[4]]
    assert [item.key for item in together] == ["n4", "n5", "n6"]
    assert parsed(server.arrived[4])["Subject"] == "3 messages, the first date is 16 February 2026"


def test_a_folder_takes_mail_and_history_names_the_file(engine: Engine, tmp_path: Path) -> None:
    queue(engine, {})
    assert send(engine, open_channel(None, tmp_path / "mail")).sent == 1
    with reading(engine) as session:
        event = session.scalars(select(Event).where(Event.kind == "notice-sent")).one()
    message = email.message_from_bytes((tmp_path / event.detail["file"]).read_bytes(), policy=default)
    assert message["To"] == "lead@cedar.example"
    assert message["Reply-To"] == "coordinator@alliance.example"


def test_a_large_batch_goes_out_whole(sqlite_engine: Engine, tmp_path: Path) -> None:
    queue(sqlite_engine, *({"mailbox": f"lead{place}@cedar.example"} for place in range(120)))
    assert send(sqlite_engine, open_channel(None, tmp_path / "mail")).sent == 120
    assert len(list((tmp_path / "mail").iterdir())) == 120


# -- when something goes wrong -------------------------------------------------------------------------------------


def test_a_mailbox_that_is_full_is_tried_again_after_a_pause(engine: Engine, server: MailServer, mail: Channel) -> None:
    queue(engine, {}, {"mailbox": "lead@birch.example"})
    server.answers = {"RCPT": ["452 mailbox full"]}
    assert send(engine, mail) == Dispatched(sent=1, waiting=1)
    assert send(engine, mail).sent == 0
    assert send(engine, mail, NOW + timedelta(minutes=2)).sent == 1
    with reading(engine) as session:
        tries = session.scalars(select(Attempt).where(Attempt.notice_id == rows(engine)[0].id).order_by(Attempt.id)).all()
    assert [item.outcome for item in tries] == ["temporary", "sent"]
    assert tries[0].reason == "RCPT TO: 452 mailbox full"


def test_a_mailbox_that_does_not_exist_fails_and_holds_up_nobody(engine: Engine, server: MailServer, mail: Channel) -> None:
    queue(engine, {}, {"mailbox": "lead@birch.example"})
    server.answers = {"RCPT": ["550 no such mailbox"]}
    assert send(engine, mail) == Dispatched(sent=1, failed=1)
    with reading(engine) as session:
        assert session.scalars(select(Event.kind).where(Event.kind.like("notice-%")).order_by(Event.id)).all() == [
            "notice-failed",
            "notice-sent",
        ]


def test_a_connection_that_broke_after_data_is_tried_once_more_under_the_same_message_id(
    engine: Engine, server: MailServer, mail: Channel
) -> None:
    queue(engine, {})
    server.answers = {"DATA": [DROP, DROP, DROP]}
    assert send(engine, mail) == Dispatched(waiting=1)
    assert rows(engine)[0].state == NoticeState.UNCERTAIN
    assert send(engine, mail, NOW + HOUR) == Dispatched(failed=1)
    assert send(engine, mail, NOW + 24 * HOUR) == Dispatched()
    assert len(message_ids(server)) == 2
    assert len(set(message_ids(server))) == 1


def test_a_folded_message_keeps_its_message_id_though_part_of_it_is_no_longer_wanted(
    engine: Engine, server: MailServer, mail: Channel
) -> None:
    queue(engine, *({} for _ in range(5)), {"kind": NoticeKind.REMINDER, "rung": "T-7"})
    server.answers = {"DATA": ["250 OK"] * 4 + [DROP]}
    assert send(engine, mail) == Dispatched(sent=4, waiting=2)
    with changing(engine) as session:
        session.scalars(select(Gate).where(Gate.key == "needs", Gate.scope == "city-cedar")).one().due_on = date(2026, 3, 2)
    assert send(engine, mail, NOW + HOUR) == Dispatched(sent=1, cancelled=1)
    assert message_ids(server)[4] == message_ids(server)[5]


def test_a_channel_that_is_set_up_wrongly_is_paused_and_loses_nothing(engine: Engine, server: MailServer, mail: Channel) -> None:
    queue(engine, {}, {"mailbox": "lead@birch.example"}, {"mailbox": "lead@damson.example"})
    server.answers = {"MAIL": ["550 not you"]}
    assert send(engine, mail) == Dispatched(waiting=3, paused="MAIL FROM: 550 not you")
    assert {(item.state, item.attempts, item.claimed_by) for item in rows(engine)} == {(NoticeState.QUEUED, 0, None)}
    assert send(engine, mail).sent == 3


def test_a_server_that_is_away_is_asked_once_and_the_rest_waits(engine: Engine) -> None:
    queue(engine, {}, {"mailbox": "lead@birch.example"})
    with mail_server() as gone:
        pass
    with open_channel(gone.url(), Path("unused")) as channel:
        assert send(engine, channel) == Dispatched(waiting=2)
    assert [item.attempts for item in rows(engine)] == [1, 0]


class Killed(BaseException):
    """Stands for `kill -9` between sending and settling."""


class DiesAfterSending:
    """A post whose message has gone out when the process ends."""

    name = "smtp"
    reply_to: str | None = None

    def __init__(self, real: Channel) -> None:
        self.sender, self.real = real.post.sender, real

    def deliver(self, parcel: Parcel) -> Delivery:
        assert self.real.deliver(parcel).outcome is Outcome.SENT
        raise Killed

    def close(self) -> None:
        self.real.close()


def test_a_sender_that_dies_after_sending_repeats_only_that_message_under_the_same_id(
    engine: Engine, server: MailServer, mail: Channel
) -> None:
    queue(engine, {}, {"mailbox": "lead@birch.example"})
    with pytest.raises(Killed):
        send(engine, Channel(DiesAfterSending(mail)), worker="first")
    assert send(engine, mail, NOW + outbox.LEASE - timedelta(seconds=10), worker="second") == Dispatched()
    assert send(engine, mail, NOW + outbox.LEASE + timedelta(seconds=30), worker="second") == Dispatched(sent=2)
    assert [item.rcpt_tos[0] for item in server.arrived] == ["lead@cedar.example", "lead@cedar.example", "lead@birch.example"]
    assert message_ids(server)[0] == message_ids(server)[1] != message_ids(server)[2]


def test_one_notice_that_cannot_be_written_does_not_hold_up_the_others(engine: Engine, server: MailServer, mail: Channel) -> None:
    queue(engine, {"kind": NoticeKind.DECISION, "detail": {}}, {})
    assert send(engine, mail) == Dispatched(sent=1, waiting=1)
    assert len(server.arrived) == 1
    with reading(engine) as session:
        assert any("could not be written" in (item.reason or "") for item in session.scalars(select(Attempt)))


# -- operators and rehearsals --------------------------------------------------------------------------------------


class Board:
    """A stock Apprise service as the channel sees it."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def notify(self, body: str, title: str) -> bool:
        self.told.append((title, body))
        return True


def test_operators_hear_of_an_escalation_once_and_get_no_link(engine: Engine, mail: Channel) -> None:
    late = {"kind": NoticeKind.ESCALATION, "rung": "T+3", "detail": {"owing": "cedar", "due_on": DUE_ON.isoformat()}}
    queue(
        engine, {}, late, {**late, "organisation": "south-league", "role": "association-contact", "mailbox": "office@south-league.example"}
    )
    board = Board()
    assert send(engine, Channel(mail.post, [board]), NOW + timedelta(days=17)).sent == 3
    assert [title for title, _ in board.told] == ["Orchard: Still open since 16 February 2026: Needs assessment questionnaire (Cedar)"]
    assert "https://" not in board.told[0][1]


def test_a_rehearsal_signs_with_its_own_key_only(engine: Engine, tmp_path: Path) -> None:
    queue(engine, {})
    folder = open_channel(None, tmp_path / "mail")
    with pytest.raises(ProgrammeError, match="rehearsal's key only"):
        send(engine, folder, rehearsal=True)
    with pytest.raises(ProgrammeError, match="cannot sign live links"):
        send(engine, folder, secret=REHEARSAL_SECRET)
    assert send(engine, folder, secret=REHEARSAL_SECRET, rehearsal=True).sent == 1
    message = email.message_from_bytes(next((tmp_path / "mail").iterdir()).read_bytes(), policy=default)
    assert message["Subject"].startswith("[Rehearsal]")


def test_a_message_that_may_be_out_keeps_its_message_id_though_it_is_put_back(
    engine: Engine, server: MailServer, mail: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six to one mailbox, the last two together. Their sender dies, the next has no working channel, a third comes the day after."""
    queue(engine, *[{} for _ in range(6)])

    def dies(step: Step) -> None:
        if step is Step.MESSAGE_HANDED_OVER and len(server.arrived) == 5:
            raise Killed

    with pytest.raises(Killed), watched(dies):
        send(engine, mail, worker="first")
    with monkeypatch.context() as broken:
        broken.setattr(mail.post, "deliver", lambda _parcel: Delivery(Outcome.PAUSED, "no credentials", stops=True))
        assert send(engine, mail, NOW + HOUR, worker="second").paused
    assert send(engine, mail, NOW + timedelta(days=1), worker="third").sent == 2
    assert message_ids(server)[4:] == [message_ids(server)[4]] * 2


def test_a_sending_whose_time_is_over_begins_no_other_message_and_the_next_one_sends_the_rest(
    sqlite_engine: Engine, server: MailServer, mail: Channel
) -> None:
    queue(sqlite_engine, *({"mailbox": f"partner-{number}@orchard.example"} for number in range(3)))
    assert send(sqlite_engine, mail, lasts=0.0) == Dispatched(sent=1, waiting=2)
    assert [item.claimed_by for item in rows(sqlite_engine)] == [None] * 3
    assert send(sqlite_engine, mail, worker="next") == Dispatched(sent=2)
    assert len({envelope.rcpt_tos[0] for envelope in server.arrived}) == len(server.arrived) == 3
