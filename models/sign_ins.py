"""The coordinator's sign-in to the desk: a link by mail that works once, then a session. Neither is kept in clear."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base


class SignIn(Base):
    """One sign-in: asked for, used once, then a session until it ends or is signed out of.

    `link_sha256` and `session_sha256` are the hashes of what the mail and the browser hold.
    """

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"), index=True)
    link_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    asked_at: Mapped[datetime]
    link_until: Mapped[datetime]
    used_at: Mapped[datetime | None]
    session_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    session_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
