"""What the database need not keep for ever. The record of a programme is kept: events, decisions, contributions, editions, notices.

What never became part of it, and names people, goes: drafts, files that came back, sections handed on, attachments nothing rests on.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import DeclarativeBase, Session

from models.contributions import Attachment
from models.decisions import Decision
from models.drafts import Delegation, Draft, DraftSave, OtherAnswer, Proposal
from models.notices import Attempt, Notice
from models.outbox import ON_ITS_WAY
from models.programme import Programme
from models.sign_ins import SignIn

TRIES_KEPT = timedelta(days=180)
"""How long it can be looked up why a mail did not go out at first."""

UNFINISHED_KEPT = timedelta(days=90)
"""How long after a programme has closed what was never handed in is kept."""
LOOKED_OVER_KEPT = timedelta(days=30)
"""How long it is remembered that a file which came back was looked over, and that somebody was signed in."""


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


def forget_what_never_counted(session: Session, now: datetime) -> int:
    """Delete what is no part of any record once nobody can need it any more; how many rows.

    Of programmes closed more than 90 days ago: drafts, files that came back, sections handed on, and attachments that belong to no
    revision and no decision. Of all: files looked over, and sign-ins that were over, more than 30 days ago.
    """
    closed = select(Programme.id).where(Programme.closed_at < now - UNFINISHED_KEPT)
    drafts = select(Draft.id).where(Draft.programme_id.in_(closed))
    evidence = select(Decision.evidence_id).where(Decision.evidence_id.is_not(None))
    lately = now - LOOKED_OVER_KEPT
    return (
        _delete(session, DraftSave, DraftSave.draft_id.in_(drafts))
        + _delete(session, OtherAnswer, OtherAnswer.draft_id.in_(drafts))
        + _delete(session, Draft, Draft.programme_id.in_(closed))
        + _delete(session, Proposal, or_(Proposal.programme_id.in_(closed), Proposal.settled_at < lately))
        + _delete(session, Delegation, Delegation.programme_id.in_(closed))
        + _delete(
            session, Attachment, Attachment.programme_id.in_(closed), Attachment.revision_id.is_(None), Attachment.id.not_in(evidence)
        )
        + _delete(session, SignIn, SignIn.link_until < lately, or_(SignIn.session_until.is_(None), SignIn.session_until < lately))
    )


def _delete(session: Session, rows: type[DeclarativeBase], *old: ColumnElement[bool]) -> int:
    count = session.scalar(select(func.count()).select_from(rows).where(*old)) or 0
    if count:
        session.execute(delete(rows).where(*old), execution_options={"synchronize_session": False})
    return count
