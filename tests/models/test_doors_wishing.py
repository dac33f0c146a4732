"""More time and promises: what they change, what they hold back and for how long, and that they end with what they were about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from models import outbox
from models.advance import next_at
from models.database import reading
from models.decisions import Entry
from models.doors import steering, wishing
from models.doors.answering import Origin, party_of, reopen
from models.doors.wishing import Wanted
from models.errors import Refused
from models.events import EventKind
from models.gates import Gate
from models.holding import held_until
from models.notices import Notice
from models.standing import Standing
from models.verify import violations
from models.wishes import Promise, TimeRequest
from tests.factories import definition
from tests.models.conftest import At
from tests.world import DESK, LAUNCH, World, launched

CEDAR = "city-cedar"
REASON = "The councillor for it starts in April."
DUE = date(2024, 4, 2)
"""When Cedar's needs are due: a Tuesday after Easter."""


def ask(world: World, until: date = date(2024, 4, 16), reason: str = REASON, origin: Origin = DESK, key: str = "needs") -> None:
    with world.changing() as (session, standing):
        gate = standing.gate(key, CEDAR)
        party = party_of(standing, gate, "cedar")
        wishing.ask_for_time(session, standing, gate, party, Wanted(until, reason, "Ada"), origin, world.now)


def promise(world: World, until: date, organisation: str = "cedar") -> None:
    with world.changing() as (session, standing):
        wishing.record_promise(session, standing, standing.gate("needs", CEDAR), organisation, until, "phoned", world.now)


def requests(world: World) -> list[TimeRequest]:
    with reading(world.engine) as session:
        return list(session.scalars(select(TimeRequest).order_by(TimeRequest.id)))


def promises(world: World) -> list[Promise]:
    with reading(world.engine) as session:
        return list(session.scalars(select(Promise).order_by(Promise.id)))


def answer(world: World, *, until: date | None = None, text: str = "") -> None:
    with world.changing() as (session, standing):
        (request,) = standing.requests_at(standing.gate("needs", CEDAR))
        if until is not None:
            wishing.grant(session, standing, request, until, text, world.now)
        else:
            wishing.decline(session, standing, request, text, world.now)


def reminders(world: World) -> list[tuple[str | None, datetime]]:
    """The rungs Cedar itself was sent for its needs, with when."""
    found = world.notices(organisation="cedar", gate_id=world.gate("needs", CEDAR).id)
    return [(notice.rung, notice.due_at) for notice in found if notice.rung]


def all_is_well(world: World) -> bool:
    with reading(world.engine) as session:
        return violations(session, world.programme) == []


# -- asking ----------------------------------------------------------------------------------------------------------


def test_a_request_tells_the_coordinator_and_moves_nothing(world: World) -> None:
    ask(world)
    (request,) = requests(world)
    assert (request.organisation, request.until, request.reason, request.writer) == ("cedar", date(2024, 4, 16), REASON, "Ada")
    assert world.gate("needs", CEDAR).due_on == DUE
    (told,) = world.notices(kind="time-request")
    assert (told.organisation, told.role, told.detail["comment"]) == ("alliance", "coordinator", REASON)
    assert all_is_well(world)


def test_history_holds_that_time_was_asked_for_and_none_of_the_words(small: World) -> None:
    ask(small, origin=Origin(Entry.DESK, on_behalf=True))
    (event,) = small.events(EventKind.TIME_REQUESTED)
    assert event.detail == {"role": "project-lead", "until": "2024-04-16", "round": 0, "entry": "desk", "on_behalf": True}


def test_who_asks_once_more_replaces_what_they_asked_for(small: World) -> None:
    ask(small)
    ask(small)  # a reload, a second window
    assert (len(requests(small)), len(small.notices(kind="time-request"))) == (1, 1)
    ask(small, until=date(2024, 4, 30))
    (request,) = requests(small)
    assert request.until == date(2024, 4, 30)
    assert len(small.notices(kind="time-request")) == 2


@pytest.mark.parametrize(
    ("until", "reason", "why"),
    [
        (DUE, REASON, "ask for a day later than 2024-04-02"),
        (date(2026, 1, 1), REASON, "too far away"),
        (date(2024, 4, 9), " \n ", "Say in a few words why"),
        (date(2024, 4, 9), "x" * 1001, "Shorten the reason"),
    ],
)
def test_a_request_is_for_a_later_day_within_a_year_and_says_why(small: World, until: date, reason: str, why: str) -> None:
    before = small.rows()
    with pytest.raises(Refused, match=why):
        ask(small, until, reason)
    assert small.rows() == before


