"""What Alembic runs: the revisions, over the connection that `models.database.migrate` hands in, in its transaction.

Two processes that start at once take turns: on SQLite the transaction holds the write lock already (BEGIN IMMEDIATE),
on PostgreSQL an advisory lock does the same until the transaction ends.
"""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import text

from models.database import UtcDateTime
from models.rows import metadata

ONE_AT_A_TIME = 7_200_480
"""The advisory lock's number: any, as long as nothing else in the same database takes it."""


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Revisions name plain types: what a column was then must not change with our classes."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def run() -> None:
    """Run what was asked for (upgrade, or the comparison of `draft`)."""
    connection = context.config.attributes["connection"]
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ONE_AT_A_TIME})
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render,
        render_as_batch=context.config.attributes.get("alters", True),  # SQLite cannot alter a table in place
    )
    with context.begin_transaction():
        context.run_migrations()


run()
