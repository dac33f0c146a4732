"""Whole tables as lines of JSON and back, on every kind of database and for every revision of the schema.

Rows are read and written by the columns of their own revision, as its migrations make them, never by today's classes. What an
archive looks like and which files belong to it is `tasks.archive`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, MetaData, Table
from sqlalchemy.exc import DBAPIError, OperationalError

from models.database import UtcDateTime, bring_to, connect, revision_of
from models.errors import ProgrammeError, Refused
from models.leases import Lease
from models.notices import Notice
from models.programme import Phase, PhaseState
from models.rows import metadata
from models.sign_ins import SignIn

Row = dict[str, Any]
BATCH = 50
"""Rows read or written at a time: drafts and contents of editions are large. Of a table with files in it one: each is megabytes."""

LARGEST_INTEGER = 2**31 - 1
ONE_AT_A_TIME = 7_200_481
"""Of two restores into one PostgreSQL database the second waits, and then finds programmes; on SQLite there is but one writer."""
UNUSED_RUNS = 1_000
"""How far the count of a phase's runs jumps: past every run that may have been launched after the snapshot."""


class BadRow(ProgrammeError):
    """A line that is no row of its table."""


# -- tables ------------------------------------------------------------------------------------------------------------


def tables_at(revision: str) -> list[Table]:
    """The tables of a revision with types of every database, those first that others point to. UnknownRevision for a strange one."""
    scratch, found = connect("sqlite://"), MetaData()
    with scratch.execution_options(changing=True).begin() as connection:
        bring_to(connection, revision)
        found.reflect(connection)
    scratch.dispose()
    plain = MetaData()
    return [_plain(table, plain) for table in found.sorted_tables if table.name != "alembic_version"]


def _plain(table: Table, metadata: MetaData) -> Table:
    columns = [sa.Column(column.name, _type(column), primary_key=column.primary_key, nullable=column.nullable) for column in table.columns]
    return Table(table.name, metadata, *columns)


def _type(column: sa.Column[Any]) -> sa.types.TypeEngine[Any]:
    general = column.type.as_generic()
    if isinstance(general, sa.DateTime):
        return UtcDateTime()
    return sa.JSON(none_as_null=bool(column.nullable)) if isinstance(general, sa.JSON) else general


# -- reading -----------------------------------------------------------------------------------------------------------


@contextmanager
def snapshot(engine: Engine) -> Iterator[tuple[Connection, str]]:
    """One moment of the database, and its revision: what is written meanwhile is not seen, and no writer waits for it.

    ProgrammeError where there are no tables of ours.
    """
    options: dict[str, Any] = {}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        revision = revision_of(connection)  # SQLite's snapshot begins with what is read first
        if revision is None:
            raise ProgrammeError(f"{engine.url.render_as_string()} has no tables of this project. See DATABASE_URL.")
        yield connection, revision


def rows(connection: Connection, table: Table) -> Iterator[Row]:
    """All rows of a table, in the order of its key."""
    query = sa.select(table).order_by(*table.primary_key.columns)
    with connection.execute(query, execution_options={"yield_per": _at_a_time(table)}) as found:
        for row in found.mappings():
            yield dict(row)


def _at_a_time(table: Table) -> int:
    return 1 if any(isinstance(column.type, sa.LargeBinary) for column in table.columns) else BATCH


def line(table: Table, row: Row) -> bytes:
    """A row as one line: times in UTC ISO 8601, bytes in base64."""
    said = {column.name: _said(row[column.name]) for column in table.columns}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _said(value: Any) -> Any:
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes | memoryview) else value


# -- understanding -----------------------------------------------------------------------------------------------------


def row_of(table: Table, text: bytes) -> Row:
    """The row of a line. BadRow says which column is not as it must be."""
    try:
        said = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadRow("is no JSON") from None
    if not isinstance(said, dict):
        raise BadRow("is no row")
    if strange := sorted(said.keys() ^ {column.name for column in table.columns}):
        raise BadRow(f"has other columns than its table: {', '.join(map(repr, strange[:5]))}")
    return {column.name: _understood(column, said[column.name]) for column in table.columns}


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _understood(column: sa.Column[Any], said: Any) -> Any:
    if said is None and (column.nullable or isinstance(column.type, sa.JSON)):
        return None
    try:
        return next(read for kind, read in READERS if isinstance(column.type, kind))(said)
    except (ValueError, TypeError):
        raise BadRow(f"has no {column.type.__class__.__name__} in {column.name}") from None