def test_where_nothing_is_asked_there_is_no_time_to_ask_for(small: World) -> None:
    small.answer("needs", scope=CEDAR)
    with pytest.raises(Refused, match="is satisfied"):
        ask(small)


# -- answering ---------------------------------------------------------------------------------------------------------


def test_time_that_is_granted_moves_the_deadline_and_those_asked_are_told_that_it_is_given(small: World) -> None:
    ask(small)
    answer(small, until=date(2024, 4, 16), text="Gladly.")
    (request,) = requests(small)
    assert (request.state, request.granted_until, small.gate("needs", CEDAR).due_on) == ("granted", date(2024, 4, 16), date(2024, 4, 16))
    (told,) = small.notices(kind="deadline-moved")
    assert (told.organisation, told.detail["granted"], told.detail["reason"]) == ("cedar", True, "Gladly.")
    (moved,) = small.events(EventKind.DEADLINE_MOVED)
    assert moved.detail["why"] == "more time was asked for and granted"
    assert all_is_well(small)


def test_a_request_that_is_declined_tells_who_asked_and_why(small: World) -> None:
    ask(small)
    with pytest.raises(Refused, match="Say why"):
        answer(small, text=" ")
    answer(small, text="The others wait for it.")
    (told,) = small.notices(kind="time-answer")
    assert (told.organisation, told.detail["comment"]) == ("cedar", "The others wait for it.")
    assert [(item.state, item.answer) for item in requests(small)] == [("declined", "The others wait for it.")]
    assert small.gate("needs", CEDAR).due_on == DUE


def test_a_day_that_is_no_extension_grants_nothing(small: World) -> None:
    ask(small)
    before = small.rows()
    with pytest.raises(Refused, match="needs a later day"):
        answer(small, until=date(2024, 3, 20))
    assert small.rows() == before


def test_a_request_is_answered_once(small: World) -> None:
    ask(small)
    with small.changing() as (session, standing):
        (request,) = standing.requests_at(standing.gate("needs", CEDAR))
        wishing.decline(session, standing, request, "no", small.now)
        with pytest.raises(Refused, match="answered already"):
            wishing.grant(session, standing, request, date(2024, 4, 16), "", small.now)


def _contributes(world: World) -> None:
    world.answer("needs", scope=CEDAR)


def _extends(world: World) -> None:
    with world.changing() as (session, standing):
        steering.extend(session, standing, standing.gate("needs", CEDAR), date(2024, 4, 10), "", world.now)


@pytest.mark.parametrize("happens", [_contributes, _extends])
def test_a_request_is_moot_once_the_thing_is_done_or_its_date_moves(small: World, happens: Callable[[World], None]) -> None:
    ask(small)
    happens(small)
    assert [item.state for item in requests(small)] == ["moot"]
    (told,) = small.notices(kind="time-request")
    with small.looking() as standing:
        assert not outbox.is_wanted(standing, small.gate("needs", CEDAR), told)
    assert all_is_well(small)


# -- what holds reminders back -----------------------------------------------------------------------------------------


def test_a_promise_holds_reminders_back_until_its_day_has_passed_and_over_the_weekend(small: World) -> None:
    promise(small, date(2024, 3, 22))  # a Friday; the first reminder would go out on Tuesday the 19th
    small.wait(datetime(2024, 3, 25, 7, 59, tzinfo=UTC))
    assert reminders(small) == []
    small.wait(datetime(2024, 3, 26, 12, tzinfo=UTC))
    assert reminders(small) == [
        ("T-14", datetime(2024, 3, 25, 8, tzinfo=UTC)),
        ("T-7", datetime(2024, 3, 26, 8, tzinfo=UTC)),
    ]


def test_after_the_promised_day_only_the_latest_reminder_goes_out(small: World) -> None:
    promise(small, date(2024, 3, 26))
    small.wait(datetime(2024, 3, 28, tzinfo=UTC))
    assert reminders(small) == [("T-7", datetime(2024, 3, 27, 8, tzinfo=UTC))]


