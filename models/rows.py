"""All rows together: importing this module makes every table known to the metadata."""

from __future__ import annotations

from sqlalchemy import Engine

from models import contributions, decisions, drafts, editions, events, gates, leases, notices, organisations, programme, sign_ins, wishes
from models.database import Base

__all__ = [
    "contributions",
    "create_all",
    "decisions",
    "drafts",
    "editions",
    "events",
    "gates",
    "leases",
    "metadata",
    "notices",
    "organisations",
    "programme",
    "sign_ins",
    "wishes",
]

metadata = Base.metadata


def create_all(engine: Engine) -> None:
    """The newest schema at once, for a database that lives as long as one rehearsal; others go through migrations."""
    metadata.create_all(engine)
