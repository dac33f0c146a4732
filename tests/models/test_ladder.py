"""The notice ladder: on which mornings its steps fall, which one goes out, and when the next is to be looked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.calendar import Calendar
from models.ladder import AUDIENCE, Audience, Rung, digest_at, due_step, invitation_at, ladder, next_at
from tests.factories import definition

CALENDAR = Calendar(definition())
QUIET = Calendar(definition(quiet_periods=[{"name": "August", "first": "08-01", "last": "08-31"}]))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def days(slug: str, due_on: date, calendar: Calendar = CALENDAR) -> dict[str, date]:
    return {step.rung: step.on for step in ladder(calendar, slug, due_on)}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


STEPS = ladder(CALENDAR, "alder", date(2026, 3, 18))  # a Wednesday without holidays around it
AT = {step.rung: step.at for step in STEPS}


def test_steps_fall_on_their_calendar_days_from_the_deadline() -> None:
    assert days("alder", date(2026, 3, 18)) == {
        "T-14": date(2026, 3, 4),
        "T-7": date(2026, 3, 11),
        "T-1": date(2026, 3, 17),
        "T+1": date(2026, 3, 19),
        "T+3": date(2026, 3, 23),  # the 21st is a Saturday
        "T+7": date(2026, 3, 25),
        "T+14": date(2026, 4, 1),
    }


def test_steps_before_the_deadline_move_earlier_and_overdue_ones_later() -> None:
    sicily = days("cedar", date(2026, 4, 7))  # the day after Easter Monday
    assert sicily["T-1"] == date(2026, 4, 3)
    assert days("damson", date(2026, 4, 7))["T-1"] == date(2026, 4, 2)  # Good Friday is a holiday in Latvia
    assert days("cedar", date(2026, 4, 3))["T+1"] == date(2026, 4, 7)


def test_steps_that_would_meet_on_one_day_keep_a_day_each() -> None:
    august = days("alder", date(2026, 8, 17), QUIET)
    assert [august[rung] for rung in ("T-14", "T-7", "T-1")] == [date(2026, 7, 29), date(2026, 7, 30), date(2026, 7, 31)]
    assert [august[rung] for rung in ("T+1", "T+3", "T+7", "T+14")] == [date(2026, 9, day) for day in (1, 2, 3, 4)]


def test_a_step_is_at_nine_on_either_side_of_the_clock_change() -> None:
    riga = {step.rung: step.at for step in ladder(CALENDAR, "damson", date(2026, 3, 30))}
    assert (riga[Rung.T_MINUS_7], riga[Rung.T_PLUS_1]) == (moment("2026-03-23T07:00Z"), moment("2026-03-31T06:00Z"))
    brussels = {step.rung: step.at for step in ladder(CALENDAR, "alder", date(2026, 10, 26))}
    assert (brussels[Rung.T_MINUS_7], brussels[Rung.T_PLUS_1]) == (moment("2026-10-19T07:00Z"), moment("2026-10-27T08:00Z"))


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(["alder", "birch", "cedar", "damson"]), st.dates(date(2020, 2, 1), date(2030, 12, 1)))
def test_steps_are_strictly_ordered_working_mornings_on_their_side_of_the_deadline(slug: str, due_on: date) -> None:
    steps = ladder(QUIET, slug, due_on)
    assert [step.rung for step in steps] == list(Rung)
    assert all(one.at < other.at for one, other in pairwise(steps))
    for step in steps:
        assert QUIET.why_not(slug, step.on) is None
        assert QUIET.local(slug, step.at).replace(tzinfo=None) == datetime.combine(step.on, time(9))
        wanted = due_on + timedelta(days=step.rung.days)
        assert step.on >= wanted if step.rung.is_overdue else step.on <= wanted


def test_nothing_is_due_before_the_first_step() -> None:
    assert due_step(STEPS, LONG_AGO, AT[Rung.T_MINUS_14] - MINUTE, ()) is None


def test_a_step_is_due_from_its_very_moment_until_it_is_told() -> None:
    now = AT[Rung.T_MINUS_7]
    assert due_step(STEPS, LONG_AGO, now, {Rung.T_MINUS_14}) == STEPS[1]
    assert due_step(STEPS, LONG_AGO, now, {Rung.T_MINUS_14, Rung.T_MINUS_7}) is None


def test_after_a_standstill_only_the_latest_step_goes_out() -> None:
    now = AT[Rung.T_PLUS_3] + MINUTE
    step = due_step(STEPS, LONG_AGO, now, {Rung.T_MINUS_14})
    assert step is not None
    assert step.rung is Rung.T_PLUS_3
    assert due_step(STEPS, LONG_AGO, now, {Rung.T_MINUS_14, Rung.T_PLUS_3}) is None


def test_a_step_is_not_sent_once_a_later_one_was_told() -> None:
    assert due_step(STEPS, LONG_AGO, AT[Rung.T_PLUS_1], {Rung.T_PLUS_3}) is None


@pytest.mark.parametrize("late", [timedelta(0), MINUTE])
def test_a_step_whose_time_had_come_when_the_gate_opened_is_never_sent(late: timedelta) -> None:
    opened_at = AT[Rung.T_MINUS_7] + late
    assert due_step(STEPS, opened_at, opened_at + MINUTE, ()) is None
    assert next_at(STEPS, opened_at, opened_at, ()) == AT[Rung.T_MINUS_1]


def test_the_next_look_is_now_while_a_step_is_due_and_else_at_the_next_step() -> None:
    now = AT[Rung.T_MINUS_7] + MINUTE
    assert next_at(STEPS, LONG_AGO, now, {Rung.T_MINUS_14}) == now
    assert next_at(STEPS, LONG_AGO, now, {Rung.T_MINUS_7}) == AT[Rung.T_MINUS_1]
    assert next_at(STEPS, LONG_AGO, LONG_AGO, ()) == AT[Rung.T_MINUS_14]


def test_after_the_last_step_there_is_nothing_to_look_for() -> None:
    assert next_at(STEPS, LONG_AGO, AT[Rung.T_PLUS_14], set(Rung)) is None


def test_jumping_from_look_to_look_sends_every_step_once_and_in_order() -> None:
    told: list[Rung] = []
    now = LONG_AGO
    while look_at := next_at(STEPS, LONG_AGO, now, told):
        now = look_at
        if step := due_step(STEPS, LONG_AGO, now, told):
            told.append(step.rung)
    assert told == list(Rung)


def test_each_step_has_its_audience_and_only_the_last_reaches_the_steering_committee() -> None:
    assert list(AUDIENCE) == list(Rung)
    assert AUDIENCE[Rung.T_MINUS_1] == (Audience.CONTACT, Audience.DEPUTY)
    assert {Audience.LEAD, Audience.ASSOCIATION} <= set(AUDIENCE[Rung.T_PLUS_3])
    assert [rung for rung, audience in AUDIENCE.items() if Audience.COMMITTEE in audience] == [Rung.T_PLUS_14]


@pytest.mark.parametrize(
    ("now", "sent"),
    [
        ("2026-03-09T10:00Z", "2026-03-09T10:00Z"),
        ("2026-03-09T08:00Z", "2026-03-09T08:00Z"),  # 09:00 in Brussels
        ("2026-03-09T05:00Z", "2026-03-09T08:00Z"),
        ("2026-03-09T16:00Z", "2026-03-10T08:00Z"),  # 17:00 in Brussels
        ("2026-03-06T18:00Z", "2026-03-09T08:00Z"),
        ("2026-03-27T18:00Z", "2026-03-30T07:00Z"),  # the clock changes that weekend
        ("2026-07-20T20:00Z", "2026-07-22T07:00Z"),  # the 21st is Belgium's National Day
    ],
)
def test_an_invitation_goes_out_in_working_hours(now: str, sent: str) -> None:
    assert invitation_at(CALENDAR, "alder", moment(now)) == moment(sent)


@pytest.mark.parametrize(
    ("now", "sent"),
    [
        ("2026-03-09T07:30Z", "2026-03-09T07:30Z"),
        ("2026-03-09T07:31Z", "2026-03-10T07:30Z"),
        ("2026-03-06T12:00Z", "2026-03-09T07:30Z"),
    ],
)
def test_the_digest_comes_at_half_past_eight_on_working_days(now: str, sent: str) -> None:
    assert digest_at(CALENDAR, "alliance", moment(now)) == moment(sent)
