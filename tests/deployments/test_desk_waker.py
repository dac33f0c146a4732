"""Waking runs beside the pages: who wishes for it waits for nothing, many wishes are one, and a failure ends no later one."""

from __future__ import annotations

import asyncio
import logging
from threading import Event

import pytest

from deployments.desk.waker import Waker


class Prefect:
    """What takes its time: each nudge waits until it may go on."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.may_go_on, self.has_begun, self.is_done = Event(), Event(), Event()

    async def nudge(self, programme: str) -> None:
        self.begun.append(programme)
        self.has_begun.set()
        assert self.may_go_on.wait(20)
        if programme == "broken":
            raise OSError("no server answers")
        if programme == "last":
            self.is_done.set()


def wish(waker: Waker, *programmes: str) -> None:
    async def all_of_them() -> None:
        for programme in programmes:
            await waker.wake(programme)

    asyncio.run(asyncio.wait_for(all_of_them(), 10))


def test_wishes_come_back_at_once_and_those_for_one_programme_that_wait_are_one(caplog: pytest.LogCaptureFixture) -> None:
    prefect = Prefect()
    waker = Waker(prefect.nudge)
    wish(waker, "orchard")
    assert prefect.has_begun.wait(20)
    wish(waker, "orchard", "broken", "orchard", "broken", "last")
    with caplog.at_level(logging.ERROR):
        prefect.may_go_on.set()
        assert prefect.is_done.wait(20)
    assert prefect.begun == ["orchard", "orchard", "broken", "last"]
    assert "the runs of broken could not be woken; the sweep will" in caplog.text
