"""The files of editions: one that cannot be made keeps no other from its own, and nothing is made twice."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from models import clock, database
from models.doors import leasing, steering
from models.editions import EditionFile
from models.errors import Refused, StaleToken
from tasks.deliverables import make_files
from tasks.leases import build_of
from tasks.pdf import NotLaidOut
from tasks.publishing import without_files
from tasks.steps import Step, watched
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


def test_an_edition_whose_place_is_taken_keeps_no_other_from_its_files(world: World, tmp_path: Path) -> None:
    with world.looking() as standing:
        first, *others = standing.programme.editions
        folder = tmp_path / "var" / "documents" / world.programme / "review" / first.deliverable / first.scope / first.version
        names = {f"/{one.deliverable}/{one.scope}/" for one in others}
    in_the_way = folder / "en.pdf"
    in_the_way.mkdir(parents=True)
    said = rf"1 of {len(others) + 1} editions have no files: D1.1 for {first.scope} cannot be put in its place"
    with pytest.raises(NotLaidOut, match=said):
        make(world)
    assert {name for name in names for path in files(world) if name in path} == names
    shutil.rmtree(in_the_way)
    assert make(world) == 1
    assert make(world) == 0
    assert len(files(world)) == 2 * (len(others) + 1)


def test_an_edition_that_cannot_be_laid_out_keeps_no_other_from_its_files(world: World, tmp_path: Path) -> None:
    make(world)
    var = tmp_path / "var"
    with database.reading(world.engine) as session:
        spoilt, *others = session.scalars(select(EditionFile).where(EditionFile.format == "pdf").order_by(EditionFile.id)).all()
    for file in (spoilt, *others):
        (var / "documents" / file.path).unlink()
    kept = var / "cache" / f"{spoilt.build_key}.pdf"
    kept.unlink()
    kept.mkdir()
    with pytest.raises(NotLaidOut, match=rf"1 of {len(others) + 1} editions have no files: .* not be laid out"):
        make(world)
    assert [(var / "documents" / file.path).is_file() for file in (spoilt, *others)] == [False] + [True] * len(others)


def test_a_file_that_somebody_deleted_is_made_again_with_the_same_bytes(world: World, tmp_path: Path) -> None:
    make(world)
    path = tmp_path / "var" / "documents" / files(world)[0]
    before = path.read_bytes()
    path.unlink()
    assert make(world) == 1
    assert path.read_bytes() == before


def test_two_builds_do_not_work_at_once(world: World) -> None:
    with database.changing(world.engine) as session:
        leasing.take(session, build_of(world.programme), "another build", clock.now(), steering.LEASE)
    with pytest.raises(Refused, match="another build"):
        make(world)
    assert files(world) == []


def test_a_builder_that_has_lost_its_lease_changes_no_file_and_no_row(world: World, tmp_path: Path) -> None:
    def steal(step: Step) -> None:
        if step is Step.FILES_MADE:
            with database.changing(world.engine) as session:
                later = clock.now() + 2 * steering.LEASE
                leasing.take(session, build_of(world.programme), "another build", later, steering.LEASE)

    with watched(steal), pytest.raises(StaleToken):
        make(world)
    assert files(world) == []
    assert not [path for path in (tmp_path / "var" / "documents").rglob("*") if path.is_file()]


@pytest.mark.parametrize("step", [Step.BUILD_BEGUN, Step.FILES_MADE, Step.FILES_PLACED, Step.FILES_NOTED])
def test_a_build_that_dies_at_any_step_is_finished_by_the_next(world: World, tmp_path: Path, step: Step) -> None:
    with watched(dies_at(step)), pytest.raises(Died):
        make(world)
    (tmp_path / "var" / "documents" / world.programme / ".building-1").mkdir(parents=True, exist_ok=True)  # what a dead process leaves
    make(world)
    with world.looking() as standing:
        assert without_files(standing, tmp_path / "var" / "documents") == []
        assert len(files(world)) == 2 * len(standing.programme.editions)
    assert not list((tmp_path / "var" / "documents").rglob(".building*"))


class Died(BaseException):
    """The process ended here."""


def dies_at(step: Step) -> Callable[[Step], None]:
    def strike(reached: Step) -> None:
        if reached is step:
            raise Died

    return strike
