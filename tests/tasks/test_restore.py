"""A restore happens whole or not at all: whatever is wrong with the archive, in the way, or cut short, nothing is changed."""

from __future__ import annotations

import base64
import gzip
import io
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from models.database import connect, migrate
from models.errors import ProgrammeError
from tests.tasks.furnished import SECRET, Forged, as_restored, backed_up, everything_below, furnish, restored, send_mail, unpacked
from tests.world import World, launched, made_once, one_pair, opened

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a programme with review editions, mail and a secret; where its rows came from is `0.db`."""

    def make(folder: Path) -> None:
        engine = connect(f"sqlite:///{folder}/0.db")
        migrate(engine)
        world = launched(engine, one_pair())
        send_mail(world, folder / "var")
        world.play(opened("needs-approval"))
        furnish(world, folder / "var")
        backed_up(world, folder / "var", folder / "b.tar.gz")
        engine.dispose()

    return made_once(tmp_path_factory, "backed-up", make)


@pytest.fixture
def forged(made: Path) -> Forged:
    """The parts of that backup."""
    return unpacked(made / "b.tar.gz")


def refuse(file: Path, engine: Engine, var: Path) -> str:
    """What the restore is refused with; that it left nothing behind."""
    before, tables = everything_below(var), sa.inspect(engine).get_table_names()
    with pytest.raises(ProgrammeError) as refused:
        restored(file, engine, var, World(engine))
    assert everything_below(var) == before
    assert sa.inspect(engine).get_table_names() == tables
    assert not tables or World(engine).rows()["programme"] == []
    return str(refused.value)


# -- archives that are not what they should be -------------------------------------------------------------------------


def a_file(forged: Forged, folder: str = "documents") -> str:
    return next(name for name in forged.parts if name.startswith(f"{folder}/"))


def of_kind(kind: bytes, target: str = "/etc/passwd") -> Callable[[tarfile.TarInfo], None]:
    def change(header: tarfile.TarInfo) -> None:
        header.type, header.linkname, header.size = kind, target, 0

    return change


def is_of_kind(kind: bytes) -> Callable[[Forged], None]:
    def tamper(forged: Forged) -> None:
        forged.rewrite(a_file(forged), b"")
        forged.headers[a_file(forged)] = of_kind(kind)

    return tamper


def is_named(name: str) -> Callable[[Forged], None]:
    return lambda forged: forged.rename(a_file(forged), name)


def header_is_named(name: str) -> Callable[[Forged], None]:
    """Another name than the manifest has."""

    def tamper(forged: Forged) -> None:
        forged.headers[a_file(forged)] = lambda header: setattr(header, "name", name)

    return tamper


def says(**values: object) -> Callable[[Forged], None]:
    return lambda forged: forged.manifest.update(values)


def has_row(table: str, **values: object) -> Callable[[Forged], None]:
    return lambda forged: forged.change_row(table, **values)


def has_lines(lines: bytes) -> Callable[[Forged], None]:
    return lambda forged: forged.rewrite("rows/gate.jsonl", lines)


def other_contents(forged: Forged) -> None:
    name = a_file(forged)
    forged.parts[name] = forged.parts[name][:-1] + b"?"


def longer_than_said(forged: Forged) -> None:
    forged.parts[a_file(forged)] += b"more"


def lacks_a_file(forged: Forged) -> None:
    del forged.parts[a_file(forged, "mail")]


def has_a_file_more(forged: Forged) -> None:
    header = tarfile.TarInfo("mail/another.eml")
    header.size = 4
    forged.more.append((header, b"mail"))


def has_one_twice(forged: Forged) -> None:
    header = tarfile.TarInfo("secret")
    header.size = 6
    forged.more.append((header, b"theirs"))


def lacks_a_table(forged: Forged) -> None:
    del forged.manifest["tables"]["decision"], forged.parts["rows/decision.jsonl"]


def has_a_table_more(forged: Forged) -> None:
    forged.manifest["tables"]["users"] = forged.manifest["tables"]["gate"]
    forged.parts["rows/users.jsonl"] = forged.parts["rows/gate.jsonl"]


def speaks_of_another_file(forged: Forged) -> None:
    forged.change_row("edition_file", path="../../../../etc/passwd")


def counts_wrongly(forged: Forged) -> None:
    forged.manifest["tables"]["gate"]["rows"] += 1


def deep(forged: Forged) -> None:
    forged.rewrite("rows/gate.jsonl", b"[" * 200_000 + b"]" * 200_000 + b"\n")


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        pytest.param(is_named("documents/../../evil"), "is no file of a backup|is no path", id="climbs out"),
        pytest.param(is_named("/etc/cron.d/evil"), "is no path", id="absolute"),
        pytest.param(is_named("documents/sapling/..\\evil"), "is no path", id="climbs out on Windows"),
        pytest.param(is_named("documents/sapling/.ssh"), "is no path", id="hidden"),
        pytest.param(is_named("var/programme.db"), "is no file of a backup", id="elsewhere"),
        pytest.param(header_is_named("../evil"), "where its manifest says documents/", id="another name in the tar"),
        pytest.param(is_of_kind(tarfile.SYMTYPE), "something else than a plain file", id="symbolic link"),
        pytest.param(is_of_kind(tarfile.LNKTYPE), "something else than a plain file|bytes, not the", id="hard link"),
        pytest.param(is_of_kind(tarfile.CHRTYPE), "something else than a plain file", id="device"),
        pytest.param(is_of_kind(tarfile.FIFOTYPE), "something else than a plain file", id="pipe"),
        pytest.param(is_of_kind(tarfile.DIRTYPE), "something else than a plain file", id="folder"),
        pytest.param(other_contents, "has other contents in documents/", id="another digest"),
        pytest.param(longer_than_said, "bytes, not the", id="another length"),
        pytest.param(lacks_a_file, "where its manifest says|lacks", id="a file is missing"),
        pytest.param(has_a_file_more, "more in it than its manifest", id="a file more"),
        pytest.param(has_one_twice, "more in it than its manifest", id="a file twice"),
        pytest.param(lacks_a_table, r"other tables than revision \d{4}: rows/decision", id="a table is missing"),
        pytest.param(has_a_table_more, r"other tables than revision \d{4}: rows/users", id="an unknown table"),
        pytest.param(has_row("gate", colour="red"), "gate.jsonl:1: has other columns than its table: 'colour'", id="an unknown column"),
        pytest.param(has_row("gate", due_on="soon"), "gate.jsonl:1: has no Date in due_on", id="no date"),
        pytest.param(has_row("gate", missed=0), "has no Boolean in missed", id="no boolean"),
        pytest.param(has_row("gate", phase=True), "has no Integer in phase", id="no number"),
        pytest.param(has_row("gate", phase=2**40), "has no Integer in phase", id="too large a number"),
        pytest.param(has_row("gate", opened_at="2026-01-01T00:00:00"), "has no UtcDateTime in opened_at", id="no zone"),
        pytest.param(has_row("gate", state=None), "has no String in state", id="nothing where there must be something"),
        pytest.param(has_row("gate", state="a\0b"), "has no String in state", id="a zero byte"),
        pytest.param(has_row("gate", state="\ud800"), "has no String in state", id="half a character"),
        pytest.param(has_lines(b"{garbage\n"), "gate.jsonl:1: is no JSON", id="no JSON"),
        pytest.param(has_lines(b"[1,2]\n"), "gate.jsonl:1: is no row", id="no row"),
        pytest.param(has_lines(b'{"id": NaN}\n'), "is no JSON", id="not a number"),
        pytest.param(has_lines(b'{"id": 1}'), "without an end", id="cut line"),
        pytest.param(deep, "is no JSON", id="nested without end"),
        pytest.param(counts_wrongly, "rows, not the", id="too few rows"),
        pytest.param(speaks_of_another_file, "speaks of a file that is not in the archive", id="a row of a file elsewhere"),
        pytest.param(has_row("programme", id="../other"), "is a programme that the manifest does not name", id="a strange programme"),
        pytest.param(has_row("contribution", gate_id=99_999), "do not fit into the database: FOREIGN KEY", id="a row of nothing"),
        pytest.param(says(format=2), "format: Input should be 1", id="another format"),
        pytest.param(says(revision="0099"), "0099.*this version does not know it", id="a newer version's"),
        pytest.param(says(revision="0001"), "other tables than revision 0001", id="another revision than its rows"),
        pytest.param(says(revision="head"), "does not understand: revision", id="a word for a revision"),
        pytest.param(says(strange=1), "does not understand: strange", id="an unknown word"),
        pytest.param(says(programmes=["../evil"]), "does not understand: programmes", id="a programme that climbs out"),
    ],
)  # fmt: skip
def test_a_hostile_archive_is_refused_and_nothing_is_written(
    forged: Forged, tmp_path: Path, tamper: Callable[[Forged], None], told: str
) -> None:
    tamper(forged)
    forged.pack(tmp_path / "b.tar.gz")
    said = refuse(tmp_path / "b.tar.gz", connect(f"sqlite:///{tmp_path}/new.db"), tmp_path / "new")
    assert re.search(told, said), said


def cut(whole: bytes) -> bytes:
    return whole[: len(whole) * 2 // 3]


def without_its_sum(whole: bytes) -> bytes:
    return whole[:-8]


def flipped(whole: bytes) -> bytes:
    middle = len(whole) // 2
    return whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :]


def with_another_sum(whole: bytes) -> bytes:
    return whole[:-8] + bytes(4) + whole[-4:]


def gzip_of_nothing(_whole: bytes) -> bytes:
    return gzip.compress(b"")


def a_tar_of_other_things(_whole: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("readme"))
    return packed.getvalue()


def one_more_bomb(whole: bytes) -> bytes:
    """Hundreds of megabytes of nothing behind the last file."""
    return whole + gzip.compress(bytes(200 << 20), 1)


def a_header_that_is_a_bomb(_whole: bytes) -> bytes:
    """A first header that says it is followed by gigabytes of further headers, which tar reads into memory."""
    header = tarfile.TarInfo("manifest.json")
    header.type, header.size = tarfile.XHDTYPE, 4 << 30
    return gzip.compress(header.tobuf() + bytes(300 << 20), 1)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (cut, "is cut off"),
        (without_its_sum, "is cut off"),
        (flipped, "is damaged|has other contents|is no JSON|where its manifest"),
        (with_another_sum, "CRC|damaged"),
        (lambda _: b"", "is no backup"),
        (lambda _: b"a letter to the editor", "is no backup"),
        (lambda _: base64.b64decode("UEsDBBQAAAAIAA=="), "is no backup"),
        (gzip_of_nothing, "is no backup"),
        (a_tar_of_other_things, "does not begin with a manifest"),
        (one_more_bomb, "unpacks to more than its manifest says"),
        (a_header_that_is_a_bomb, "unpacks to more"),
    ],
)
def test_a_damaged_file_is_refused_and_nothing_is_written(made: Path, tmp_path: Path, damage: Callable[[bytes], bytes], told: str) -> None:
    (tmp_path / "b.tar.gz").write_bytes(damage((made / "b.tar.gz").read_bytes()))
    said = refuse(tmp_path / "b.tar.gz", connect(f"sqlite:///{tmp_path}/new.db"), tmp_path / "new")
    assert re.search(told, said), said
    assert str(tmp_path / "b.tar.gz") in said


# -- what is in the way ------------------------------------------------------------------------------------------------


def test_a_database_with_programmes_is_left_alone(made: Path, engine: Engine, tmp_path: Path) -> None:
    world = launched(engine)
    before = world.rows()
    with pytest.raises(ProgrammeError, match="has programmes already: orchard"):
        restored(made / "b.tar.gz", engine, tmp_path / "new", world)
    assert world.rows() == before
    assert everything_below(tmp_path / "new") == {}


def test_a_database_of_a_newer_version_is_left_alone(made: Path, sqlite_engine: Engine, tmp_path: Path) -> None:
    with sqlite_engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '0077'"))
    assert "0077" in refuse(made / "b.tar.gz", sqlite_engine, tmp_path / "new")


@pytest.mark.parametrize("path", ["documents/sapling/deliverables/old.pdf", "mail/theirs.eml"])
def test_folders_that_are_in_use_are_left_alone(made: Path, sqlite_engine: Engine, tmp_path: Path, path: str) -> None:
    (tmp_path / "new" / path).parent.mkdir(parents=True)
    (tmp_path / "new" / path).write_text("theirs")
    assert "has files already" in refuse(made / "b.tar.gz", sqlite_engine, tmp_path / "new")


def test_a_secret_without_programmes_gives_way_to_the_one_that_links_were_signed_with(
    made: Path, sqlite_engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "secret").write_text("of an installation that has sent nothing")
    restored(made / "b.tar.gz", sqlite_engine, tmp_path / "new", World(sqlite_engine))
    assert (tmp_path / "new" / "secret").read_text() == SECRET


# -- what is cut short -------------------------------------------------------------------------------------------------


def test_a_disk_that_fails_midway_leaves_nothing(made: Path, forged: Forged, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "new" / "mail" / Path(a_file(forged, "mail")).name).mkdir(parents=True)  # where a file is to go
    (tmp_path / "new" / "secret").write_text("theirs")
    with pytest.raises(OSError, match="directory"):
        restored(made / "b.tar.gz", engine, tmp_path / "new", World(engine))
    assert {table: rows for table, rows in World(engine).rows().items() if rows} == {}
    assert everything_below(tmp_path / "new") == {"secret": b"theirs"}
    assert not (tmp_path / "new" / "documents").exists()


IN_A_PROCESS = """
import os, signal, sys
from models.database import connect
from models.errors import Refused
from tasks.restore import restore
from tests.tasks.furnished import in_folder
from pathlib import Path

