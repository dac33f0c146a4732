"""How fast the desk answers fifty partners at once, against a bare page of the same framework. Part of `make bench`.

Each partner opens the page, saves a section of the draft, looks at its organisation, and begins again. The desk serves from a process of
its own, with limits by address lifted; the partners are this process.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

import psycopg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from deployments.desk.__main__ import serve as run
from deployments.desk.security import proof
from deployments.desk.site import Desk, create_app
from models import links
from models.database import changing, connect, migrate
from models.doors.launching import launch
from models.standing import load
from tests.conftest import POSTGRESQL, scratch_database
from tests.deployments.desk_world import settle
from tests.factories import city, definition, organisations

PARTNERS = 50
SECONDS = 8.0
WARM = 1.5
SECRET = "a secret for the bench"
SECTION = "context"
HOST = "127.0.0.1"


@dataclass
class Run:
    """What the partners saw: seconds of each request, by what was asked, and how many answers of each status."""

    times: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    def rate(self) -> float:
        return sum(len(item) for item in self.times.values()) / self.seconds

    def late(self, what: str | None = None) -> float:
        """The 95th percentile, in milliseconds."""
        found = self.times[what] if what else [one for item in self.times.values() for one in item]
        return quantiles(found, n=20)[-1] * 1e3

    @property
    def refused(self) -> int:
        return sum(count for status, count in self.statuses.items() if status == 429 or status >= 500)


# -- partners --------------------------------------------------------------------------------------------------------


class Connection:
    """One browser's connection: as little of a client as there can be, so that what is measured is the server."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection(HOST, self.port)

    async def ask(self, method: str, target: str, body: bytes = b"", accept: str = "text/html") -> tuple[int, bytes]:
        head = f"{method} {target} HTTP/1.1\r\nHost: desk.example\r\nAccept: {accept}\r\nContent-Length: {len(body)}\r\n"
        kind = "Content-Type: application/x-www-form-urlencoded\r\n" if body else ""
        self.writer.write(f"{head}{kind}\r\n".encode() + body)
        answered = await self.reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", answered)
        return int(answered[9:12]), await self.reader.readexactly(int(length[1]) if length else 0)


async def _bare(port: int, _token: str, until: float, run: Run) -> None:
    connection = Connection(port)
    await connection.open()
    while time.perf_counter() < until:
        await _timed(run, "bare", connection, "GET", "/")


async def _partner(port: int, token: str, until: float, run: Run) -> None:
    connection = Connection(port)
    await connection.open()
    form = f"/a/{token}/form/{SECTION}"
    _, page = await connection.ask("GET", form)
    base = re.search(rb'name="base" value="([^"]*)"', page)
    name = re.search(rb'<textarea[^>]* name="([^"]+)"', page) or re.search(rb'<input type="text"[^>]* name="([^"]+)"', page)
    assert base and name, page[:3000]  # noqa: PT018 - a bench that measures another page measures nothing
    items = {"proof": proof(SECRET, token), "base": base[1].decode(), "writer": "Anna"}
    saved = 0
    while time.perf_counter() < until:
        await _timed(run, "page", connection, "GET", f"/a/{token}")
        items[name[1].decode()] = f"Sentence {saved} about our city."
        body = await _timed(run, "save", connection, "POST", form, urlencode(items).encode(), "application/json")
        items["base"], saved = json.loads(body)["base"], saved + 1
        await _timed(run, "organisation", connection, "GET", f"/a/{token}/organisation")


async def _timed(
    run: Run, what: str, connection: Connection, method: str, target: str, body: bytes = b"", accept: str = "text/html"
) -> bytes:
    begun = time.perf_counter()
    status, answered = await connection.ask(method, target, body, accept)
    run.times.setdefault(what, []).append(time.perf_counter() - begun)
    run.statuses[status] += 1
    return answered


async def _all(work: object, port: int, tokens: list[str], seconds: float) -> Run:
    run, begun = Run(), time.perf_counter()
    await asyncio.gather(*(work(port, token, begun + seconds, run) for token in tokens))  # type: ignore[operator]
    run.seconds = time.perf_counter() - begun
    return run


