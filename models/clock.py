"""The one clock, read at the edges: flows, the desk, the CLI. Rules take `now` and never call it.

A test may set the time by a row in a table `clock` that no migration creates: a real database has nowhere to put it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine, inspect, text

from models.database import current_engine

_has_clock: dict[str, bool] = {}


def now(engine: Engine | None = None) -> datetime:
    """The time in UTC, to the second: what is stored is what is shown."""
    engine = engine or current_engine()
    key = str(engine.url)
    if key not in _has_clock:
        _has_clock[key] = inspect(engine).has_table("clock")
    if _has_clock[key]:
        with engine.connect() as connection:
            at = connection.execute(text("select at from clock")).scalar_one()
        return datetime.fromisoformat(str(at)).replace(tzinfo=UTC)
    return datetime.now(UTC).replace(microsecond=0)
