"""A mail server that takes longer over a message than a claim lasts: what the desk sends itself is sent once, like everything else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from models import outbox
from models.database import changing, reading
from models.notices import Notice, NoticeState
from tasks import claims
from tasks.channel import open_channel
from tasks.dispatch import Dispatched, dispatch
from tests.deployments.coordinator_world import MAILBOX
from tests.deployments.desk_world import SECRET, World, copied
from tests.deployments.watched import Night
from tests.mail_server import MailServer, mail_server
from tests.world import launched

LONG = 2 * outbox.LEASE
PATIENCE = 60


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A server that holds the first message until it is told to go on."""
    monkeypatch.setattr(claims, "RENEW_SECONDS", 0.02)
    monkeypatch.setenv("PUBLIC_URL", "https://desk.example")
    with mail_server() as server:
        server.hold = threading.Event()
        try:
            yield server
        finally:
            server.hold.set()


@contextmanager
def renewals(engine: Engine) -> Iterator[Callable[[], bool]]:
    """Waits for the next renewal of a claim, whether one came."""
    renewed = threading.Event()

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lower().startswith("update notice set claimed_until"):
            event.listen(engine, "commit", lambda _connection: renewed.set(), once=True)

    def come() -> bool:
        renewed.clear()
        return renewed.wait(PATIENCE)

    event.listen(engine, "after_cursor_execute", look)
    try:
        yield come
    finally:
        event.remove(engine, "after_cursor_execute", look)


def someone_else_sends(engine: Engine, server: MailServer, now: datetime) -> Dispatched:
    with open_channel(server.url(), Path("unused")) as channel:
        return dispatch(lambda: changing(engine), now, channel, worker="the sweep", secret=SECRET, public_url="https://desk.example")


def sent_once(engine: Engine, server: MailServer) -> None:
    assert len(server.arrived) == 1
    with reading(engine) as session:
        assert [item.state for item in session.scalars(select(Notice))] == [NoticeState.SENT]


def test_what_the_watch_sends_over_a_slow_server_is_not_sent_again_by_the_sweep(engine: Engine, tmp_path: Path, slow: MailServer) -> None:
    launched(engine)
    with changing(engine) as session:
        session.query(Notice).delete()
    night = Night(engine, tmp_path, slow.url(timeout=str(PATIENCE)))
    desk = night.desk()
    night.wait(10)
    with renewals(engine) as renewed, ThreadPoolExecutor(1) as pool:
        looking = pool.submit(desk.look)
        assert slow.has_one.wait(PATIENCE)
        night.set_clock(night.now + LONG)
        assert renewed()
        assert renewed()
        assert someone_else_sends(engine, slow, night.now) == Dispatched()
        assert slow.hold is not None
        slow.hold.set()
        looking.result(PATIENCE)
    sent_once(engine, slow)


def test_a_link_to_sign_in_with_is_sent_once_over_a_slow_server(
    morning: World, tmp_path: Path, slow: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_URLS", slow.url(timeout=str(PATIENCE)))
    world = copied(morning, tmp_path / "world")
    with changing(world.engine) as session:
        session.query(Notice).delete()
    with renewals(world.engine) as renewed, ThreadPoolExecutor(1) as pool:
        asking = pool.submit(world.post, "/coordinator", data={"mailbox": MAILBOX})
        assert slow.has_one.wait(PATIENCE)
        world.set_clock(world.now + LONG)
        assert renewed()
        assert renewed()
        assert someone_else_sends(world.engine, slow, world.now) == Dispatched()
        assert slow.hold is not None
        slow.hold.set()
        asking.result(PATIENCE)
    sent_once(world.engine, slow)


def test_a_claim_is_kept_only_while_its_sender_is_at_it(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "RENEW_SECONDS", 0.01)
    now = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
    before = threading.active_count()
    with renewals(sqlite_engine) as renewed, claims.claims_kept(lambda: changing(sqlite_engine), "me", lambda: now + timedelta(0)):
        assert renewed()
    assert threading.active_count() == before
