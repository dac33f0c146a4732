"""Editions as rows: one version of one deliverable in one scope, its frozen content and the files made of it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.database import Base
from models.method import METHOD, DeliverableSpec


class EditionState(StrEnum):
    """Review: shown to those who decide. Returned: sent back. Approved, then published. Superseded by a later one."""

    REVIEW = "review"
    RETURNED = "returned"
    APPROVED = "approved"
    PUBLISHED = "published"


class Edition(Base):
    """One version of a deliverable. `content` is frozen; `content_sha256` is what an approval binds to."""

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("programme_id", "deliverable", "scope", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"))
    deliverable: Mapped[str] = mapped_column(String(8))
    scope: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    """Counts from 1 within the deliverable and scope."""
    version: Mapped[str] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(16))
    built_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    content: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    content_sha256: Mapped[str] = mapped_column(String(64))
    approval: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """The completing decision, as the manifest has it; see `approvals`."""
    row_version: Mapped[int] = mapped_column(default=1)
    files: Mapped[list[EditionFile]] = relationship(order_by="EditionFile.id")

    __mapper_args__ = {"version_id_col": row_version}

    @property
    def spec(self) -> DeliverableSpec:
        """What the method says of the deliverable."""
        return METHOD.by_number[self.deliverable]


class EditionFile(Base):
    """A file made of an edition: for review, or stamped with its approval."""

    __tablename__ = "edition_file"
    __table_args__ = (UniqueConstraint("edition_id", "language", "format", "stamped"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), index=True)
    language: Mapped[str] = mapped_column(String(16))
    format: Mapped[str] = mapped_column(String(8))
    stamped: Mapped[bool]
    path: Mapped[str] = mapped_column(String(300))
    build_key: Mapped[str] = mapped_column(String(64))
    file_sha256: Mapped[str] = mapped_column(String(64))


def canonical(value: Any) -> bytes:
    """The one JSON text of a value: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def sha256_of(value: Any) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()
