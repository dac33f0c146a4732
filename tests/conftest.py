"""What the suite shares: databases of both kinds with the schema from the migrations, and the browser.

A machine without PostgreSQL or Chromium skips what needs them and says so; with CI=true it fails instead.
`TEST_POSTGRESQL_URL` names the server in whose place scratch databases may be created and dropped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from models.database import changing, connect, migrate
from tests.faults import table

POSTGRESQL = os.environ.get("TEST_POSTGRESQL_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
BACKENDS = ("sqlite", "postgresql")


def without(what: str) -> NoReturn:
    """Skip the test, visibly; on CI fail it, for there nothing may go untested."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def postgresql_server() -> str:
    """The URL of a PostgreSQL server that lets us create databases."""
    try:
        psycopg.connect(POSTGRESQL, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        without(f"no PostgreSQL at {make_url(POSTGRESQL).render_as_string()} (set TEST_POSTGRESQL_URL): {error}".strip())
    return POSTGRESQL


@contextmanager
def scratch_database(server: str, template: str = "template1") -> Iterator[str]:
    """A PostgreSQL database of its own, dropped at the end. Yields its URL."""
    name = f"inclucities_test_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


@pytest.fixture(params=BACKENDS)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/programme.db"
    else:
        with scratch_database(request.getfixturevalue("postgresql_server")) as url:
            yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the newest schema, to be copied."""
    file = tmp_path_factory.mktemp("schema") / "programme.db"
    engine = connect(f"sqlite:///{file}")
    migrate(engine)
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_server: str) -> Iterator[str]:
    """The name of a database with the newest schema, to be copied."""
    with scratch_database(postgresql_server) as url:
        engine = connect(url)
        migrate(engine)
        engine.dispose()
        yield str(make_url(url).database)


@pytest.fixture
def sqlite_engine(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Engine]:
    """A programme database of the embedded kind, where one kind is enough."""
    shutil.copy(migrated_sqlite, tmp_path / "programme.db")
    engine = connect(f"sqlite:///{tmp_path}/programme.db")
    yield engine
    engine.dispose()


@pytest.fixture(params=BACKENDS)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A programme database with the newest schema and no rows, once of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_engine")
        return
    template = request.getfixturevalue("migrated_postgresql")
    with scratch_database(request.getfixturevalue("postgresql_server"), template) as url:
        engine = connect(url)
        yield engine
        engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """One transaction that goes through doors, committed after the test; for several, use `changing(engine)`."""
    with changing(engine) as session:
        yield session


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium (or CHROMIUM) for Playwright's `executable_path`."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    return found or without("no Chromium on this machine: `make test` installs it where it may, or set CHROMIUM")


# -- the table of the fault tests, which may have run in several processes ------------------------------------------------


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A test process hands on what it has kept."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["faults"] = table.packed(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """The one that reports takes it in."""
    if said := getattr(node, "workeroutput", {}).get("faults"):
        table.unpack(node.config, said)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table, where fault tests have run."""
    if found := table.lines(terminalreporter.config):
        terminalreporter.section("faults: a sweep is a minute of the programme's time")
        terminalreporter.write_line("\n".join(found))
