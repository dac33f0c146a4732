"""The small programme at stages of its life, played once and copied: a test starts where what it is about begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from models.database import connect, migrate
from tests.world import World, closed, copy_database, launched, made_once, opened

STAGES = (
    "needs-approval",
    "matching-approval",
    "pair-agreement",
    "visit-1-agenda-approval",
    "visit-1",
    "plan-draft-approval",
    "plan-adoption",
    "closure",
)
"""Gates: a stage is the moment at which such a gate is open for the first time, everybody having answered at once so far."""

At = Callable[[str], World]


@pytest.fixture
def world(engine: Engine) -> World:
    """The programme on its first morning, once on each kind of database."""
    return launched(engine)


@pytest.fixture
def small(sqlite_engine: Engine) -> World:
    """The programme on its first morning, where one kind of database is enough."""
    return launched(sqlite_engine)


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`<stage>.db` for every stage, and `closed.db`; each with the time in `<stage>.at`."""
    return made_once(tmp_path_factory, "stages", _play_through)


def _play_through(folder: Path) -> None:
    file = folder / "playing.db"
    engine = connect(f"sqlite:///{file}")
    migrate(engine)
    world = launched(engine)
    for stage in (*STAGES, "closed"):
        world.play(closed if stage == "closed" else opened(stage))
        copy_database(file, folder / f"{stage}.db")
        (folder / f"{stage}.at").write_text(world.now.isoformat())
    engine.dispose()


@pytest.fixture
def at(stages: Path, tmp_path: Path) -> Iterator[At]:
    """`at("pair-agreement")`: a copy of the programme at that stage."""
    engines: list[Engine] = []

    def stage(name: str) -> World:
        file = tmp_path / f"{name}-{len(engines)}.db"
        copy_database(stages / f"{name}.db", file)
        engines.append(connect(f"sqlite:///{file}"))
        return World(engines[-1], datetime.fromisoformat((stages / f"{name}.at").read_text()))

    yield stage
    for engine in engines:
        engine.dispose()