def test_a_promise_holds_back_one_organisations_reminders_of_one_gate(small: World) -> None:
    promise(small, date(2024, 4, 30))
    small.wait(datetime(2024, 3, 27, tzinfo=UTC))
    others = {notice.organisation for notice in small.notices(kind="reminder")}
    assert others == {"alder", "birch", "damson"}


def test_a_promise_takes_the_place_of_the_one_before_and_can_be_withdrawn(small: World) -> None:
    promise(small, date(2024, 4, 30))
    promise(small, date(2024, 3, 12))
    assert [item.withdrawn_at is None for item in promises(small)] == [False, True]
    with small.changing() as (session, standing):
        (item,) = standing.promises_at(standing.gate("needs", CEDAR))
        wishing.withdraw_promise(session, standing, item, small.now)
        with pytest.raises(Refused, match="holds nothing back"):
            wishing.withdraw_promise(session, standing, item, small.now)
    small.wait(datetime(2024, 3, 20, tzinfo=UTC))
    assert [rung for rung, _ in reminders(small)] == ["T-14"]


def test_a_promise_ends_with_its_gate(small: World) -> None:
    promise(small, date(2024, 4, 30))
    small.answer("needs", scope=CEDAR)
    assert [item.withdrawn_at for item in promises(small)] == [LAUNCH]
    assert all_is_well(small)


def test_a_promise_and_a_request_of_an_earlier_round_hold_nothing_back(small: World) -> None:
    promise(small, date(2024, 4, 30))
    ask(small)
    with small.changing() as (session, standing):
        gate = standing.gate("needs", CEDAR)
        reopen(session, standing, gate, "once more", small.now)
        assert (standing.promises_at(gate), standing.requests_at(gate)) == ([], [])
    assert [item.state for item in requests(small)] == ["moot"]


