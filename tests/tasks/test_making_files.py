"""The files of editions: one that cannot be made keeps no other from its own, and nothing is made twice."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from models import database
from models.editions import EditionFile
from tasks.deliverables import make_files
from tasks.pdf import NotLaidOut
from tests.world import World, launched, opened


@pytest.fixture
def world(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A programme with the first review editions, none of which has files yet."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/programme.db")
    monkeypatch.setenv("VAR", str(tmp_path / "var"))
    world = launched(sqlite_engine)
    world.play(opened("needs-approval"))
    return world


def files(world: World) -> list[str]:
    with database.reading(world.engine) as session:
        return sorted(session.scalars(select(EditionFile.path)))


def make(world: World) -> int:
    return asyncio.run(make_files.fn(world.programme))


def test_an_edition_that_cannot_be_laid_out_keeps_no_other_from_its_files(world: World, tmp_path: Path) -> None:
    with world.looking() as standing:
        first, *others = standing.programme.editions
        folder = tmp_path / "var" / "documents" / world.programme / "review" / first.deliverable / first.scope / first.version
        names = {f"/{one.deliverable}/{one.scope}/" for one in others}
    in_the_way = folder / "en.pdf"
    in_the_way.mkdir(parents=True)
    with pytest.raises(NotLaidOut, match=rf"1 of {len(others) + 1} editions have no files: en\.pdf in .*{first.scope}.* not be laid out"):
        make(world)
    assert {name for name in names for path in files(world) if name in path} == names
    shutil.rmtree(in_the_way)
    assert make(world) == 1
    assert make(world) == 0
    assert len(files(world)) == 2 * (len(others) + 1)
