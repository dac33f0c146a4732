"""What is cleared away is old and of no record; the promises about a programme hold afterwards."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from models.contributions import Attachment
from models.database import changing, reading
from models.doors.signing_in import SESSION_LASTS, link_for, use
from models.drafts import Delegation, Draft, DraftSave, OtherAnswer, Proposal
from models.notices import Attempt, Notice, NoticeState
from models.programme import Programme
from models.retention import LOOKED_OVER_KEPT, UNFINISHED_KEPT, forget_failed_tries, forget_what_never_counted
from models.sign_ins import SignIn
from models.verify import violations
from tasks.files import put
from tasks.pdf import Layout, lay_out
from tasks.retention import tidy_up
from tests.outboxes import NOW, launched, notice
from tests.world import World, one_pair, opened
from tests.world import launched as begun

HALF_A_YEAR = timedelta(days=180)


def outbox(engine: Engine, *tries: tuple[str, str, timedelta]) -> dict[str, int]:
    """Notices in a state, each with one try at that age and outcome; their ids by that state."""
    ids: dict[str, int] = {}
    with changing(engine) as session:
        standing = launched(session)
        for state, outcome, age in tries:
            item = notice(standing, f"{state} {outcome} {age}", state=state)
            session.add(item)
            session.flush()
            ids[item.key] = item.id
            session.add(Attempt(notice_id=item.id, at=NOW - age, channel="smtp", outcome=outcome))
    return ids


def left(engine: Engine) -> set[str]:
    with reading(engine) as session:
        return set(session.scalars(select(Notice.key).join(Attempt, Attempt.notice_id == Notice.id)))


OLD, NEW = HALF_A_YEAR + timedelta(seconds=1), HALF_A_YEAR


def test_only_old_failed_tries_of_settled_notices_are_forgotten(engine: Engine) -> None:
    found = outbox(
        engine,
        (NoticeState.FAILED, "permanent", OLD),
        (NoticeState.CANCELLED, "temporary", OLD),
        (NoticeState.FAILED, "permanent", NEW),
        (NoticeState.QUEUED, "temporary", OLD),
        (NoticeState.UNCERTAIN, "uncertain", OLD),
        (NoticeState.SENT, "sent", OLD),
    )
    with changing(engine) as session:
        assert forget_failed_tries(session, NOW) == 2
    assert left(engine) == set(list(found)[2:])
    with changing(engine) as session:
        assert forget_failed_tries(session, NOW) == 0


def test_a_notice_that_went_out_in_the_end_keeps_that_try_only_once_all_are_old(sqlite_engine: Engine) -> None:
    [number] = outbox(sqlite_engine, (NoticeState.SENT, "temporary", OLD)).values()
    with changing(sqlite_engine) as session:
        session.add(Attempt(notice_id=number, at=NOW, channel="smtp", outcome="sent"))
        assert forget_failed_tries(session, NOW) == 0
        assert forget_failed_tries(session, NOW + HALF_A_YEAR + timedelta(days=1)) == 1
        assert list(session.scalars(select(Attempt.outcome))) == ["sent"]


def test_the_promises_hold_afterwards(sqlite_engine: Engine) -> None:
    world = begun(sqlite_engine, one_pair())
    world.play(opened("matching-approval"))
    with changing(sqlite_engine) as session:
        for item in session.scalars(select(Notice).where(Notice.state == NoticeState.CANCELLED)):
            session.add(Attempt(notice_id=item.id, at=world.now, channel="smtp", outcome="temporary"))
    history = world.rows()
    assert history["attempt"]
    with changing(sqlite_engine) as session:
        assert forget_failed_tries(session, world.now + timedelta(days=365)) == len(history["attempt"])
        assert violations(session, world.programme) == []
    assert world.rows() == history | {"attempt": []}


UNFINISHED = (Draft, DraftSave, OtherAnswer, Proposal, Delegation, Attachment)
SECOND = timedelta(seconds=1)


def unfinished(engine: Engine) -> World:
    """A programme in which somebody has begun to write, sent a file back, handed a section on and attached a file."""
    world = begun(engine)
    with world.changing() as (session, standing):
        gate = standing.gate("needs", "city-cedar")
        own = {"programme_id": world.programme, "gate_id": gate.id, "organisation": "cedar"}
        draft = Draft(**own, language="it", started_at=world.now, saved_at=world.now, saves=1)
        draft.history = [DraftSave(number=1, saved_at=world.now, writer="Anna", state={})]
        draft.others = [OtherAnswer(number=1, place="context", text="Anna's", writer="Anna", written_at=world.now)]
        session.add(draft)
        for settled_at in (None, world.now):
            file = {"kind": "word", "filename": "Anna.docx", "sha256": "0", "received_at": world.now, "body": {}}
            session.add(Proposal(**own, **file, settled_at=settled_at))
        session.add(Delegation(**own, fields=["context"], label="Anna", made_at=world.now, expires_on=world.now.date()))
        session.add(Attachment(**own, filename="Anna.pdf", media_type="application/pdf", sha256="0", size=1, data=b"x"))
    return world


def counts(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:
        return {rows.__tablename__: len(session.scalars(select(rows)).all()) for rows in UNFINISHED}


def forget(engine: Engine, now: datetime) -> int:
    with changing(engine) as session:
        return forget_what_never_counted(session, now)


def test_what_was_never_handed_in_is_forgotten_some_time_after_the_programme_has_closed(engine: Engine) -> None:
    world = unfinished(engine)
    assert forget(engine, world.now + LOOKED_OVER_KEPT) == 0
    assert forget(engine, world.now + timedelta(days=900)) == 1, "the file that was looked over"
    with changing(engine) as session:
        programme = session.get(Programme, world.programme)
        assert programme is not None
        programme.closed_at = world.now
    before = counts(engine)
    assert before == {"draft": 1, "draft_save": 1, "other_answer": 1, "proposal": 1, "delegation": 1, "attachment": 1}
    assert forget(engine, world.now + UNFINISHED_KEPT) == 0
    assert forget(engine, world.now + UNFINISHED_KEPT + SECOND) == 6
    assert set(counts(engine).values()) == {0}


def test_what_was_handed_in_stays_however_long_ago_the_programme_closed(sqlite_engine: Engine) -> None:
    world = unfinished(sqlite_engine)
    world.contribute("needs", "city-cedar")
    with changing(sqlite_engine) as session:
        programme = session.get(Programme, world.programme)
        assert programme is not None
        programme.closed_at = world.now
    forget(sqlite_engine, world.now + timedelta(days=9000))
    assert counts(sqlite_engine)["attachment"] == 1


def test_sign_ins_are_forgotten_a_month_after_their_session_and_not_before(engine: Engine) -> None:
    world = begun(engine)
    with changing(engine) as session:
        use(session, link_for(session, world.programme, "secret", world.now), world.now)
    over = world.now + SESSION_LASTS + LOOKED_OVER_KEPT
    assert forget(engine, over) == 0
    assert forget(engine, over + SECOND) == 1
    with reading(engine) as session:
        assert session.scalars(select(SignIn)).all() == []


@pytest.fixture
def var(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/programme.db")
    return tmp_path / "var"


def aged(file: Path, days: int) -> Path:
    put(file, b"laid out")
    at = (NOW - timedelta(days=days)).timestamp()
    os.utime(file, (at, at))
    return file


def test_documents_that_nobody_has_asked_for_in_ninety_days_leave_the_cache_and_nothing_else(var: Path) -> None:
    old, new = aged(var / "cache" / "old.pdf", 91), aged(var / "cache" / "new.pdf", 89)
    published = aged(var / "documents" / "orchard" / "en.pdf", 900)
    cleared = tidy_up(var, NOW)
    assert (old.exists(), new.exists(), published.exists()) == (False, True, True)
    assert (cleared.cached, cleared.size, cleared.tries) == (1, 8, 0)
    assert tidy_up(var, NOW).cached == 0


def test_where_there_is_nothing_yet_there_is_nothing_to_clear(var: Path) -> None:
    assert str(tidy_up(var, NOW)) == "Cleared away: 0 failed tries of notices, 0 rows that never counted, 0 laid-out documents (0.0 MB)."


def test_a_document_taken_from_the_cache_counts_as_asked_for(tmp_path: Path) -> None:
    kept = aged(tmp_path / "cache" / "key.pdf", 80)
    lay_out(Layout("<p>", tmp_path / "en.pdf", "key", tmp_path, tmp_path / "cache"))
    assert (tmp_path / "en.pdf").read_bytes() == b"laid out"
    assert datetime.fromtimestamp(kept.stat().st_mtime, NOW.tzinfo) > NOW - timedelta(days=79)
