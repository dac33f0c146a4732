"""Rows that say who is at work and that somebody is: leases with fencing tokens, and signs of life.

The lease of a phase is part of the phase (`models.programme`); these are for work that no phase owns.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base


def binds(until: datetime | None, now: datetime, lasting: timedelta) -> bool:
    """Whether a lease that lasts until then keeps others out now.

    One that ends much later than a new one would comes from a clock that has been set back since, and binds nobody.
    """
    return until is not None and now < until <= now + 2 * lasting


class Lease(Base):
    """The right to do one kind of work, lent for a while. `token` rises each time it is lent: older ones are refused."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    holder: Mapped[str | None] = mapped_column(String(64))
    token: Mapped[int] = mapped_column(default=0)
    until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class SignOfLife(Base):
    """When something that must run regularly ran last, and whether people have been told that it does not."""

    __tablename__ = "sign_of_life"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime]
    silence_told_at: Mapped[datetime | None]
    """When people were told of a silence. It has ended where `at` is later; None once they have been told that too."""
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
