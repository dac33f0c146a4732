"""A desk that watches over a sweep: a clock and a stopwatch the test sets, real channels, and a sweep that runs when it says so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, text

from deployments.desk.site import Desk, create_app
from deployments.desk.watch import Patience, Watch, Watching
from models.database import changing
from models.doors import vital
from models.doors.vital import SWEEP
from tasks.channel import Channel, open_channel

SECRET = "a secret for tests"
START = datetime.fromisoformat("2024-03-04T22:40:00+00:00")
MINUTE = timedelta(minutes=1)


@dataclass
class Night:
    """The engine room on one night. `now` is the wall's clock, `stopwatch` what has truly passed, in seconds."""

    engine: Engine
    folder: Path
    notify_urls: str = ""
    now: datetime = START
    stopwatch: float = 0.0
    grace: timedelta = timedelta(0)
    watching: Watching = field(init=False)

    def __post_init__(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(text("create table clock (at text)"))
        self.set_clock(self.now)
        self.watching = Watching(every=0.01, grace=self.grace, elapsed=lambda: self.stopwatch, channel=self.channel)

    def channel(self) -> Channel:
        return open_channel(self.notify_urls, self.folder / "mail")

    def desk(self) -> Watch:
        """A desk that starts now."""
        return Watch(self.engine, SECRET, Patience(self.watching), self.watching)

    def set_clock(self, now: datetime) -> None:
        """Somebody sets the wall's clock; no time passes."""
        self.now = now
        with self.engine.execution_options(changing=True).begin() as connection:
            connection.execute(text("delete from clock"))
            connection.execute(text("insert into clock values (:at)"), {"at": now.replace(tzinfo=None).isoformat()})

    def wait(self, minutes: float) -> None:
        """Time passes."""
        self.stopwatch += 60 * minutes
        self.set_clock(self.now + minutes * MINUTE)

    def sweep(self) -> None:
        """A sweep gets through."""
        with changing(self.engine) as session:
            vital.seen(session, SWEEP, self.now)

    def site(self) -> Site:
        """The desk's pages, of a desk that starts now."""
        return Site(create_app(Desk(self.engine, SECRET, self.folder / "documents"), watching=self.watching))


@dataclass
class Site:
    """What a monitor or a browser gets."""

    app: Any

    def health(self, accept: str = "*/*") -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
                return await client.get("/health", headers={"accept": accept})

        return asyncio.run(ask())
