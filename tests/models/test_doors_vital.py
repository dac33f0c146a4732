"""Signs of life: when a silence begins, that people are told of it once, that it ends, and what a clock that jumps does to it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from models.database import changing, reading
from models.doors import vital
from models.doors.vital import SWEEP, Silence
from models.errors import Refused
from models.leases import SignOfLife

NOON = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
EARLIER = NOON - timedelta(days=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def seen(engine: Engine, now: datetime) -> bool:
    with changing(engine) as session:
        return vital.seen(session, SWEEP, now)


def silence(engine: Engine, now: datetime, since: datetime = EARLIER) -> Silence | None:
    with reading(engine) as session:
        return vital.silence(session, SWEEP, now, since=since)


def take_up(engine: Engine, silent: Silence | None, holder: str, now: datetime) -> int | None:
    """The token; None where it is refused."""
    try:
        with changing(engine) as session:
            return vital.take_up(session, SWEEP, silent, holder, now)
    except Refused:
        return None


def told(engine: Engine, now: datetime, since: datetime = EARLIER) -> Silence:
    """People are told of the silence there is."""
    silent = silence(engine, now, since)
    assert silent is not None
    with changing(engine) as session:
        assert vital.told(session, silent, now)
    return silent


def over(engine: Engine) -> datetime | None:
    with reading(engine) as session:
        return vital.told_and_over(session, SWEEP)


def test_it_is_silent_after_more_than_two_intervals_without_a_sign(engine: Engine) -> None:
    assert seen(engine, NOON) is False
    assert silence(engine, NOON + 2 * MINUTE) is None
    found = silence(engine, NOON + 2 * MINUTE + SECOND)
    assert found == Silence(SWEEP, NOON, 2 * MINUTE + SECOND, told=False)
    assert seen(engine, NOON + 3 * MINUTE) is False
    assert silence(engine, NOON + 4 * MINUTE) is None


def test_whoever_has_waited_for_less_time_calls_nothing_a_silence(engine: Engine) -> None:
    """A start after a holiday does not shout, and says the right time once it may."""
    seen(engine, EARLIER)
    assert silence(engine, NOON + 2 * MINUTE, since=NOON) is None
    found = silence(engine, NOON + 3 * MINUTE, since=NOON)
    assert found is not None
    assert (found.last, found.for_) == (EARLIER, timedelta(days=1, minutes=3))


def test_what_has_never_run_is_silent_too(engine: Engine) -> None:
    assert silence(engine, NOON, since=NOON - 2 * MINUTE) is None
    found = told(engine, NOON, since=NOON - 3 * MINUTE)
    assert (found.last, found.key) == (None, "silence/never")
    again = silence(engine, NOON + MINUTE, since=NOON - 3 * MINUTE)
    assert again == Silence(SWEEP, None, 4 * MINUTE, told=True)


def test_a_silence_people_were_told_of_ends_with_the_next_sign_and_they_can_be_told_that_once(engine: Engine) -> None:
    seen(engine, NOON)
    told(engine, NOON + 3 * MINUTE)
    assert silence(engine, NOON + 4 * MINUTE) == Silence(SWEEP, NOON, 4 * MINUTE, told=True)
    assert over(engine) is None
    assert seen(engine, NOON + 5 * MINUTE) is True
    assert seen(engine, NOON + 6 * MINUTE) is False
    assert over(engine) == NOON + 3 * MINUTE
    with changing(engine) as session:
        assert vital.told_it_is_over(session, SWEEP) is True
        assert vital.told_it_is_over(session, SWEEP) is False
    assert over(engine) is None


def test_a_second_silence_is_one_of_its_own_though_nobody_was_told_that_the_first_was_over(engine: Engine) -> None:
    seen(engine, NOON)
    first = told(engine, NOON + 3 * MINUTE)
    seen(engine, NOON + 5 * MINUTE)
    second = silence(engine, NOON + 8 * MINUTE)
    assert second is not None
    assert second.told is False
    assert second.key != first.key
    told(engine, NOON + 8 * MINUTE)
    assert over(engine) is None


def test_that_people_are_told_is_noted_once_and_not_for_a_silence_that_has_ended(engine: Engine) -> None:
    seen(engine, NOON)
    silent = told(engine, NOON + 3 * MINUTE)
    with changing(engine) as session:
        assert vital.told(session, silent, NOON + 4 * MINUTE) is False
    seen(engine, NOON + 5 * MINUTE)
    with changing(engine) as session:
        assert vital.told(session, silent, NOON + 6 * MINUTE) is False


# -- one of several tells ------------------------------------------------------------------------------------------


def test_one_of_two_takes_up_the_telling_until_it_is_noted(engine: Engine) -> None:
    seen(engine, NOON)
    now = NOON + 3 * MINUTE
    silent = silence(engine, now)
    token = take_up(engine, silent, "one", now)
    assert token
    assert not take_up(engine, silent, "two", now)
    told(engine, now)
    with changing(engine) as session:
        vital.lay_down(session, SWEEP, token)
    assert not take_up(engine, silent, "two", now), "it looked before the other had told, and comes after it"


def test_the_other_takes_it_up_where_the_first_died_or_could_reach_nobody(engine: Engine) -> None:
    seen(engine, NOON)
    now = NOON + 3 * MINUTE
    silent = silence(engine, now)
    assert take_up(engine, silent, "one", now)
    token = take_up(engine, silent, "two", now + vital.TELLING)
    assert token, "the lease of one that died runs out"
    with changing(engine) as session:
        vital.lay_down(session, SWEEP, token)
    assert take_up(engine, silent, "one", now + vital.TELLING)


def test_that_it_is_over_is_taken_up_only_where_it_is(engine: Engine) -> None:
    seen(engine, NOON)
    silent = told(engine, NOON + 3 * MINUTE)
    assert not take_up(engine, None, "one", NOON + 3 * MINUTE)
    seen(engine, NOON + 4 * MINUTE)
    assert not take_up(engine, silent, "one", NOON + 4 * MINUTE)
    assert take_up(engine, None, "one", NOON + 4 * MINUTE)


# -- clocks that jump ----------------------------------------------------------------------------------------------


def at(engine: Engine) -> datetime:
    with reading(engine) as session:
        return session.get_one(SignOfLife, SWEEP).at


def test_moments_never_go_backwards_and_every_sign_is_a_new_one(engine: Engine) -> None:
    seen(engine, NOON)
    signs = [at(engine)]
    for now in (NOON, NOON - HOUR, NOON - HOUR + MINUTE, NOON + SECOND):
        seen(engine, now)
        signs.append(at(engine))
    assert signs == sorted(set(signs))
    assert signs[-2] - NOON < SECOND
    assert signs[-1] == NOON + SECOND


def test_a_clock_set_back_an_hour_makes_no_silence(engine: Engine) -> None:
    seen(engine, NOON)
    now = NOON - HOUR
    assert silence(engine, now, since=now - MINUTE) is None


@pytest.mark.parametrize("back", [HOUR, timedelta(days=20_000)])
def test_nor_does_it_hide_one(engine: Engine, back: timedelta) -> None:
    """The sign is from the future: what counts is for how long the caller has waited for another, on its stopwatch."""
    seen(engine, NOON)
    now = NOON - back
    found = silence(engine, now, since=now - 3 * MINUTE)
    assert found is not None
    assert found.for_ == 3 * MINUTE


def test_a_clock_set_forward_makes_no_silence(engine: Engine) -> None:
    seen(engine, NOON)
    now = NOON + 8 * HOUR
    assert silence(engine, now, since=now - MINUTE) is None


def test_a_silence_told_of_with_the_clock_set_back_ends_with_the_next_sign(engine: Engine) -> None:
    seen(engine, NOON)
    now = NOON - HOUR
    told(engine, now, since=now - 3 * MINUTE)
    found = silence(engine, now + MINUTE, since=now - 3 * MINUTE)
    assert found is not None
    assert found.told
    assert seen(engine, now + 2 * MINUTE) is True
    assert over(engine) is not None
    assert silence(engine, now + 2 * MINUTE, since=now + 2 * MINUTE) is None


def test_a_lease_from_a_clock_set_back_since_binds_nobody(engine: Engine) -> None:
    seen(engine, NOON)
    silent = silence(engine, NOON + 3 * MINUTE)
    assert take_up(engine, silent, "one", NOON + 3 * MINUTE)
    assert take_up(engine, silent, "two", NOON - HOUR)
