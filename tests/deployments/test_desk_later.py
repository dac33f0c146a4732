"""What nobody waits for is not lost where the database is busy: it is tried again, and told plainly once it is given up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from deployments.desk.later import PAUSES
from models import database
from models.database import changing, reading
from models.notices import Notice, NoticeKind
from tests.deployments.coordinator_world import MAILBOX
from tests.deployments.desk_world import World

LEAD = "project-lead@cedar.example"
ASKED = [("/link", LEAD, NoticeKind.LINK), ("/coordinator", MAILBOX, NoticeKind.SIGN_IN)]


@pytest.fixture
def world(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(database, "TURN", 0.01)
    monkeypatch.setenv("VAR", str(tmp_path / "var"))
    monkeypatch.delenv("NOTIFY_URLS", raising=False)
    monkeypatch.setenv("PUBLIC_URL", "http://desk.example")
    return world


class Pauses(threading.Event):
    """Pauses that take no time and are noted; something happens in them."""

    def __init__(self, happens: Callable[[int], object] = lambda _: None) -> None:
        super().__init__()
        self.noted: list[float | None] = []
        self._happens = happens

    def wait(self, timeout: float | None = None) -> bool:
        self.noted.append(timeout)
        self._happens(len(self.noted))
        return False


def notices(world: World, kind: NoticeKind) -> int:
    with reading(world.engine) as session:
        return session.query(Notice).where(Notice.kind == kind).count()


@pytest.mark.parametrize(("page", "mailbox", "kind"), ASKED)
def test_what_was_asked_for_while_the_database_was_busy_is_queued_once_it_is_free(
    world: World, page: str, mailbox: str, kind: NoticeKind
) -> None:
    with ExitStack() as another:
        another.enter_context(changing(world.engine))
        pauses = world.app.state.closing = Pauses(lambda pause: another.close() if pause == 2 else None)
        answer = world.post(page, data={"mailbox": mailbox})
    assert (answer.status_code, tuple(pauses.noted)) == (303, PAUSES[:2])
    assert notices(world, kind) == 1


@pytest.mark.parametrize(("page", "mailbox", "kind"), ASKED)
def test_what_the_database_never_takes_is_given_up_and_told_without_the_mailbox(
    world: World, page: str, mailbox: str, kind: NoticeKind, caplog: pytest.LogCaptureFixture
) -> None:
    pauses = world.app.state.closing = Pauses()
    with changing(world.engine):
        assert world.post(page, data={"mailbox": mailbox}).status_code == 303
    assert tuple(pauses.noted) == PAUSES
    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert told.endswith("given up, whoever asked has to ask again: Busy")
    assert mailbox not in caplog.text
    assert notices(world, kind) == 0


def test_nothing_is_tried_again_that_was_taken_at_once(world: World) -> None:
    pauses = world.app.state.closing = Pauses()
    for page, mailbox, _ in ASKED:
        world.post(page, data={"mailbox": mailbox})
    assert pauses.noted == []
    assert [notices(world, kind) for _, _, kind in ASKED] == [1, 1]


def test_a_desk_that_stops_waits_for_no_pause(world: World) -> None:
    async def serve() -> None:
        async with world.app.router.lifespan_context(world.app):
            assert not world.app.state.closing.is_set()

    asyncio.run(serve())
    assert world.app.state.closing.is_set()
