"""When a sweep counts as having run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, PREFECT_LOGGING_TO_API_ENABLED, temporary_settings
from sqlalchemy import Engine

from flows.sweep import sweep
from models.database import reading
from models.doors import vital
from models.doors.vital import SWEEP
from tasks.courtesy import SweepFailed
from tests.world import launched


@pytest.fixture
def database(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The configured database, with a Prefect server configured that does not answer: every programme's part fails."""
    monkeypatch.setenv("DATABASE_URL", str(sqlite_engine.url))
    monkeypatch.setenv("VAR", str(tmp_path))
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api", PREFECT_LOGGING_TO_API_ENABLED: False}):
        yield sqlite_engine


def has_sign(engine: Engine) -> bool:
    with reading(engine) as session:
        return vital.last_sign(session, SWEEP) is not None


async def test_a_sweep_with_nothing_to_do_has_run(database: Engine) -> None:
    await sweep.fn()
    assert has_sign(database)


async def test_a_sweep_that_failed_for_every_programme_is_missed_like_none(database: Engine) -> None:
    launched(database)
    with pytest.raises(SweepFailed, match="orchard"):
        await sweep.fn()
    assert not has_sign(database)
