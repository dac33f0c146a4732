"""The schema's history, one revision a change (Alembic). `models.database.migrate` applies it; `draft` writes the next one."""
