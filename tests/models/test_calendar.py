"""Working days, the days several organisations share, why others were passed over, and local time across clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.calendar import FURTHEST_DAYS, Calendar, NoCommonDay, UnknownCountry
from tests.factories import city, definition, organisations

AUGUST = {"name": "August", "first": "08-01", "last": "08-31"}
YEAR_END = {"name": "Budget session", "first": "12-20", "last": "01-10"}
DAY = timedelta(days=1)


def calendar(**overrides: object) -> Calendar:
    return Calendar(definition(**overrides))  # type: ignore[arg-type]  # any key of the programme file


def closed(slug: str, first: date, last: date) -> Calendar:
    """The calendar of `definition()` with one city closed from `first` to `last`."""
    closure = {"name": "Town hall moves", "first": first, "last": last}
    return calendar(cast=[*organisations()[:-1], city(slug, "mentee", country="LV", zone="Europe/Riga", closures=[closure])])


@pytest.mark.parametrize(
    ("slug", "day", "why"),
    [
        ("cedar", date(2025, 8, 15), "public holiday in Italy (PA): Assumption Of Mary Day"),
        ("cedar", date(2026, 7, 15), "public holiday in Italy (PA): Saint Rosalia's Day"),
        ("alder", date(2026, 7, 21), "public holiday in Belgium: National Day"),
        ("damson", date(2026, 11, 18), "public holiday in Latvia: Republic of Latvia Proclamation Day"),
        ("cedar", date(2026, 3, 7), "Saturday"),
        ("cedar", date(2026, 3, 8), "Sunday"),
        ("cedar", date(2026, 3, 9), None),
    ],
)
def test_a_day_off_says_why(slug: str, day: date, why: str | None) -> None:
    assert calendar().why_not(slug, day) == why
    assert calendar().is_working_day(slug, day) == (why is None)


def test_a_holiday_of_a_subdivision_holds_only_there() -> None:
    elsewhere = city("elm", "mentee", country="IT", subdivision="RM", zone="Europe/Rome")
    shared = calendar(cast=[*organisations(), elsewhere])
    assert not shared.is_working_day("cedar", date(2026, 7, 15))
    assert shared.is_working_day("elm", date(2026, 7, 15))


def test_the_weekend_is_the_countrys_own() -> None:
    abroad = calendar(cast=[*organisations(), city("elm", "mentee", country="SA", zone="Asia/Riyadh")])
    assert abroad.why_not("elm", date(2026, 3, 6)) == "Friday"
    assert abroad.is_working_day("elm", date(2026, 3, 8))
    shift = abroad.on_or_after(["elm", "cedar"], date(2026, 3, 6))
    assert (shift.day, shift.reasons) == (date(2026, 3, 9), ("Elm: weekend", "weekend", "Cedar: weekend"))


def test_a_closure_holds_on_its_first_and_last_day_for_that_organisation_only() -> None:
    moves = closed("damson", date(2026, 3, 10), date(2026, 3, 11))
    off = [moves.why_not("damson", date(2026, 3, day)) for day in (9, 10, 11, 12)]
    assert off == [None, "closed: Town hall moves", "closed: Town hall moves", None]
    assert moves.is_working_day("cedar", date(2026, 3, 10))


def test_a_quiet_period_holds_on_its_first_and_last_day() -> None:
    quiet = calendar(quiet_periods=[{"name": "Elections", "first": "06-02", "last": "06-04"}])
    days = [quiet.why_not("alder", date(2026, 6, day)) for day in (1, 2, 4, 5)]
    assert days == [None, "quiet period: Elections", "quiet period: Elections", None]


def test_a_quiet_period_wraps_over_new_year() -> None:
    quiet = calendar(quiet_periods=[YEAR_END])
    assert quiet.on_or_after(["alder"], date(2026, 12, 21)).day == date(2027, 1, 11)
    assert quiet.on_or_before(["alder"], date(2027, 1, 8)).day == date(2026, 12, 18)
    assert quiet.is_working_day("alder", date(2026, 7, 1))


def test_a_quiet_period_of_one_country_leaves_the_others_working() -> None:
    quiet = calendar(quiet_periods=[AUGUST | {"countries": ["IT"]}])
    assert not quiet.is_working_day("cedar", date(2026, 8, 3))
    assert quiet.is_working_day("alder", date(2026, 8, 3))


def test_a_shared_deadline_moves_past_everybodys_days_off_and_names_who() -> None:
    shift = calendar().on_or_after(["alder", "cedar"], date(2026, 7, 15))
    assert (shift.day, shift.moved) == (date(2026, 7, 16), True)
    assert shift.reasons == ("Cedar: public holiday in Italy (PA): Saint Rosalia's Day",)


def test_weekends_are_said_once_and_so_is_a_long_quiet_period() -> None:
    shift = calendar(quiet_periods=[AUGUST]).on_or_after(["alder", "cedar"], date(2026, 7, 31) + DAY)
    assert shift.day == date(2026, 9, 1)
    assert shift.reasons == ("weekend", "Alder, Cedar: quiet period: August")


def test_a_working_day_is_not_moved() -> None:
    shift = calendar().on_or_before(["alder", "cedar"], date(2026, 3, 9))
    assert (shift.day, shift.moved, shift.reasons) == (date(2026, 3, 9), False, ())


def test_no_common_working_day_for_months_is_refused_with_the_reasons() -> None:
    moves = closed("damson", date(2026, 1, 1), date(2026, 12, 31))
    with pytest.raises(NoCommonDay) as refused:
        moves.on_or_after(["alder", "damson"], date(2026, 3, 9))
    message = str(refused.value)
    assert "shared by Alder, Damson between 2026-03-09 and 2026-09-05" in message
    assert "closed: Town hall moves" in message
    assert "programme file" in message


def test_a_common_day_is_still_found_on_the_last_day_looked_at() -> None:
    asked = date(2026, 3, 9)
    last = asked + DAY * FURTHEST_DAYS  # a Saturday
    assert closed("damson", asked, last - DAY * 2).on_or_after(["damson"], asked).day == last - DAY


def test_working_days_are_counted_over_holidays_and_backwards() -> None:
    easter = calendar()
    assert easter.add_working_days(["cedar"], date(2026, 4, 3), 1) == date(2026, 4, 7)
    assert easter.add_working_days(["cedar"], date(2026, 4, 7), -1) == date(2026, 4, 3)
    assert easter.add_working_days(["cedar", "damson"], date(2026, 4, 7), -1) == date(2026, 4, 2)  # Good Friday in Latvia
    assert easter.add_working_days(["cedar"], date(2026, 4, 4), 0) == date(2026, 4, 7)


def test_an_unknown_country_or_subdivision_is_refused_plainly() -> None:
    for place, says in ({"country": "XX"}, "XX"), ({"country": "IT", "subdivision": "QQ"}, r"IT \(QQ\)"):
        strange = calendar(cast=[*organisations(), city("elm", "mentee", zone="Europe/Rome", **place)])
        with pytest.raises(UnknownCountry, match=f"known for {says}: correct country and subdivision"):
            strange.is_working_day("elm", date(2026, 3, 9))


@pytest.mark.parametrize(
    ("slug", "day", "wall", "utc"),
    [
        ("damson", date(2026, 3, 28), time(9), datetime(2026, 3, 28, 7, tzinfo=UTC)),
        ("damson", date(2026, 3, 30), time(9), datetime(2026, 3, 30, 6, tzinfo=UTC)),
        ("damson", date(2026, 3, 29), time(3, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # skipped: it shows 04:30
        ("damson", date(2026, 10, 25), time(3, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice: the first
        ("alder", date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("alder", date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_local_time_becomes_utc_across_the_clock_changes(slug: str, day: date, wall: time, utc: datetime) -> None:
    at = calendar().at(slug, day, wall)
    assert (at, at.tzinfo) == (utc, UTC)


def test_the_local_date_is_the_organisations_own() -> None:
    late = datetime(2026, 3, 9, 22, 30, tzinfo=UTC)
    assert calendar().local_date("damson", late) == date(2026, 3, 10)
    assert calendar().local_date("alder", late) == date(2026, 3, 9)


def test_the_day_of_a_clock_change_is_an_hour_shorter_or_longer() -> None:
    def hours(day: date) -> float:
        return (calendar().start_of_day_utc("damson", day + DAY) - calendar().start_of_day_utc("damson", day)) / timedelta(hours=1)

    assert [hours(date(2026, 3, 28)), hours(date(2026, 3, 29)), hours(date(2026, 10, 25))] == [24, 23, 25]


SHARED = calendar(quiet_periods=[AUGUST, YEAR_END | {"countries": ["BE", "LV"]}])
several = st.sets(st.sampled_from(["alder", "birch", "cedar", "damson"]), min_size=1)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@settings(deadline=None, max_examples=100)
@given(several, days)
def test_a_shared_day_is_the_nearest_that_is_working_for_all(slugs: set[str], day: date) -> None:
    for shift, step in ((SHARED.on_or_after(slugs, day), DAY), (SHARED.on_or_before(slugs, day), -DAY)):
        assert all(SHARED.why_not(slug, shift.day) is None for slug in slugs)
        passed = [day + step * offset for offset in range(abs((shift.day - day).days))]
        assert all(any(SHARED.why_not(slug, other) for slug in slugs) for other in passed)
        assert (shift.asked, bool(shift.reasons)) == (day, bool(passed))


@settings(deadline=None, max_examples=100)
@given(several, days, st.integers(1, 20))
def test_counting_forth_and_back_ends_where_it_began(slugs: set[str], day: date, n: int) -> None:
    start = SHARED.on_or_after(slugs, day).day
    assert SHARED.add_working_days(slugs, SHARED.add_working_days(slugs, start, n), -n) == start


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(["alder", "damson"]), days)
def test_the_quick_answer_and_the_reason_agree(slug: str, day: date) -> None:
    assert SHARED.is_working_day(slug, day) == (SHARED.why_not(slug, day) is None)
