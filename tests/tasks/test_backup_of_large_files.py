"""However many files there are, a backup and a restore hold few of them in memory at a time."""

from __future__ import annotations

import hashlib
import resource
import shutil
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from models import portable
from models.contributions import Attachment
from models.database import changing, connect, migrate, revision_of
from models.editions import EditionFile
from tasks.files import put, sha256
from tasks.shops import site_sha256
from tests.tasks.furnished import backed_up, everything_below, furnish, restored, send_mail
from tests.world import World, launched, one_pair, opened

MB = 1_000_000
FILES, LARGE = 40, MB


@contextmanager
def within(most: int) -> Iterator[None]:
    """What Python holds at a time grows by so many bytes at most."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < most, f"{peak / MB:.1f} MB were held at a time"


def load_migrations(engine: Engine) -> None:
    """What Python loads for them is not to be counted."""
    with engine.connect() as connection:
        portable.tables_at(revision_of(connection) or "")


def with_attachments(engine: Engine) -> World:
    """A programme with attachments of a megabyte each: of one letter, for they are packed."""
    world = launched(engine, one_pair())
    for number in range(FILES):
        data = bytes([number]) * LARGE
        said = {"filename": f"{number}.pdf", "media_type": "application/pdf", "sha256": hashlib.sha256(data).hexdigest(), "size": LARGE}
        with changing(engine) as session:
            session.add(Attachment(programme_id=world.programme, data=data, **said))
    load_migrations(engine)
    return world


def test_attachments_are_backed_up_a_few_at_a_time(engine: Engine, tmp_path: Path) -> None:
    world = with_attachments(engine)
    with within(FILES * LARGE // 2):
        backed_up(world, tmp_path / "var", tmp_path / "b.tar.gz")


def test_attachments_are_restored_a_few_at_a_time(empty_database: str, tmp_path: Path) -> None:
    source = connect(f"sqlite:///{tmp_path}/source.db")
    migrate(source)
    world = with_attachments(source)
    backed_up(world, tmp_path / "var", tmp_path / "b.tar.gz")
    with within(FILES * LARGE // 2):
        copy = restored(tmp_path / "b.tar.gz", connect(empty_database), tmp_path / "new", world)
    assert copy.rows()["attachment"] == world.rows()["attachment"]


def with_large_files(engine: Engine, var: Path) -> World:
    """A programme with a large document, a site with a large page, and a large mail."""
    world, data = launched(engine, one_pair()), bytes(FILES * LARGE)
    send_mail(world, var)
    world.play(opened("needs-approval"))
    furnish(world, var)
    with changing(engine) as session:
        row = session.scalars(select(EditionFile).where(EditionFile.format != "site")).first()
        assert row is not None
        row.file_sha256 = sha256(data)
        put(var / "documents" / row.path, data)
        session.add(with_site(row.edition_id, var / "documents" / world.programme, {"index.html": b"a shop", "services.json": data}))
    next((var / "mail").iterdir()).write_bytes(data)
    return world


def with_site(edition_id: int, folder: Path, pages: dict[str, bytes]) -> EditionFile:
    """The pages of a shop, with their row."""
    below = {f"shops/cedar/{name}": data for name, data in pages.items()}
    for path, data in below.items():
        put(folder / path, data)
    digest = site_sha256({path: sha256(data) for path, data in below.items()})
    said = {"language": "en", "format": "site", "stamped": False, "build_key": "0" * 64, "file_sha256": digest}
    return EditionFile(edition_id=edition_id, path=f"{folder.name}/shops/cedar/index.html", **said)


def test_documents_and_mail_are_backed_up_and_restored_in_pieces(sqlite_engine: Engine, tmp_path: Path) -> None:
    world = with_large_files(sqlite_engine, tmp_path / "var")
    load_migrations(sqlite_engine)
    with within(FILES * LARGE // 2):
        manifest = backed_up(world, tmp_path / "var", tmp_path / "b.tar.gz")
    assert manifest.left_out == []
    shutil.copytree(tmp_path / "var", tmp_path / "new")  # as a restore leaves it that was killed at its end
    (tmp_path / "new" / "secret").unlink()
    with within(FILES * LARGE // 2):
        restored(tmp_path / "b.tar.gz", connect(f"sqlite:///{tmp_path}/new.db"), tmp_path / "new", world)
    assert everything_below(tmp_path / "new") == everything_below(tmp_path / "var")


@contextmanager
def files_up_to(most: int) -> Iterator[None]:
    """As on a disk that is full then: writing further fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_mail_for_which_there_is_no_room_ends_the_backup_and_is_not_said_to_be_gone(sqlite_engine: Engine, tmp_path: Path) -> None:
    world = launched(sqlite_engine, one_pair())
    send_mail(world, tmp_path / "var")
    next((tmp_path / "var" / "mail").iterdir()).write_bytes(bytes(FILES * LARGE))
    with files_up_to(FILES * LARGE // 2), pytest.raises(OSError, match="too large"):
        backed_up(world, tmp_path / "var", tmp_path / "b.tar.gz")
    assert list(tmp_path.glob("*b.tar.gz*")) == []
