"""However many files there are, a backup and a restore hold few of them in memory at a time."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from models import portable
from models.contributions import Attachment
from models.database import changing, connect, migrate, revision_of
from tests.tasks.furnished import backed_up, restored
from tests.world import World, launched, one_pair

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


def with_attachments(engine: Engine) -> World:
    """A programme with attachments of a megabyte each: of one letter, for they are packed."""
    world = launched(engine, one_pair())
    for number in range(FILES):
        data = bytes([number]) * LARGE
        said = {"filename": f"{number}.pdf", "media_type": "application/pdf", "sha256": hashlib.sha256(data).hexdigest(), "size": LARGE}
        with changing(engine) as session:
            session.add(Attachment(programme_id=world.programme, data=data, **said))
    with engine.connect() as connection:
        portable.tables_at(revision_of(connection) or "")  # what Python loads for the migrations is no row
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
