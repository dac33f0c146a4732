"""The programme database: engine, sessions and column types. No rule lives here.

SQLite by default, PostgreSQL by `DATABASE_URL`. A session from `changing` takes the write lock at once on SQLite, so
that what a door has read cannot change before it writes; `reading` never blocks a writer.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import JSON, DateTime, Engine, MetaData, create_engine, event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import TypeDecorator

from models.errors import Busy, Overtaken, UnknownRevision
from models.settings import var_folder

PATIENCE = 30
"""Seconds that a writer waits for another process on SQLite."""

TURN = 10
"""Seconds that it waits before for the writers of its own. Together less than the script of a page waits (`desk.js`)."""

KEPT_OPEN = 16
"""Connections to an SQLite file that stay open once there were so many at once: enough for the threads of the desk. Opening one anew
costs as much as a page, for SQLite reads the whole schema."""

_turns: WeakKeyDictionary[Engine, Lock] = WeakKeyDictionary()


def _turns_anew() -> None:
    for engine in list(_turns):
        _turns[engine] = Lock()


os.register_at_fork(after_in_child=_turns_anew)  # whoever held one stayed behind in the parent


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored and read in UTC; a naive one is a defect and refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime must not reach the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All rows. Names of constraints are fixed, so that migrations can speak of them on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[str]: JSON, list[dict[str, Any]]: JSON}


def database_url() -> str:
    """`DATABASE_URL`, or the embedded SQLite file under `VAR`."""
    return os.environ.get("DATABASE_URL") or f"sqlite:///{var_folder() / 'programme.db'}"


def connect(url: str) -> Engine:
    """An engine for that URL; `sqlite://` is a database in memory, kept as long as the engine."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _connect_sqlite(url, in_memory=not parsed.database or parsed.database == ":memory:")
    if parsed.get_backend_name() == "postgresql" and "+" not in parsed.drivername:
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, pool_pre_ping=True)


def _connect_sqlite(url: str, *, in_memory: bool) -> Engine:
    if not in_memory:
        Path(str(make_url(url).database)).parent.mkdir(parents=True, exist_ok=True)
    arguments: dict[str, Any] = {"check_same_thread": False, "timeout": PATIENCE}
    engine = create_engine(url, connect_args=arguments, **({"poolclass": StaticPool} if in_memory else {"pool_size": KEPT_OPEN}))
    if not in_memory:
        _turns[engine] = Lock()

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see below
        connection.execute("PRAGMA foreign_keys=ON")
        if not in_memory:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        changing_ = connection.get_execution_options().get("changing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if changing_ else "BEGIN")

    return engine


@cache
def engine_for(url: str) -> Engine:
    """One engine per process and URL."""
    return connect(url)


def current_engine() -> Engine:
    """The engine of the configured database."""
    return engine_for(database_url())


@contextmanager
def reading(engine: Engine | None = None) -> Iterator[Session]:
    """A session that only reads."""
    with Session(engine or current_engine(), expire_on_commit=False) as session:
        yield session


@contextmanager
def changing(engine: Engine | None = None) -> Iterator[Session]:
    """One transaction that goes through doors: committed at the end, rolled back on any error.

    A row that another worker changed in between is refused plainly instead of being overwritten.
    """
    engine = engine or current_engine()
    with _in_turn(engine), Session(engine.execution_options(changing=True), expire_on_commit=False) as session:
        try:
            yield session
            session.commit()
        except StaleDataError as error:
            session.rollback()
            raise Overtaken("Somebody else has just changed this. Look again and repeat what is still needed.") from error
        except OperationalError as error:
            session.rollback()
            if "locked" in str(error):
                raise _busy() from error
            raise


def _busy() -> Busy:
    return Busy("The database has been busy for too long. Nothing was changed: try again.")


@contextmanager
def _in_turn(engine: Engine) -> Iterator[None]:
    """One writer of this process after the other; Busy where that takes too long.

    SQLite lets those who wait look again after longer and longer pauses: of fifty partners who save at once some waited for seconds
    while the lock lay idle. What another process holds is waited for as ever.
    """
    turn = _turns.get(engine)
    if turn is None:
        yield
        return
    if not turn.acquire(timeout=TURN):
        raise _busy()
    try:
        yield
    finally:
        turn.release()


def migrate(engine: Engine | None = None) -> None:
    """Bring the database to the newest schema (Alembic), in one transaction."""
    engine = engine or current_engine()
    with engine.execution_options(changing=True).begin() as connection:
        bring_to(connection, "head")


def bring_to(connection: Connection, revision: str) -> None:
    """Bring the schema to a revision inside the caller's transaction: `head`, an earlier one of an upgrade, or `base` for none at all.

    UnknownRevision where the database, or what is asked for, is of a revision that this version does not have.
    """
    from alembic import command  # needed once at set-up, not by every process
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    try:
        (command.downgrade if revision == "base" else command.upgrade)(config, revision)
    except CommandError as error:
        if "locate revision" in str(error):
            raise UnknownRevision(f"{error}: this version does not know it. A newer one made it: install that.") from error
        raise


def revision_of(connection: Connection) -> str | None:
    """The revision of the schema that is there; None where there is none of ours."""
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()
