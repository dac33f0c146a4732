"""What the database need not keep for ever. The record of a programme is kept: events, decisions, contributions, editions, notices."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from models.notices import Attempt, Notice
from models.outbox import ON_ITS_WAY

TRIES_KEPT = timedelta(days=180)
"""How long it can be looked up why a mail did not go out at first."""


def forget_failed_tries(session: Session, now: datetime) -> int:
    """Delete the tries that did not succeed of notices settled, sent or not, and last tried more than 180 days ago; how many.

    The notice keeps its number of tries, and the one that succeeded stays: that it went out once is checked by `models.verify`.
    """
    recent = select(Attempt.notice_id).where(Attempt.at >= now - TRIES_KEPT)
    settled = select(Notice.id).where(Notice.state.not_in(ON_ITS_WAY), Notice.id.not_in(recent))
    old = (Attempt.outcome != "sent", Attempt.notice_id.in_(settled))
    count = session.scalar(select(func.count()).where(*old)) or 0
    if count:
        session.execute(delete(Attempt).where(*old), execution_options={"synchronize_session": False})
    return count