@pytest.mark.parametrize(
    ("until", "organisation", "why"),
    [(date(2024, 3, 1), "cedar", "is over"), (date(2026, 1, 1), "cedar", "a year away"), (date(2024, 3, 12), "alder", "does not wait for")],
)
def test_a_promise_is_of_somebody_who_is_asked_and_for_a_day_to_come(small: World, until: date, organisation: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        promise(small, until, organisation)


def test_a_reminder_that_could_not_be_sent_yet_waits_for_the_promised_day_too(small: World) -> None:
    small.wait(datetime(2024, 3, 19, 9, tzinfo=UTC))
    promise(small, date(2024, 3, 22))
    (waiting,) = [notice for notice in small.notices(kind="reminder") if notice.organisation == "cedar"]
    assert waiting.due_at == datetime(2024, 3, 25, 8, tzinfo=UTC)


def test_what_is_held_back_is_the_next_moment_when_its_time_comes(small: World) -> None:
    """The virtual clock must stop there, or a rehearsal would pass it over."""
    promise(small, date(2024, 3, 19))
    with small.looking() as standing:
        moment, stops = small.now, []
        while moment < datetime(2024, 3, 21, tzinfo=UTC):
            moment = next_at(standing, moment) or moment + timedelta(days=30)
            stops.append(moment)
    assert datetime(2024, 3, 20, 8, tzinfo=UTC) in stops


def test_a_request_holds_reminders_back_for_one_working_day_of_the_coordinator(small: World) -> None:
    small.now = datetime(2024, 3, 15, 15, tzinfo=UTC)  # a Friday: the coordinator has Monday the 18th
    ask(small)
    small.wait(datetime(2024, 3, 20, tzinfo=UTC))
    assert reminders(small) == [("T-14", datetime(2024, 3, 19, 8, tzinfo=UTC))]
    small.now = datetime(2024, 3, 25, 15, tzinfo=UTC)
    ask(small, until=date(2024, 4, 30))  # asking again buys no more time
    small.wait(datetime(2024, 3, 26, 12, tzinfo=UTC))
    assert [rung for rung, _ in reminders(small)] == ["T-14", "T-7"]


def test_whoever_has_just_asked_for_time_has_not_been_silent(sqlite_engine: Engine) -> None:
    world = launched(sqlite_engine, definition(gates={"needs-approval": {"policy": "tacit-consent"}}))
    world.assess()
    gate = world.gate("needs-approval", CEDAR)
    assert gate.due_on is not None
    world.wait(datetime(gate.due_on.year, gate.due_on.month, gate.due_on.day, 12, tzinfo=UTC))
    ask(world, until=gate.due_on + timedelta(days=21), key="needs-approval")
    world.wait_days(1)
    assert _state(world, "needs-approval") == ("open", None)
    world.wait_days(7)
    assert _state(world, "needs-approval") == ("satisfied", "tacit")


def _state(world: World, key: str) -> tuple[str, str | None]:
    gate: Gate = world.gate(key, CEDAR)
    return gate.state, gate.outcome


def test_without_promises_and_requests_nothing_is_held(small: World) -> None:
    standing: Standing
    with small.looking() as standing:
        assert (standing.promises, standing.requests) == ([], [])
    small.wait(datetime(2024, 3, 20, tzinfo=UTC))
    notices: list[Notice] = small.notices(kind="reminder")
    assert {notice.organisation for notice in notices} == {"alder", "birch", "cedar", "damson"}


def test_the_coordinators_morning_says_how_many_ask_for_time_and_what_lies_in_the_tray(small: World) -> None:
    small.answer("needs", scope="city-alder")
    small.contribute("needs", "city-alder", context="Late.")
    ask(small)
    small.wait(datetime(2024, 3, 5, 8, tzinfo=UTC))
    last = small.notices(kind="digest")[-1]
    assert (last.detail["asking"], last.detail["tray"]) == (1, 1)


def test_reminders_that_were_put_off_go_out_once_nothing_holds_them_back_any_more(small: World) -> None:
    small.wait(datetime(2024, 3, 19, 9, tzinfo=UTC))
    promise(small, date(2024, 6, 28))
    ask(small)
    small.now += timedelta(hours=1)
    with small.changing() as (session, standing):
        (item,) = standing.promises_at(standing.gate("needs", CEDAR))
        wishing.withdraw_promise(session, standing, item, small.now)
    assert reminders(small) == [("T-14", datetime(2024, 3, 21, 8, tzinfo=UTC))]  # the request holds it until then
    answer(small, text="The committee meets on Monday.")
    assert reminders(small) == [("T-14", small.now)]


def test_taking_a_request_back_and_asking_anew_buys_no_more_time(small: World) -> None:
    for day in range(5, 9):
        small.now = datetime(2024, 3, day, 12, tzinfo=UTC)
        ask(small, reason=f"Reason {day}")
        with small.changing() as (session, standing):
            gate = standing.gate("needs", CEDAR)
            (request,) = standing.requests_at(gate)
            assert held_until(standing, gate, "cedar") == datetime(2024, 3, 7, 8, tzinfo=UTC)
            wishing.withdraw_request(session, standing, request, DESK, small.now)
    assert [item.reason for item in requests(small)] == ["Reason 8"]
    assert len(small.notices(kind="time-request")) == 4
    assert all_is_well(small)


def test_whoever_has_decided_waits_for_no_more_time_though_others_are_still_asked(at: At) -> None:
    world = at("pair-agreement")
    with world.changing() as (session, standing):
        gate = next(item for item in standing.gates_of("pair-agreement") if item.is_open)
        first, second = standing.parties(gate)[:2]
        for party in (first, second):
            until = (gate.due_on or standing.today(world.now)) + timedelta(days=21)
            wishing.ask_for_time(session, standing, gate, party, Wanted(until, REASON), DESK, world.now)
            wishing.record_promise(session, standing, gate, party.organisation, until, "phoned", world.now)
        scope = gate.scope
    world.decide("pair-agreement", scope, first.organisation)
    with world.looking() as standing:
        gate = standing.gate("pair-agreement", scope)
        assert gate.is_open
        assert [item.organisation for item in standing.requests_at(gate)] == [second.organisation]
        assert [item.organisation for item in standing.promises_at(gate)] == [second.organisation]
    assert all_is_well(world)


def test_the_coordinators_morning_says_nothing_of_what_came_too_early(small: World) -> None:
    small.contribute("profile", CEDAR)
    ask(small)
    small.wait(datetime(2024, 3, 5, 8, tzinfo=UTC))
    last = small.notices(kind="digest")[-1]
    assert (last.detail["asking"], last.detail["tray"]) == (1, 0)
