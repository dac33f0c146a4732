"""The dead-man's switch: who is told of a silent sweep, once, by real channels, and that it is over."""

from __future__ import annotations

import asyncio
import email
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select

from deployments.desk.site import Desk, create_app
from deployments.desk.watch import Watch
from models.database import changing, connect, reading
from models.doors import vital
from models.doors.vital import SWEEP
from models.events import Event
from models.leases import SignOfLife
from models.notices import Notice, NoticeKind, NoticeState
from models.programme import Programme
from tasks.channel import Channel
from tests.deployments.watched import MINUTE, SECRET, Night
from tests.mail_server import MailServer, mail_server
from tests.operators import Operators, operators
from tests.world import launched

SILENT, BACK = "The sweep does not run", "The sweep runs again"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def service() -> Iterator[Operators]:
    with operators() as running:
        yield running


def a_night(engine: Engine, folder: Path, mail: MailServer, service: Operators, monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.setenv("PUBLIC_URL", "https://desk.example")
    launched(engine)
    with changing(engine) as session:  # the invitations of the launch are not what this is about
        session.query(Notice).delete()
    return Night(engine, folder, f"{mail.url()} {service.url}")


@pytest.fixture
def night(engine: Engine, tmp_path: Path, mail: MailServer, service: Operators, monkeypatch: pytest.MonkeyPatch) -> Night:
    return a_night(engine, tmp_path, mail, service, monkeypatch)


@pytest.fixture
def small(sqlite_engine: Engine, tmp_path: Path, mail: MailServer, service: Operators, monkeypatch: pytest.MonkeyPatch) -> Night:
    """Where one kind of database is enough."""
    return a_night(sqlite_engine, tmp_path, mail, service, monkeypatch)


def silence(night: Night, *desks: Watch, minutes: int = 4) -> None:
    """The sweep runs once more and then not for some minutes, and every desk looks every half minute."""
    night.sweep()
    look(night, *desks, minutes=minutes)


def look(night: Night, *desks: Watch, minutes: int) -> None:
    for _ in range(2 * minutes):
        for desk in desks:
            desk.look()
        night.wait(0.5)


def mails(server: MailServer) -> list[EmailMessage]:
    found = [email.message_from_bytes(item.original_content or b"", policy=default) for item in server.arrived]
    return [item for item in found if isinstance(item, EmailMessage)]


def body(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())


def test_a_silence_is_told_once_to_operators_and_coordinator_though_two_desks_watch(
    night: Night, service: Operators, mail: MailServer
) -> None:
    silence(night, night.desk(), night.desk(), minutes=8)
    assert service.titles == [SILENT]
    said = service.told[0][1]
    assert said.startswith("The sweep has not run since 22:40 UTC, 2 minutes ago.")
    assert said.endswith("https://desk.example/health")
    (message,) = mails(mail)
    assert message["To"] == "coordinator@alliance.example"
    assert message["Subject"] == "The programme stands still: its sweep does not run"
    assert "has not got through since 4 March 2024 23:40 (Europe/Brussels); this was noticed on 4 March 2024 23:42" in body(message)
    assert "See whether it runs again: https://desk.example/health" in body(message)


def test_two_desks_that_notice_it_at_the_same_moment_tell_once(night: Night, service: Operators, mail: MailServer) -> None:
    desks = [night.desk() for _ in range(4)]
    night.sweep()
    for desk in desks:
        desk.look()
    night.wait(3)
    together = threading.Barrier(len(desks))

    def at_once(desk: Watch) -> None:
        together.wait(10)
        desk.look()

    with ThreadPoolExecutor(len(desks)) as pool:
        list(pool.map(at_once, desks))
    assert service.titles == [SILENT]
    assert len(mail.arrived) == 1


def test_operators_hear_once_that_it_is_over_and_of_a_second_silence_as_of_the_first(
    night: Night, service: Operators, mail: MailServer
) -> None:
    desks = night.desk(), night.desk()
    silence(night, *desks)
    silence(night, *desks, minutes=2)
    assert service.titles == [SILENT, BACK]
    assert "got through at 22:44 UTC and catches up. You were told at 22:42 UTC" in service.told[1][1]
    silence(night, *desks)
    assert service.titles == [SILENT, BACK, SILENT]
    assert len(mail.arrived) == 2
    with reading(night.engine) as session:
        sent = session.scalars(select(Event).where(Event.kind == "notice-sent")).all()
        assert [item.detail["kind"] for item in sent] == ["silence", "silence"]


def test_while_the_sweep_runs_nobody_hears_anything(small: Night, service: Operators, mail: MailServer) -> None:
    desk = small.desk()
    for _ in range(10):
        silence(small, desk, minutes=1)
    assert (service.told, mail.arrived) == ([], [])


def test_a_desk_that_is_started_anew_in_a_silence_neither_repeats_it_nor_calls_it_over(
    small: Night, service: Operators, mail: MailServer
) -> None:
    silence(small, small.desk())
    look(small, small.desk(), minutes=10)
    assert service.titles == [SILENT]
    silence(small, small.desk(), minutes=1)
    assert service.titles == [SILENT, BACK]
    assert len(mail.arrived) == 1


def test_what_waits_for_the_sweep_stays_in_the_outbox(small: Night, mail: MailServer) -> None:
    with changing(small.engine) as session:
        waiting = {"programme_id": "orchard", "organisation": "alliance", "role": "coordinator", "language": "en", "attempts": 0}
        session.add(Notice(key="other", kind=NoticeKind.PHASE, mailbox="x@alliance.example", due_at=small.now, state="queued", **waiting))
    silence(small, small.desk())
    with reading(small.engine) as session:
        states = {notice.kind: notice.state for notice in session.scalars(select(Notice))}
    assert states == {NoticeKind.PHASE: NoticeState.QUEUED, NoticeKind.SILENCE: NoticeState.SENT}
    assert len(mail.arrived) == 1


# -- when telling fails --------------------------------------------------------------------------------------------


def test_operators_who_cannot_be_reached_are_told_later_by_whichever_desk_can(small: Night, service: Operators, mail: MailServer) -> None:
    service.out_of_order = True
    desks = small.desk(), small.desk()
    silence(small, *desks, minutes=6)
    assert service.told == []
    assert len(mail.arrived) == 1, "the mail does not wait for them, and is not repeated with them"
    service.out_of_order = False
    look(small, *desks, minutes=2)
    assert service.titles == [SILENT]
    service.out_of_order = True
    silence(small, *desks, minutes=1)
    service.out_of_order = False
    silence(small, *desks, minutes=2)
    assert service.titles == [SILENT, BACK]


def test_a_mail_server_that_is_away_gets_the_mail_when_it_is_back(small: Night, service: Operators, mail: MailServer) -> None:
    mail.answers = {"RCPT": ["451 not now"]}
    silence(small, small.desk(), minutes=10)
    assert len(mail.arrived) == 1
    assert service.titles == [SILENT]


def test_a_desk_that_dies_before_it_notes_what_it_told_lets_another_repeat_it(small: Night, service: Operators) -> None:
    class Dies(Channel):
        def tell_operators(self, title: str, body: str) -> int:
            super().tell_operators(title, body)
            raise KeyboardInterrupt

    def dying() -> Channel:
        real = small.channel()
        return Dies(real.post, real.operators)

    first, second = small.desk(), small.desk()
    first.watching = replace(small.watching, channel=dying)
    silence(small, second, minutes=2)
    small.wait(0.5)
    with pytest.raises(KeyboardInterrupt):
        first.look()
    second.look()
    assert service.titles == [SILENT], "the lease of the first still holds"
    look(small, second, minutes=4)
    assert service.titles == [SILENT, SILENT]


def test_a_sweep_that_hangs_with_a_lock_keeps_nobody_from_telling(
    night: Night, service: Operators, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing can be written then: the operators hear of it once from each process; the mail follows when the lock is gone."""
    monkeypatch.setattr(vital, "LOCK_PATIENCE", "50ms")
    desk = night.desk()
    if night.engine.dialect.name == "sqlite":
        desk.engine = connect(str(night.engine.url))
        event.listen(desk.engine, "connect", lambda connection, _record: connection.execute("pragma busy_timeout = 50"))
    silence(night, desk, minutes=2)
    night.wait(0.5)
    with changing(night.engine) as hung:
        for row in (Programme, SignOfLife):
            hung.scalars(select(row).with_for_update()).all()
        desk.look()
        desk.look()
        assert service.titles == [SILENT]
        assert mail.arrived == []
    desk.look()
    assert service.titles == [SILENT]
    assert len(mail.arrived) == 1
    night.sweep()
    desk.look()
    desk.look()
    assert service.titles == [SILENT, BACK]
    desk.engine.dispose()


def test_a_database_that_is_away_is_told_of_once_each_time(small: Night, service: Operators, caplog: pytest.LogCaptureFixture) -> None:
    file = Path(str(small.engine.url.database))
    desk = small.desk()
    small.sweep()
    desk.look()
    with small.engine.connect() as connection:
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    kept = file.read_bytes()

    def away(minutes: float) -> None:
        small.engine.dispose()
        file.write_bytes(b"no database" * 1000)
        for _ in range(int(2 * minutes)):
            desk.look()
            small.stopwatch += 30

    away(2)
    assert service.told == []
    away(8)
    assert service.titles == ["The programme database does not answer"]
    small.engine.dispose()
    file.write_bytes(kept)
    small.set_clock(small.now + 10 * MINUTE)
    desk.look()
    desk.look()
    assert service.titles == ["The programme database does not answer", "The programme database answers again"]
    assert "the watch cannot look" in caplog.text
    small.wait(1)
    desk.look()
    assert len(service.told) == 2, "the sweep has had no chance yet to leave a sign"


def test_a_channel_that_cannot_be_used_is_logged_and_the_watch_goes_on(small: Night, caplog: pytest.LogCaptureFixture) -> None:
    small.notify_urls = "nonsense://nowhere"
    silence(small, small.desk())
    assert "The nonsense:// URL in NOTIFY_URLS cannot be used" in caplog.text
    with reading(small.engine) as session:
        found = vital.silence(session, SWEEP, small.now, since=small.now - 9 * MINUTE)
    assert found is not None
    assert not found.told


def test_where_there_is_only_mail_the_coordinator_alone_is_told(small: Night, mail: MailServer) -> None:
    small.notify_urls = mail.url()
    desk = small.desk()
    silence(small, desk, minutes=6)
    silence(small, desk, minutes=1)
    assert len(mail.arrived) == 1


# -- with the desk -------------------------------------------------------------------------------------------------


def test_the_desk_watches_as_long_as_it_serves(small: Night, service: Operators) -> None:
    heard = threading.Event()

    class Heard(Channel):
        def tell_operators(self, title: str, body: str) -> int:
            taken = super().tell_operators(title, body)
            heard.set()
            return taken

    def listening() -> Channel:
        real = small.channel()
        return Heard(real.post, real.operators)

    small.sweep()
    app = create_app(Desk(small.engine, SECRET, small.folder), watching=replace(small.watching, channel=listening))
    small.wait(10)

    async def serve() -> bool:
        async with app.router.lifespan_context(app):
            return await asyncio.to_thread(heard.wait, 20)

    assert asyncio.run(serve())
    assert service.titles == [SILENT]
    assert [thread for thread in threading.enumerate() if thread.name == "watch"] == []
