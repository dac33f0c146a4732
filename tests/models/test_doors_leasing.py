"""Leases of work that no phase owns: one at a time, for a while, and whoever lost it is refused. On both kinds of database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from models.database import changing
from models.doors import leasing
from models.errors import Refused, StaleToken
from tests.world import at_once

NOW = datetime(2026, 2, 2, 9, tzinfo=UTC)
LASTING = timedelta(minutes=1)


def take(engine: Engine, holder: str, at: datetime = NOW) -> int:
    with changing(engine) as session:
        return leasing.take(session, "the files", holder, at, LASTING)


def test_what_one_holds_no_other_gets_until_it_runs_out(engine: Engine) -> None:
    first = take(engine, "first")
    with pytest.raises(Refused, match="worked on by first until 09:01:00 UTC"):
        take(engine, "second", NOW + LASTING / 2)
    assert take(engine, "second", NOW + LASTING) > first


def test_the_holder_may_take_it_again_and_its_older_token_is_stale(engine: Engine) -> None:
    first = take(engine, "first")
    take(engine, "first")
    with pytest.raises(StaleToken), changing(engine) as session:
        leasing.check(session, "the files", first)


def test_a_lease_that_is_renewed_lasts(engine: Engine) -> None:
    token = take(engine, "first")
    with changing(engine) as session:
        leasing.renew(session, "the files", token, NOW + LASTING / 2, LASTING)
    with pytest.raises(Refused):
        take(engine, "second", NOW + LASTING)


def test_a_lease_given_back_is_free_at_once(engine: Engine) -> None:
    token = take(engine, "first")
    with changing(engine) as session:
        leasing.give_back(session, "the files", token)
    assert take(engine, "second") > token


def test_who_lost_it_can_neither_renew_nor_give_it_back_nor_go_on(engine: Engine) -> None:
    old = take(engine, "first")
    take(engine, "second", NOW + LASTING)
    with pytest.raises(StaleToken), changing(engine) as session:
        leasing.renew(session, "the files", old, NOW + LASTING, LASTING)
    with pytest.raises(StaleToken), changing(engine) as session:
        leasing.check(session, "the files", old)
    with changing(engine) as session:
        leasing.give_back(session, "the files", old)
    with pytest.raises(Refused, match="second"):
        take(engine, "third", NOW + LASTING)


@pytest.mark.parametrize("held_before", [False, True])
def test_of_two_who_take_it_at_once_one_gets_it(engine: Engine, *, held_before: bool) -> None:
    if held_before:
        take(engine, "long ago", NOW - timedelta(days=1))

    def taking(holder: str) -> Callable[[], int]:
        return lambda: take(engine, holder)

    outcomes = at_once(taking("first"), taking("second"))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "Refused"]