def measured(work: object, port: int, tokens: list[str]) -> Run:
    """A short run that is thrown away, then the one that counts."""
    asyncio.run(_all(work, port, tokens, WARM))
    return asyncio.run(_all(work, port, tokens, SECONDS))


# -- what they ask -----------------------------------------------------------------------------------------------------


def programme(url: str) -> list[str]:
    """A programme of fifty cities on its first morning, in a database of its own; each city's link to what is asked of it."""
    engine = connect(url)
    migrate(engine)
    cast = [item for item in organisations() if item.kind != "city"]
    cast += [city(f"town-{number}", "mentor" if number % 2 else "mentee") for number in range(PARTNERS)]
    now = datetime.now(UTC)
    with changing(engine) as session:
        settle(session, launch(session, definition(cast=cast), now, start_on=now.date()), now)
    with changing(engine) as session:
        standing, until = load(session, "orchard"), (now + timedelta(days=30)).date()
        tokens = [
            links.sign(SECRET, "act", "orchard", gate.id, None, gate.scope.removeprefix("city-"), "project-lead", until)
            for gate in standing.gates_of("needs")
        ]
    engine.dispose()
    return tokens


@contextmanager
def served(*arguments: str) -> Iterator[int]:
    """This module's `serve` in a process of its own; its port."""
    with socket.socket() as bound:
        bound.bind((HOST, 0))
        port = int(bound.getsockname()[1])
    process = subprocess.Popen([sys.executable, "-m", "tests.bench_desk", str(port), *arguments])
    try:
        for _ in range(600):
            try:
                socket.create_connection((HOST, port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def serve(port: int, url: str, folder: str) -> None:
    """The desk on a database; without one, a bare page of about the size of the desk's."""
    if url:
        app = create_app(Desk(connect(url), SECRET, Path(folder)), _nobody)
        app.state.limits = None
    else:
        page = "<!DOCTYPE html><title>Bare</title>" + "<p>About as much as a page of the desk.</p>\n" * 200

        def bare(request: Request) -> HTMLResponse:
            return HTMLResponse(page)

        app = Starlette(routes=[Route("/", bare)])
    run(app, port)


async def _nobody(_programme: str) -> None:
    """Nobody is to be woken."""


# -- the figures -------------------------------------------------------------------------------------------------------


def desk(folder: Path) -> list[tuple[str, ...]]:
    """Lines of `make bench`: the bare page, then the desk on each database there is."""
    folder.mkdir(parents=True, exist_ok=True)
    with served("", "") as port:
        bare = measured(_bare, port, [""] * PARTNERS)
    lines: list[tuple[str, ...]] = [("bare page, 50 at once", f"{bare.rate():6.0f} requests/s", f"p95 {bare.late():5.0f} ms")]
    for name, database in (("SQLite", nullcontext(f"sqlite:///{folder}/desk.db")), ("PostgreSQL", _postgresql())):
        with database as url:
            if not url:
                lines.append((f"desk on {name}", "no server here (TEST_POSTGRESQL_URL)"))
                continue
            tokens = programme(url)
            with served(url, str(folder)) as port:
                run = measured(_partner, port, tokens)
        each = ", ".join(f"{what} {run.late(what):.0f}" for what in run.times)
        lines.append((
            f"desk on {name}, 50 partners at once", f"{run.rate():6.0f} requests/s, {bare.rate() / run.rate():.0f} × fewer than bare",
            f"p95 {run.late():5.0f} ms ({each}), {run.late() / bare.late():.0f} × bare", f"{run.refused} answers 429 or 5xx",
        ))  # fmt: skip
    return lines


@contextmanager
def _postgresql() -> Iterator[str]:
    try:
        psycopg.connect(POSTGRESQL, connect_timeout=3).close()
    except psycopg.OperationalError:
        yield ""
        return
    with scratch_database(POSTGRESQL) as url:
        yield url


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2], sys.argv[3])
