"""A backup taken while everything runs restores to the same programme, on either kind of database, from any revision."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from models import outbox, portable
from models.contributions import Attachment, Revision
from models.database import bring_to, changing, connect, migrate, reading
from models.decisions import Decision, Entry, Verdict
from models.doors import signing_in
from models.doors.steering import renew_lease, take_lease
from models.editions import EditionFile
from models.errors import ProgrammeError, Refused, StaleToken
from models.gates import Gate
from models.leases import Lease
from models.rows import metadata
from models.standing import load
from tasks.publishing import without_files
from tasks.verifying import verify_installation
from tests.conftest import scratch_database
from tests.tasks.furnished import SECRET, as_restored, backed_up, everything_below, furnish, restored, send_mail, unpacked
from tests.world import World, launched, one_pair, opened

NewDatabase = Callable[[str], Engine]


@pytest.fixture
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewDatabase]:
    """Makes a database without any table, of the kind that is asked for."""
    made: list[Engine] = []
    with ExitStack() as stack:

        def make(kind: str) -> Engine:
            url = f"sqlite:///{tmp_path}/{len(made)}.db"
            if kind == "postgresql":
                url = stack.enter_context(scratch_database(request.getfixturevalue("postgresql_server")))
            made.append(connect(url))
            stack.callback(made[-1].dispose)
            return made[-1]

        yield make


def at_the_first_visits(engine: Engine, var: Path) -> World:
    world = launched(engine, one_pair())
    send_mail(world, var)
    world.play(opened("visit-1-agenda-approval"))
    furnish(world, var)
    return world


def faults(world: World, var: Path) -> list[str]:
    with reading(world.engine) as session:
        return verify_installation(session, var / "documents")


def lines_of(world: World) -> list[dict[str, object]]:
    return [event.as_line() for event in world.events()]


@pytest.mark.parametrize(("of", "into"), [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite")])
def test_what_is_restored_is_the_same_and_is_played_on_to_the_same_history(
    of: str, into: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    source = new_database(of)
    migrate(source)
    world = at_the_first_visits(source, tmp_path / "var")
    manifest = backed_up(world, tmp_path / "var", tmp_path / "b.tar.gz")
    copy = restored(tmp_path / "b.tar.gz", new_database(into), tmp_path / "new", world)
    assert copy.rows() == as_restored(world)
    assert everything_below(tmp_path / "new") == everything_below(tmp_path / "var")
    assert manifest.left_out == []
    assert faults(copy, tmp_path / "new") == []
    for one in (world, copy):
        one.play(opened("plan-draft-approval"))
    assert lines_of(copy) == lines_of(world)
    assert faults(copy, tmp_path / "new") == []


def test_a_backup_is_its_owners_alone_and_replaces_nothing_unasked(sqlite_engine: Engine, tmp_path: Path) -> None:
    world = launched(sqlite_engine, one_pair())
    file = tmp_path / "b.tar.gz"
    backed_up(world, tmp_path / "var", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    with pytest.raises(ProgrammeError, match="exists already"):
        backed_up(world, tmp_path / "var", file)
    assert file.read_bytes() == before
    world.answer("needs")
    backed_up(world, tmp_path / "var", file, replace=True)
    assert file.read_bytes() != before
    assert sorted(path.name for path in tmp_path.glob("*b.tar.gz*")) == ["b.tar.gz"]


def test_there_must_be_something_to_back_up_and_a_folder_to_put_it_in(sqlite_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ProgrammeError, match="No programme has been launched"):
        backed_up(World(sqlite_engine), tmp_path / "var", tmp_path / "b.tar.gz")
    with pytest.raises(ProgrammeError, match="is no folder"):
        backed_up(World(sqlite_engine), tmp_path / "var", tmp_path / "nowhere" / "b.tar.gz")
    empty = connect(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(ProgrammeError, match="has no tables of this project"):
        backed_up(World(empty), tmp_path / "var", tmp_path / "b.tar.gz")
    assert list(tmp_path.glob("*b.tar.gz*")) == []


def test_backups_taken_while_the_programme_is_being_changed_are_each_of_one_moment(
    engine: Engine, new_database: NewDatabase, tmp_path: Path
) -> None:
    world = launched(engine, one_pair())
    world.answer("needs")
    stop = Flag()

    def busy() -> None:
        for _ in range(400):  # mail, deadlines, contributions: a transaction each
            if stop.is_set():
                return
            send_mail(world, tmp_path / "var")
            for scope in ("city-alder", "city-cedar"):
                world.contribute("profile", scope)
            world.now += timedelta(hours=6)
            world.settle()

    world.wait_days(15)
    writer = Thread(target=busy)
    writer.start()
    try:
        files = [tmp_path / f"{number}.tar.gz" for number in range(4)]
        for file in files:
            backed_up(world, tmp_path / "var", file)
    finally:
        stop.set()
        writer.join(timeout=60)
    seen = []
    for number, file in enumerate(files):
        copy = restored(file, connect(f"sqlite:///{tmp_path}/copy{number}.db"), tmp_path / f"copy{number}", world)
        assert faults(copy, tmp_path / f"copy{number}") == []
        seen.append(len(copy.events()))
        copy.engine.dispose()
    assert seen[-1] > seen[0], "nothing was written meanwhile"
    assert seen == sorted(seen)


def test_no_writer_waits_for_a_backup(engine: Engine) -> None:
    world = launched(engine, one_pair())
    with portable.snapshot(engine) as (connection, revision):
        notices = next(table for table in portable.tables_at(revision) if table.name == "revision")
        before = list(portable.rows(connection, notices))
        world.answer("needs")
        assert list(portable.rows(connection, notices)) == before
    with portable.snapshot(engine) as (connection, _):
        assert len(list(portable.rows(connection, notices))) > len(before)


def test_a_file_that_changed_or_went_since_its_row_was_written_is_left_out_and_made_again(
    sqlite_engine: Engine, new_database: NewDatabase, tmp_path: Path
) -> None:
    world = at_the_first_visits(sqlite_engine, tmp_path / "var")
    documents = tmp_path / "var" / "documents" / world.programme / "deliverables"
    (documents / "D1.2" / "programme" / "en.pdf").write_bytes(b"another one")
    (documents / "D1.1" / "city-alder" / "en.html").unlink()
    manifest = backed_up(world, tmp_path / "var", tmp_path / "b.tar.gz")
    below = f"documents/{world.programme}/deliverables"
    assert {(one.path, one.why) for one in manifest.left_out} == {
        (f"{below}/D1.2/programme/en.pdf", "has changed since"),
        (f"{below}/D1.1/city-alder/en.html", "is not there"),
    }
    copy = restored(tmp_path / "b.tar.gz", new_database("sqlite"), tmp_path / "new", world)
    assert faults(copy, tmp_path / "new") == []
    with copy.looking() as standing:
        lacking = without_files(standing, tmp_path / "new" / "documents")
    assert {(one.deliverable, one.scope) for one in lacking} == {("D1.2", "programme"), ("D1.1", "city-alder")}


def test_a_file_that_a_later_edition_replaced_stays_with_both(sqlite_engine: Engine, new_database: NewDatabase, tmp_path: Path) -> None:
    world = at_the_first_visits(sqlite_engine, tmp_path / "var")
    with changing(sqlite_engine) as session:
        stamped = sa.select(EditionFile).where(EditionFile.stamped, EditionFile.format == "pdf")
        found = session.scalars(stamped.order_by(EditionFile.id)).all()
        found[0].path, count = found[1].path, len(session.scalars(sa.select(EditionFile.id)).all())
    backed_up(world, tmp_path / "var", tmp_path / "b.tar.gz")
    copy = restored(tmp_path / "b.tar.gz", new_database("sqlite"), tmp_path / "new", world)
    assert len(copy.rows()["edition_file"]) == count
    with copy.looking() as standing:
        assert without_files(standing, tmp_path / "new" / "documents") == []


def test_mail_that_is_gone_is_told_and_hinders_nothing(sqlite_engine: Engine, new_database: NewDatabase, tmp_path: Path) -> None:
    world = launched(sqlite_engine, one_pair())
    furnish(world, tmp_path / "var")
    gone, *others = sorted((tmp_path / "var" / "mail").iterdir())
    gone.unlink()
    manifest = backed_up(world, tmp_path / "var", tmp_path / "b.tar.gz")
    assert [one.path for one in manifest.left_out] == [f"mail/{gone.name}"]
    restored(tmp_path / "b.tar.gz", new_database("sqlite"), tmp_path / "new", world)
    assert sorted(path.name for path in (tmp_path / "new" / "mail").iterdir()) == [path.name for path in others]
    assert (tmp_path / "new" / "secret").read_text() == SECRET
    assert stat.S_IMODE((tmp_path / "new" / "secret").stat().st_mode) == 0o600


def add_files(world: World) -> None:
    """A file that came with a contribution, and the evidence of a decision: rows below and above a table that migrations alter."""
    data = b"%PDF-1.7\n"
    said = {"media_type": "application/pdf", "sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "data": data}
    decided = {"round": 1, "verdict": Verdict.APPROVE, "role": "project-lead", "on_behalf": True, "entry": Entry.DESK, "at": world.now}
    with changing(world.engine) as session:
        revision_id = session.scalars(sa.select(Revision.id)).first()
        plan = Attachment(programme_id=world.programme, revision_id=revision_id, filename="plan.pdf", **said)
        act = Attachment(programme_id=world.programme, filename="act.pdf", **said)
        session.add_all([plan, act])
        session.flush()
        gate_id = session.scalars(sa.select(Gate.id).where(Gate.key == "needs-approval")).first()
        session.add(Decision(gate_id=gate_id, organisation="city-alder", evidence_id=act.id, **decided))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_archive_of_an_older_version_is_restored_into_this_one(
    sqlite_engine: Engine, kind: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    world = launched(sqlite_engine, one_pair())
    world.answer("needs")
    furnish(world, tmp_path / "var")
    add_files(world)
    old = connect(f"sqlite:///{tmp_path}/old.db")
    with old.execution_options(changing=True).begin() as connection, portable.snapshot(sqlite_engine) as (today, revision):
        bring_to(connection, "0001")
        known = {table.name: table for table in portable.tables_at(revision)}
        for table in portable.tables_at("0001"):
            rows = portable.rows(today, known[table.name])
            portable.insert(connection, table, ({column.name: row[column.name] for column in table.columns} for row in rows))
    manifest = backed_up(World(old, world.now, world.programme), tmp_path / "var", tmp_path / "b.tar.gz")
    assert (manifest.revision, "lease" in manifest.tables) == ("0001", False)
    copy = restored(tmp_path / "b.tar.gz", new_database(kind), tmp_path / "new", world)
    assert copy.rows() == as_restored(world)
    assert faults(copy, tmp_path / "new") == []
    old.dispose()


def test_a_database_that_has_only_been_started_is_as_good_as_an_empty_one(
    engine: Engine, new_database: NewDatabase, tmp_path: Path
) -> None:
    source = new_database("sqlite")
    migrate(source)
    world = launched(source, one_pair())
    backed_up(world, tmp_path / "var", tmp_path / "b.tar.gz")
    with changing(engine) as session:
        session.add(Lease(name="of the empty place", token=3))
    copy = restored(tmp_path / "b.tar.gz", engine, tmp_path / "new", world)
    assert copy.rows() == as_restored(world)


def test_who_was_at_work_in_the_original_neither_holds_up_nor_acts_on_the_copy(
    sqlite_engine: Engine, new_database: NewDatabase, tmp_path: Path
) -> None:
    world = launched(sqlite_engine, one_pair())
    with changing(sqlite_engine) as session:
        phase = load(session, world.programme, locked=True).phase(1)
        phase.launches = 4
        token = take_lease(session, load(session, world.programme), 1, "a run", world.now)
        session.add(Lease(name="building", holder="a run", token=2, until=world.now))
        claimed = len(outbox.claim(session, world.programme, world.now, "a sender"))
    backed_up(world, tmp_path / "var", tmp_path / "b.tar.gz")
    copy = restored(tmp_path / "b.tar.gz", new_database("sqlite"), tmp_path / "new", world)
    with copy.changing() as (session, standing):
        phase = standing.phase(1)
        assert (phase.run_id, phase.leased_until) == (None, None)
        assert phase.launches > 1_000, "a run launched since the snapshot must not be taken for the next one"
        with pytest.raises(StaleToken):
            renew_lease(standing, 1, token, world.now)
        lease = session.get_one(Lease, "building")
        assert (lease.holder, lease.until, lease.token) == (None, None, 3)
    assert claimed
    assert send_mail(world, tmp_path / "var") == 0
    assert send_mail(copy, tmp_path / "new") == claimed


def test_who_was_signed_in_to_the_original_signs_in_to_the_copy_anew(
    sqlite_engine: Engine, new_database: NewDatabase, tmp_path: Path
) -> None:
    world = launched(sqlite_engine, one_pair())
    with world.changing() as (session, _):
        _, cookie = signing_in.use(session, signing_in.link_for(session, world.programme, SECRET, world.now), world.now)
        unused = signing_in.link_for(session, world.programme, SECRET, world.now)
    backed_up(world, tmp_path / "var", tmp_path / "b.tar.gz")
    copy = restored(tmp_path / "b.tar.gz", new_database("sqlite"), tmp_path / "new", world)
    with copy.changing() as (session, _):
        assert signing_in.session_of(session, cookie, world.now) is None
        with pytest.raises(Refused):
            signing_in.use(session, unused, world.now)


def test_mail_that_the_copy_sends_again_has_the_message_id_it_went_out_with(
    sqlite_engine: Engine, new_database: NewDatabase, tmp_path: Path
) -> None:
    world = launched(sqlite_engine, one_pair())
    backed_up(world, tmp_path / "var", tmp_path / "b.tar.gz")
    send_mail(world, tmp_path / "var")
    copy = restored(tmp_path / "b.tar.gz", new_database("sqlite"), tmp_path / "new", world)
    send_mail(copy, tmp_path / "new")
    ids = [[(notice.key, notice.message_id) for notice in one.notices(state="sent")] for one in (world, copy)]
    assert ids[0] == ids[1] != []


def test_every_table_is_in_an_archive_with_its_rows(sqlite_engine: Engine, tmp_path: Path) -> None:
    world = launched(sqlite_engine, one_pair())
    furnish(world, tmp_path / "var")
    backed_up(world, tmp_path / "var", tmp_path / "b.tar.gz")
    forged = unpacked(tmp_path / "b.tar.gz")
    assert set(forged.manifest["tables"]) == set(metadata.tables)
    for table, rows in world.rows().items():
        assert len(forged.parts[f"rows/{table}.jsonl"].splitlines()) == len(rows) == forged.manifest["tables"][table]["rows"], table