def watch(done, of, what):
    if what == "restoring" and done == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)

try:
    restore(Path(sys.argv[1]), connect(sys.argv[2]), in_folder(Path(sys.argv[3])), watch)
except Refused as refused:
    sys.exit(str(refused))
"""
"""Restores; killed when it has come to the member of that number."""


def process(file: Path, url: str, var: Path, killed_at: int = -1) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", IN_A_PROCESS, str(file), url, str(var), str(killed_at)]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("back", [0, 5, 200])
def test_a_restore_that_was_killed_has_changed_no_row_and_is_simply_repeated(
    made: Path, forged: Forged, sqlite_engine: Engine, tmp_path: Path, back: int
) -> None:
    """Killed so many members before the last one."""
    at = max(len(forged.parts) - back, 3)
    killed = process(made / "b.tar.gz", str(sqlite_engine.url), tmp_path / "new", at)
    killed.communicate(timeout=60)
    assert killed.returncode == -9
    assert {table: rows for table, rows in World(sqlite_engine).rows().items() if rows} == {}
    copy = restored(made / "b.tar.gz", sqlite_engine, tmp_path / "new", World(sqlite_engine))
    assert copy.rows() == as_restored(World(connect(f"sqlite:///{made}/0.db")))
    assert everything_below(tmp_path / "new") == everything_below(made / "var")


def test_of_two_restores_at_once_one_is_refused(made: Path, empty_database: str, tmp_path: Path) -> None:
    both = [process(made / "b.tar.gz", empty_database, tmp_path / "new") for _ in range(2)]
    said = sorted(one.communicate(timeout=60)[1] for one in both)
    assert sorted(one.returncode for one in both) == [0, 1], said
    assert said[1].startswith("The database has programmes already: sapling"), said
    assert World(connect(empty_database)).rows() == as_restored(World(connect(f"sqlite:///{made}/0.db")))
    assert everything_below(tmp_path / "new") == everything_below(made / "var")
