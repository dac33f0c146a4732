"""The database: its migrations lead to exactly the rows, on both kinds, however often and from however many processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, event, insert, inspect, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from models.database import changing, connect, migrate, reading
from models.errors import Refused
from models.organisations import Organisation
from models.programme import Programme
from models.rows import metadata
from tests.world import at_once

ROOT = Path(__file__).parents[2]
LAUNCHED_AT = datetime(2026, 9, 1, 9, 0, tzinfo=timezone(timedelta(hours=2)))


def programme(**fields: object) -> Programme:
    start_on = LAUNCHED_AT.date()
    return Programme(**({"id": "test", "title": "Test", "start_on": start_on, "launched_at": LAUNCHED_AT} | fields))


def differences(url: str) -> list[object]:
    engine = connect(url)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_server_default": True}), metadata)
    engine.dispose()
    return list(found)


def keys_named(engine: Engine, table: str) -> list[str | None]:
    """The names of a table's foreign keys; of one that came with its column SQLite keeps the name, but SQLAlchemy does not read it."""
    if engine.dialect.name != "sqlite":
        return [item["name"] for item in inspect(engine).get_foreign_keys(table)]
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table}).scalar_one()
    return [*re.findall(r"CONSTRAINT (\w+) (?:FOREIGN KEY *\(\w+\) )?REFERENCES", kept)]


def test_the_migrations_lead_to_exactly_the_rows(empty_database: str) -> None:
    engine = connect(empty_database)
    migrate(engine)
    engine.dispose()
    assert differences(empty_database) == [], 'run: python -m models.migrations.draft "what changes"'


def test_constraints_are_named_as_the_rows_name_them(engine: Engine) -> None:
    found = inspect(engine)
    for table in metadata.sorted_tables:
        assert found.get_pk_constraint(table.name)["name"] == f"pk_{table.name}"
        named = {str(constraint.name) for constraint in table.constraints if constraint.name}
        keys = keys_named(engine, table.name)
        assert len(keys) == len(found.get_foreign_keys(table.name)), table.name
        seen = {*keys, *(item["name"] for item in found.get_unique_constraints(table.name))}
        assert named == seen | {f"pk_{table.name}"}, table.name


def test_migrating_again_changes_nothing(empty_database: str) -> None:
    engine = connect(empty_database)
    migrate(engine)
    with changing(engine) as session:
        session.add(programme())
    migrate(engine)
    with reading(engine) as session:
        assert session.scalars(select(Programme.id)).all() == ["test"]
    engine.dispose()


def test_two_processes_may_migrate_at_once(empty_database: str) -> None:
    code = "import sys; from models.database import connect, migrate; migrate(connect(sys.argv[1]))"
    command = [sys.executable, "-c", code, empty_database]
    started = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    assert differences(empty_database) == []


def test_a_migration_that_fails_leaves_the_database_as_it_was(empty_database: str) -> None:
    engine = connect(empty_database)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE revision (id INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        migrate(engine)
    assert inspect(engine).get_table_names() == ["revision"]
    engine.dispose()


def test_what_a_migration_made_can_be_taken_back(empty_database: str) -> None:
    from alembic import command
    from alembic.config import Config

    engine = connect(empty_database)
    migrate(engine)
    config = Config()
    config.set_main_option("script_location", str(ROOT / "models" / "migrations"))
    with engine.execution_options(changing=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_times_come_back_in_utc(engine: Engine) -> None:
    with changing(engine) as session:
        session.add(programme())
    with reading(engine) as session:
        assert session.get_one(Programme, "test").launched_at.isoformat() == "2026-09-01T07:00:00+00:00"


def test_a_time_without_zone_is_refused(engine: Engine) -> None:
    with pytest.raises(StatementError, match="naive"), changing(engine) as session:
        session.add(programme(launched_at=datetime(2026, 9, 1, 9, 0)))  # noqa: DTZ001 - that is the point
        session.flush()


def test_an_error_undoes_the_whole_transaction(engine: Engine) -> None:
    with pytest.raises(RuntimeError, match="halfway"), changing(engine) as session:
        session.add(programme())
        session.flush()
        raise RuntimeError("halfway")
    with reading(engine) as session:
        assert session.get(Programme, "test") is None


def test_a_row_that_somebody_else_changed_meanwhile_is_refused(engine: Engine) -> None:
    with changing(engine) as session:
        session.add(programme())
    with reading(engine) as session:
        stale = session.get_one(Programme, "test")
    with changing(engine) as session:
        session.get_one(Programme, "test").title = "Theirs"
    with pytest.raises(Refused, match="Somebody else"), changing(engine) as session:
        stale.title = "Ours"
        session.add(stale)
    with reading(engine) as session:
        assert session.get_one(Programme, "test").title == "Theirs"


def test_a_row_of_nobody_is_refused(engine: Engine) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"), Session(engine) as session:
        session.execute(insert(Organisation).values(programme_id="nobody", slug="a", kind="city", name="A"))
        session.commit()


def test_a_reader_does_not_hold_up_a_writer(engine: Engine) -> None:
    with changing(engine) as session:
        session.add(programme())
    with reading(engine) as reader:
        before = reader.get_one(Programme, "test").title
        with changing(engine) as writer:
            writer.get_one(Programme, "test").title = "Changed"
        assert before == "Test"
    with reading(engine) as session:
        assert session.get_one(Programme, "test").launched_at.astimezone(UTC) == LAUNCHED_AT
        assert session.get_one(Programme, "test").title == "Changed"


def test_writers_at_once_come_one_after_the_other_and_none_is_lost(sqlite_engine: Engine) -> None:
    with changing(sqlite_engine) as session:
        session.add(programme(events_written=0))

    def count() -> None:
        with changing(sqlite_engine) as session:
            session.get_one(Programme, "test").events_written += 1

    assert at_once(*[count] * 24) == [None] * 24
    with reading(sqlite_engine) as session:
        assert session.get_one(Programme, "test").events_written == 24


def test_a_writer_asks_nothing_of_the_database_before_it_is_its_turn(sqlite_engine: Engine) -> None:
    begun: list[str] = []
    event.listen(sqlite_engine, "begin", lambda _: begun.append(threading.current_thread().name))

    def write() -> None:
        with changing(sqlite_engine) as session:
            session.add(programme())

    other = threading.Thread(target=write, name="the other")
    with changing(sqlite_engine) as session:
        session.execute(select(Programme))
        other.start()
        other.join(0.3)
        assert (other.is_alive(), begun) == (True, [threading.current_thread().name])
    other.join(30)
    assert begun[1:] == ["the other"]


def test_a_writer_that_fails_leaves_its_turn_to_the_next(sqlite_engine: Engine) -> None:
    with pytest.raises(ValueError, match="in the middle"), changing(sqlite_engine) as session:
        session.add(programme())
        raise ValueError("in the middle")
    with changing(sqlite_engine) as session:
        session.add(programme(title="The next"))
    with reading(sqlite_engine) as session:
        assert session.get_one(Programme, "test").title == "The next"


def test_a_process_forked_while_another_writes_has_a_turn_of_its_own(sqlite_engine: Engine) -> None:
    with changing(sqlite_engine):
        child = os.fork()
        if child == 0:  # nothing was asked of the database here, so SQLite is free: only the turn could be taken
            try:
                with changing(sqlite_engine):
                    os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
