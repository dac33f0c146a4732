"""Simulated partners: the same seed makes the same choices, everybody acts in office hours, and somebody always moves on."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from models.gates import Gate
from models.standing import Standing
from tasks.partners import Act, Intent, Partners
from tests.world import World, launched, opened

SEEDS = range(300)


@pytest.fixture
def world(sqlite_engine: Engine) -> World:
    return launched(sqlite_engine)


def intents(standing: Standing, gate: Gate, world: World) -> list[Intent]:
    """What Cedar does at a gate, with each of many seeds."""
    return [intent for seed in SEEDS for intent in Partners(seed).intents(standing, gate, world.now)]


def test_the_same_seed_makes_the_same_choice_and_another_may_not(world: World) -> None:
    with world.looking() as standing:
        gate = standing.gate("needs", "city-cedar")
        assert Partners(7).intents(standing, gate, world.now) == Partners(7).intents(standing, gate, world.now)
        assert len({intent.at for intent in intents(standing, gate, world)}) > 20


def test_one_partners_dice_do_not_depend_on_what_others_were_asked(world: World) -> None:
    with world.looking() as standing:
        partners, gate = Partners(7), standing.gate("needs", "city-cedar")
        alone = Partners(7).intents(standing, gate, world.now)
        for other in standing.programme.gates:
            partners.intents(standing, other, world.now)
        assert partners.intents(standing, gate, world.now) == alone


def test_everybody_acts_after_being_asked_on_a_working_day_in_office_hours(world: World) -> None:
    with world.looking() as standing:
        for intent in intents(standing, standing.gate("needs", "city-cedar"), world):
            local = standing.calendar.local("cedar", intent.at)
            assert intent.at >= world.now
            assert standing.calendar.is_working_day("cedar" if intent.act is Act.ANSWER else "alliance", local.date())
            assert 9 <= local.hour < 17


def test_most_are_in_time_some_late_and_a_few_never(world: World) -> None:
    with world.looking() as standing:
        gate = standing.gate("needs", "city-cedar")
        assert gate.due_on is not None
        found = intents(standing, gate, world)
        how = Counter("never" if intent.act is Act.EXTEND else "late" if intent.at.date() > gate.due_on else "in time" for intent in found)
    assert how["in time"] > how["late"] > how["never"] > 0
    assert how["in time"] > 0.7 * len(found)


def test_who_never_answers_is_given_more_time_once_and_then_gone_on_without(world: World) -> None:
    with world.looking() as standing:
        gate = standing.gate("needs", "city-cedar")
        silent = next(seed for seed in SEEDS if Partners(seed).intents(standing, gate, world.now)[0].act is Act.EXTEND)
        assert gate.due_on is not None
        assert Partners(silent).intents(standing, gate, world.now)[0].at.date() > gate.due_on + timedelta(days=14)
        gate.extensions = 1
        acts = {Partners(seed).intents(standing, gate, world.now)[0].act for seed in SEEDS}
        assert acts == {Act.ANSWER, Act.WITHOUT}


def test_where_nothing_else_moves_the_programme_on_somebody_always_answers(world: World) -> None:
    world.play(opened("matching-approval"))
    with world.looking() as standing:
        acts = {intent.act for intent in intents(standing, standing.gate("matching-approval", "programme"), world)}
    assert acts == {Act.ANSWER, Act.RETURN}


def test_a_first_version_comes_back_now_and_then_and_a_second_one_never(world: World) -> None:
    world.play(opened("needs-approval"))
    with world.looking() as standing:
        gate = standing.gate("needs-approval", "city-cedar")
        first = Counter(intent.act for intent in intents(standing, gate, world))
        gate.round = 1
        again = Counter(intent.act for intent in intents(standing, gate, world))
    assert 0 < first[Act.RETURN] < 0.25 * first[Act.ANSWER]
    assert again[Act.RETURN] == 0


def test_a_visit_takes_place_on_its_day(world: World) -> None:
    world.play(opened("visit-1"))
    with world.looking() as standing:
        gate = next(gate for gate in standing.gates_of("visit-1") if gate.is_open)
        (intent,) = Partners(1).intents(standing, gate, world.now)
        host = standing.parties(gate)[0].organisation
        assert standing.calendar.local_date(host, intent.at) == gate.due_on
        assert intent.act is Act.ANSWER
