"""The outbox's doors, on both kinds of database: nothing is sent twice, nothing that is done is asked for again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models import outbox
from models.database import changing
from models.decisions import Decision
from models.errors import Refused
from models.events import Event
from models.gates import GateState
from models.notices import Attempt, Notice, NoticeKind, NoticeState
from models.standing import Standing
from tests.outboxes import DUE_ON, NOW, launched, notice, open_gate

MINUTE = timedelta(minutes=1)


@pytest.fixture
def standing(session: Session) -> Standing:
    return launched(session)


def queue(session: Session, *notices: Notice) -> list[Notice]:
    session.add_all(notices)
    session.flush()
    return list(notices)


def claim_one(session: Session, standing: Standing, **overrides: Any) -> Notice:
    queue(session, notice(standing, "one", **overrides))
    return outbox.claim(session, standing.programme.id, NOW, "me")[0]


# -- claiming ------------------------------------------------------------------------------------------------------


def test_due_notices_are_claimed_in_the_order_they_fell_due(session: Session, standing: Standing) -> None:
    queue(session, notice(standing, "b"), notice(standing, "a", due_at=NOW - MINUTE), notice(standing, "later", due_at=NOW + MINUTE))
    assert [item.key for item in outbox.claim(session, standing.programme.id, NOW, "me")] == ["a", "b"]


def test_a_claimed_notice_is_nobody_elses_until_its_lease_runs_out(session: Session, standing: Standing) -> None:
    claim_one(session, standing)
    assert outbox.claim(session, None, NOW + outbox.LEASE - MINUTE, "you") == []
    assert [item.claimed_by for item in outbox.claim(session, None, NOW + outbox.LEASE, "you")] == ["you"]


def test_a_sender_that_is_still_at_it_keeps_its_claims_and_no_others(session: Session, standing: Standing) -> None:
    mine, settled = queue(session, notice(standing, "mine"), notice(standing, "settled", state=NoticeState.SENT, claimed_by="me"))
    outbox.claim(session, None, NOW, "me")
    outbox.renew(session, "me", NOW + outbox.LEASE / 2)
    outbox.renew(session, "you", NOW + outbox.LEASE)
    session.expire_all()
    assert mine.claimed_until == NOW + outbox.LEASE / 2 + outbox.LEASE
    assert settled.claimed_until is None


def test_a_sender_is_at_it_while_its_claims_are_good(session: Session, standing: Standing) -> None:
    mine = claim_one(session, standing)
    assert outbox.is_sending(session, "me", NOW + outbox.LEASE - MINUTE)
    assert not outbox.is_sending(session, "me", NOW + outbox.LEASE)
    assert not outbox.is_sending(session, "you", NOW)
    outbox.settle_sent(session, standing, [mine.id], NOW, "me", channel="smtp", message_id="<m@x>", file=None)
    assert not outbox.is_sending(session, "me", NOW)


def test_a_sender_that_lost_its_claim_cannot_settle(session: Session, standing: Standing) -> None:
    mine = claim_one(session, standing)
    outbox.claim(session, None, NOW + outbox.LEASE, "you")
    with pytest.raises(Refused, match="another worker has it"):
        outbox.settle_sent(session, standing, [mine.id], NOW, "me", channel="smtp", message_id="<m@x>", file=None)
    assert mine.state == NoticeState.QUEUED


def test_what_was_put_back_is_due_at_once(session: Session, standing: Standing) -> None:
    mine = claim_one(session, standing)
    mine.message_id = "<m@x>"
    outbox.release(session, [mine.id], "me")
    assert mine.message_id is None
    assert outbox.claim(session, None, NOW, "you") == [mine]


def test_of_two_workers_that_claim_at_once_each_gets_its_own(engine: Engine) -> None:
    with changing(engine) as session:
        standing = launched(session)
        queue(session, *(notice(standing, f"n{number}") for number in range(40)))
    start = Barrier(2)
    got: dict[str, list[int]] = {}

    def work(name: str) -> None:
        start.wait()
        mine: list[int] = []
        while True:
            with changing(engine) as session:
                claimed = outbox.claim(session, None, NOW, name, limit=5)
                mine += [item.id for item in claimed]
            if not claimed:
                break
        got[name] = mine

    workers = [Thread(target=work, args=(name,)) for name in ("first", "second")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(got["first"] + got["second"]) == len(set(got["first"] + got["second"])) == 40


# -- still wanted? -------------------------------------------------------------------------------------------------


def test_a_reminder_is_not_wanted_once_the_form_is_in(session: Session, standing: Standing) -> None:
    gate = standing.gate("needs", "city-cedar")
    reminder = queue(session, notice(standing, "r", kind=NoticeKind.REMINDER, rung="T-7"))[0]
    assert outbox.is_wanted(standing, gate, reminder)
    gate.state = GateState.SATISFIED
    assert not outbox.is_wanted(standing, gate, reminder)


def test_a_request_is_not_wanted_from_who_has_decided_though_the_other_has_not(session: Session, standing: Standing) -> None:
    gate = open_gate(standing.gate("matching-approval", "programme"))
    mine = queue(session, notice(standing, "m", gate, kind=NoticeKind.APPROVAL_REQUEST, organisation="board", role="steering-committee"))[0]
    assert outbox.is_wanted(standing, gate, mine)
    gate.decisions.append(
        Decision(round=1, verdict="approve", organisation="board", role="steering-committee", entry="desk", at=NOW, bound={})
    )
    assert not outbox.is_wanted(standing, gate, mine)


def test_a_notice_of_an_earlier_round_is_not_wanted(session: Session, standing: Standing) -> None:
    gate = standing.gate("needs", "city-cedar")
    invitation = queue(session, notice(standing, "i"))[0]
    gate.round = 2
    assert not outbox.is_wanted(standing, gate, invitation)


def test_a_rung_of_a_moved_deadline_is_not_wanted_but_the_invitation_is(session: Session, standing: Standing) -> None:
    gate = standing.gate("needs", "city-cedar")
    rung, invitation = queue(session, notice(standing, "r", kind=NoticeKind.OVERDUE, rung="T+1"), notice(standing, "i"))
    gate.due_on = date(2026, 3, 2)
    assert not outbox.is_wanted(standing, gate, rung)
    assert outbox.is_wanted(standing, gate, invitation)


def test_an_escalation_stops_when_the_one_who_owes_has_acted(session: Session, standing: Standing) -> None:
    gate = standing.gate("needs", "city-cedar")
    told: dict[str, Any] = {"kind": NoticeKind.ESCALATION, "rung": "T+3", "organisation": "south-league", "role": "association-contact"}
    about_cedar, about_other = queue(
        session,
        notice(standing, "c", **told, detail={"owing": "cedar", "due_on": DUE_ON.isoformat()}),
        notice(standing, "o", **told, detail={"owing": "birch", "due_on": DUE_ON.isoformat()}),
    )
    assert outbox.is_wanted(standing, gate, about_cedar)
    assert not outbox.is_wanted(standing, gate, about_other)


def test_news_is_wanted_whatever_became_of_its_gate(session: Session, standing: Standing) -> None:
    gate = standing.gate("needs", "city-cedar")
    news = queue(session, notice(standing, "d", kind=NoticeKind.DECISION))[0]
    gate.state = GateState.SATISFIED
    assert outbox.is_wanted(standing, gate, news)


def test_after_a_standstill_only_the_latest_rung_goes_out(session: Session, standing: Standing) -> None:
    rungs = [
        notice(standing, "7", kind=NoticeKind.REMINDER, rung="T-7", detail={"owing": "cedar"}),
        notice(standing, "1", kind=NoticeKind.REMINDER, rung="T-1", detail={"owing": "cedar"}),
        notice(standing, "1d", kind=NoticeKind.REMINDER, rung="T-1", role="deputy", detail={"owing": "cedar"}),
    ]
    queue(session, *rungs)
    assert outbox.superseded(session, rungs, NOW) == {rungs[0].id}


def receipt(standing: Standing, became: str, revision: int = 2, **overrides: Any) -> Notice:
    detail = {"became": became, "revision": revision}
    return notice(standing, f"{became}{revision}{overrides}", kind=NoticeKind.RECEIPT, detail=detail, **overrides)


def test_that_something_lies_in_the_tray_is_not_told_any_more_when_what_became_of_it_is_told_now(
    session: Session, standing: Standing
) -> None:
    kept, other, _ = queue(session, receipt(standing, "kept"), receipt(standing, "kept", 3), receipt(standing, "declined"))
    assert outbox.superseded(session, [kept, other], NOW) == {kept.id}


def test_that_something_lies_in_the_tray_is_told_while_what_became_of_it_waits(session: Session, standing: Standing) -> None:
    kept, _ = queue(session, receipt(standing, "kept"), receipt(standing, "declined", due_at=NOW + MINUTE))
    assert outbox.superseded(session, [kept], NOW) == set()


def test_a_cancelled_notice_is_never_claimed_again(session: Session, standing: Standing) -> None:
    mine = claim_one(session, standing)
    outbox.cancel(session, mine.id, "me")
    assert outbox.claim(session, None, NOW + timedelta(days=1), "me") == []
    assert outbox.unsettled(session, standing.programme.id) == 0


# -- settling ------------------------------------------------------------------------------------------------------


def test_a_sent_notice_leaves_an_event_without_the_mailbox(session: Session, standing: Standing) -> None:
    mine = claim_one(session, standing, rung="T-7")
    outbox.settle_sent(session, standing, [mine.id], NOW, "me", channel="smtp", message_id="<m@x>", file="mail/a.eml")
    session.flush()
    event = session.scalars(select(Event).where(Event.kind == "notice-sent")).one()
    assert (event.phase, event.gate, event.scope, event.organisation) == (1, "needs", "city-cedar", "cedar")
    assert event.detail == {"file": "mail/a.eml", "kind": "invitation", "rung": "T-7", "role": "project-lead"}
    assert "@" not in str(event.as_line())
    assert (mine.state, mine.sent_at, mine.claimed_by) == (NoticeState.SENT, NOW, None)


def test_a_temporary_failure_is_tried_again_later_and_later_and_then_never(session: Session, standing: Standing) -> None:
    mine, now, pauses = claim_one(session, standing), NOW, []
    for _ in range(len(outbox.BACKOFF)):
        assert not outbox.settle_failed(session, standing, [mine.id], now, "me", channel="smtp", reason="451", permanent=False)
        assert mine.next_try_at is not None
        pauses.append((mine.next_try_at - now) / timedelta(minutes=1))
        assert outbox.claim(session, None, mine.next_try_at - timedelta(seconds=1), "me") == []
        now = mine.next_try_at
        assert outbox.claim(session, None, now, "me") == [mine]
    assert all(0.8 * minutes <= pause <= 1.2 * minutes for pause, minutes in zip(pauses, (1, 5, 15, 60, 240, 720), strict=True))
    assert outbox.settle_failed(session, standing, [mine.id], now, "me", channel="smtp", reason="451", permanent=False)
    assert mine.state == NoticeState.FAILED
    assert len(session.scalars(select(Attempt)).all()) == 7


def test_the_pause_is_the_same_for_the_same_notice_and_another_for_another(session: Session, standing: Standing) -> None:
    one, same, other = (notice(standing, key, attempts=4) for key in ("one", "one", "other"))
    assert outbox.pause(one) == outbox.pause(same) != outbox.pause(other)


def test_a_refused_mailbox_fails_at_once_and_somebody_can_see_it(session: Session, standing: Standing) -> None:
    mine = claim_one(session, standing)
    assert outbox.settle_failed(
        session, standing, [mine.id], NOW, "me", channel="smtp", reason="550 no <lead@cedar.example>", permanent=True
    )
    session.flush()
    event = session.scalars(select(Event).where(Event.kind == "notice-failed")).one()
    assert event.detail == {"why": "refused", "kind": "invitation", "rung": None, "role": "project-lead"}
    assert list(outbox.failed_since(session, standing.programme.id, NOW)) == [mine]
    assert list(outbox.failed_since(session, standing.programme.id, NOW + MINUTE)) == []


def test_an_uncertain_notice_gets_one_more_try(session: Session, standing: Standing) -> None:
    mine = claim_one(session, standing)
    assert not outbox.settle_uncertain(session, standing, [mine.id], NOW, "me", channel="smtp", reason="dropped")
    assert mine.state == NoticeState.UNCERTAIN
    assert outbox.unsettled(session, standing.programme.id) == 1
    later = NOW + timedelta(hours=1)
    assert outbox.claim(session, None, later, "me") == [mine]
    assert outbox.settle_uncertain(session, standing, [mine.id], later, "me", channel="smtp", reason="dropped")
    assert mine.state == NoticeState.FAILED


# -- folding -------------------------------------------------------------------------------------------------------


def test_what_is_above_the_cap_comes_in_one_message(session: Session, standing: Standing) -> None:
    many = [notice(standing, f"n{number}") for number in range(7)]
    other = notice(standing, "other", mailbox="lead@birch.example")
    groups = outbox.fold([*many, other], {"lead@cedar.example": 2})
    assert [[item.key for item in group] for group in groups] == [["n0"], ["n1"], ["n2", "n3", "n4", "n5", "n6"], ["other"]]


def test_the_coordinators_digest_is_never_folded(session: Session, standing: Standing) -> None:
    rows = [notice(standing, "a"), notice(standing, "b"), notice(standing, "digest", kind=NoticeKind.DIGEST)]
    assert [len(group) for group in outbox.fold(rows, {"lead@cedar.example": 4})] == [2, 1]


def test_what_went_out_together_once_is_repeated_together(session: Session, standing: Standing) -> None:
    rows = [notice(standing, "a", message_id="<m@x>"), notice(standing, "new"), notice(standing, "b", message_id="<m@x>")]
    assert [[item.key for item in group] for group in outbox.fold(rows, {})] == [["a", "b"], ["new"]]


def test_a_day_begins_at_midnight_where_the_mailbox_is(session: Session, standing: Standing) -> None:
    sent: dict[str, Any] = {"state": NoticeState.SENT, "organisation": "damson", "mailbox": "lead@damson.example"}  # Riga, two hours ahead
    queue(
        session,
        notice(standing, "yesterday", **sent, sent_at=datetime(2026, 2, 1, 21, 59, tzinfo=UTC), message_id="<1@x>"),
        notice(standing, "today", **sent, sent_at=datetime(2026, 2, 1, 22, 0, tzinfo=UTC), message_id="<2@x>"),
        notice(standing, "same message", **sent, sent_at=datetime(2026, 2, 1, 22, 0, tzinfo=UTC), message_id="<2@x>"),
    )
    asked = [notice(standing, "now", organisation="damson", mailbox="lead@damson.example")]
    assert outbox.sent_today(session, standing, asked, NOW) == {"lead@damson.example": 1}