def _whole_number(said: Any) -> int:
    if type(said) is not int or abs(said) > LARGEST_INTEGER:
        raise ValueError(said)
    return said


def _yes_or_no(said: Any) -> bool:
    if not isinstance(said, bool):
        raise TypeError(said)
    return said


def _text(said: Any) -> str:
    if not isinstance(said, str) or "\0" in said:
        raise TypeError(said)
    said.encode()  # half of a character has no place in any database
    return said


def _moment(said: Any) -> datetime:
    at = datetime.fromisoformat(said)
    if at.tzinfo is None:
        raise ValueError(said)
    return at


READERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (UtcDateTime, _moment),
    (sa.Date, date.fromisoformat),
    (sa.Boolean, _yes_or_no),
    (sa.Integer, _whole_number),
    (sa.JSON, lambda said: said),
    (sa.LargeBinary, lambda said: base64.b64decode(said, validate=True)),
    (sa.String, _text),
)
"""Every type a column of ours has, and how what a line says becomes its value; ValueError or TypeError where it does not."""


# -- writing -----------------------------------------------------------------------------------------------------------


@contextmanager
def filling(engine: Engine, revision: str) -> Iterator[Connection]:
    """One transaction on a database without programmes: begun with the empty schema of a revision, ended with the newest.

    At its end runs, leases and claims of the place the rows come from are forgotten. Whatever fails, the database is as it was.
    Refused where there are programmes already; ProgrammeError where rows do not fit.
    """
    try:
        with engine.execution_options(changing=True).begin() as connection:
            _empty(connection)
            bring_to(connection, revision)
            yield connection
            bring_to(connection, "head")
            _count_on(connection)
            _forget_who_works(connection)
    except OperationalError as error:
        raise ProgrammeError(f"The database cannot be written: {_first_line(error)}. Is something still running on it?") from error
    except DBAPIError as error:
        raise ProgrammeError(f"The rows do not fit into the database: {_first_line(error)}") from error


def insert(connection: Connection, table: Table, found: Iterable[Row]) -> None:
    """Write rows, some at a time."""
    left = iter(found)
    while batch := list(islice(left, _at_a_time(table))):
        connection.execute(table.insert(), batch)


def _empty(connection: Connection) -> None:
    """Take away the tables of a database in which nothing has been launched; it may be of any revision, or have none."""
    on_postgresql = connection.dialect.name == "postgresql"
    if on_postgresql:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    if revision_of(connection) is None:
        return
    if sa.inspect(connection).has_table("programme"):
        if on_postgresql:
            connection.execute(sa.text("LOCK TABLE programme IN ACCESS EXCLUSIVE MODE"))  # nobody launches one from here on
        known = list(connection.scalars(sa.text("SELECT id FROM programme ORDER BY id")))
        if known:
            raise Refused(
                f"The database has programmes already: {', '.join(known)}. Restore into an empty one: set DATABASE_URL (and VAR), "
                "or move the old database away."
            )
    bring_to(connection, "base")


def _count_on(connection: Connection) -> None:
    """Let PostgreSQL give ids after those that were written; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        key = table.autoincrement_column
        if key is not None:
            last = connection.scalar(sa.select(sa.func.max(key)))
            name = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(table.name, key.name)))
            connection.execute(sa.select(sa.func.setval(name, last or 1, last is not None)))


def _forget_who_works(connection: Connection) -> None:
    """Nobody works here yet: a run, lease, claim or sign-in of the place the rows come from must neither hold up nor act on this copy.

    A phase that is not completed gets a new run under a name that no run launched since the snapshot has, or Prefect would give the
    old one with answers that came later; tokens rise, so that a run which is still alive is refused. A notice that was claimed may
    have gone out: it goes out again under the Message-ID it has in its row.
    """
    connection.execute(
        sa.update(Phase)
        .where(Phase.state != PhaseState.COMPLETED)
        .values(run_id=None, token=Phase.token + 1, launches=Phase.launches + UNUSED_RUNS)
    )
    connection.execute(sa.update(Phase).where(Phase.leased_until.is_not(None)).values(leased_until=None))
    connection.execute(sa.update(Lease).where(Lease.until.is_not(None)).values(holder=None, until=None, token=Lease.token + 1))
    connection.execute(sa.update(Notice).where(Notice.claimed_by.is_not(None)).values(claimed_by=None, claimed_until=None))
    ended = sa.func.coalesce(SignIn.ended_at, SignIn.asked_at)  # who signed out after the snapshot must not be signed in here
    connection.execute(sa.update(SignIn).values(ended_at=ended))


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).splitlines()[0]
