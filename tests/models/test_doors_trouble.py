"""Runs that break: another takes their place, later and later where that does not help, and the coordinator is told once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import outbox
from models.doors import steering
from models.doors.steering import STUCK_AFTER
from models.errors import StaleToken
from models.events import EventKind
from models.notices import Notice
from models.programme import Phase
from models.verify import violations
from tests.world import World

MINUTE = timedelta(minutes=1)


def take(world: World, run: str, number: int = 1) -> int:
    with world.changing() as (session, standing):
        return steering.take_lease(session, standing, number, run, world.now)


def breaks(world: World, run: str, why: str = "Crashed: out of memory") -> None:
    world.now += MINUTE
    with world.changing() as (session, standing):
        steering.note_trouble(session, standing, 1, run, why, world.now)


def phase(world: World, number: int = 1) -> Phase:
    with world.looking() as standing:
        return standing.phase(number)


def is_wanted(world: World, notice: Notice) -> bool:
    with world.looking() as standing:
        return outbox.is_wanted(standing, None, notice)


def test_a_broken_run_can_do_nothing_any_more_and_its_place_is_free(small: World) -> None:
    token = take(small, "first")
    breaks(small, "first")
    with pytest.raises(StaleToken), small.changing() as (_, standing):
        steering.renew_lease(standing, 1, token, small.now)
    take(small, "second")
    assert (phase(small).run_id, phase(small).relaunches, phase(small).trouble) == ("second", 1, "Crashed: out of memory")


def test_two_who_find_it_at_the_same_time_count_it_once(small: World) -> None:
    take(small, "first")
    breaks(small, "first")
    with small.changing() as (session, standing):
        steering.note_trouble(session, standing, 1, "first", "Crashed", small.now + MINUTE / 3)
    assert phase(small).relaunches == 1


def test_a_run_that_wakes_after_another_was_put_in_its_place_does_not_take_the_phase_back(small: World) -> None:
    take(small, "first")
    breaks(small, "first")
    take(small, "second")
    small.now += 2 * steering.LEASE
    with pytest.raises(StaleToken), small.changing() as (session, standing):
        steering.take_lease(session, standing, 1, "first", small.now, again=True)


def test_a_lease_from_before_the_clock_was_set_back_keeps_nobody_out(small: World) -> None:
    take(small, "first")
    small.now -= timedelta(days=300)
    take(small, "second")
    assert phase(small).run_id == "second"


def test_the_end_of_a_run_whose_place_is_taken_changes_nothing(small: World) -> None:
    take(small, "first")
    breaks(small, "first")
    take(small, "second")
    before = small.rows()
    breaks(small, "first")
    assert small.rows() == before


def stuck(world: World) -> None:
    for count in range(STUCK_AFTER):
        take(world, f"run {count}")
        breaks(world, f"run {count}")


def test_when_runs_keep_breaking_the_coordinator_is_told_once_and_at_once(world: World) -> None:
    stuck(world)
    take(world, "one more")
    breaks(world, "one more")
    [event] = world.events(EventKind.PHASE_STUCK)
    assert (event.phase, event.detail) == (1, {"runs": STUCK_AFTER})
    [notice] = world.notices(kind="phase-stuck")
    assert (notice.organisation, notice.role, notice.due_at) == ("alliance", "coordinator", event.at)
    assert notice.detail["trouble"] == "Crashed: out of memory"
    with world.changing() as (session, _):
        assert violations(session, world.programme) == []


def test_two_broken_runs_are_nobodys_business(small: World) -> None:
    for run in ("first", "second"):
        take(small, run)
        breaks(small, run)
    assert small.notices(kind="phase-stuck") == []
    assert not steering.is_stuck(phase(small))


def test_the_first_runs_are_replaced_at_once_and_later_ones_after_pauses_that_double_up_to_an_hour(small: World) -> None:
    waited = []
    for count in range(STUCK_AFTER + 8):
        take(small, f"run {count}")
        breaks(small, f"run {count}")
        minutes = 0
        while not steering.may_relaunch(phase(small), small.now + minutes * MINUTE):
            minutes += 1
        waited.append(minutes)
        small.now += minutes * MINUTE
    assert waited == [0] * (STUCK_AFTER - 1) + [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_clock_that_was_set_back_keeps_no_phase_waiting(small: World) -> None:
    stuck(small)
    assert steering.may_relaunch(phase(small), small.now - timedelta(days=300))


def test_once_a_run_waits_for_people_the_trouble_is_forgotten_and_not_told_any_more(small: World) -> None:
    stuck(small)
    [notice] = small.notices(kind="phase-stuck")
    assert is_wanted(small, notice)
    with small.changing() as (_, standing):
        steering.note_recovery(standing, 1)
    assert (phase(small).relaunches, phase(small).trouble) == (0, None)
    assert not is_wanted(small, notice)


def test_of_a_held_phase_the_coordinator_hears_once_and_only_while_it_is_held(world: World) -> None:
    take(world, "first")
    for _ in range(2):
        with world.changing() as (session, standing):
            steering.hold(session, standing, 1, world.now)
    [notice] = world.notices(kind="phase-held")
    assert (notice.organisation, notice.phase, is_wanted(world, notice)) == ("alliance", 1, True)
    take(world, "second")
    assert not is_wanted(world, notice)


def test_a_phase_that_is_held_again_is_told_of_again(small: World) -> None:
    for run in ("first", "second"):
        take(small, run)
        with small.changing() as (session, standing):
            steering.hold(session, standing, 1, small.now)
    assert len(small.notices(kind="phase-held")) == 2
