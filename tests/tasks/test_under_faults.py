"""Random programmes, random partners, random faults: whatever happens to machines, clocks and mail, the promises hold.

A failure prints the smallest scenario that shows it, ready to be pasted into `@example(...)`, the last steps and what is wrong.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import select

from models.database import reading
from models.definition import Policy
from models.notices import Notice
from models.programme_file import programme_from
from tests import oracle
from tests.faulty import Faulty
from tests.scenarios import DAY, Fault, Scenario, Strike, Temper, scenarios
from tests.strikes import Plain

PHASES = (Phase.explicit, Phase.generate, Phase.shrink)
quick = settings(
    max_examples=14, derandomize=True, database=None, deadline=None, print_blob=True, report_multiple_bugs=False, phases=PHASES,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
long = settings(quick, max_examples=80, derandomize=False)
"""A failure prints the seed and the blob that repeat it."""

DIED = (Fault.DIES_CLAIMED, Fault.DIES_COMPOSED, Fault.DIES_HANDED_OVER, Fault.DIES_IN_SETTLING, Fault.DIES_SETTLED)


def play(scenario: Scenario, *, watchful: bool = True) -> Faulty:
    """Play it to its end, with everything checked."""
    with tempfile.TemporaryDirectory() as folder:
        faulty = Faulty(scenario, Path(folder))
        faulty.watchful = watchful
        faulty.play()
    return faulty


def struck(*strikes: Strike, **scenario: Any) -> Faulty:
    """Play a scenario in which these faults must strike."""
    faulty = play(Scenario(strikes=strikes, **scenario))
    assert faulty.faults.struck == list(strikes)
    return faulty


def notices(faulty: Faulty, **wanted: Any) -> list[Notice]:
    with reading(faulty.engine) as session:
        return list(session.scalars(select(Notice).filter_by(**wanted).order_by(Notice.id)))


# -- any programme, any faults -----------------------------------------------------------------------------------------


@quick
@given(scenarios(small=True))
def test_the_promises_hold_whatever_happens(scenario: Scenario) -> None:
    assert play(scenario, watchful=False).events()


@pytest.mark.prove
@long
@given(scenarios(until=(1, 1, 2), within=120))
def test_the_promises_hold_whatever_happens_many_times(scenario: Scenario) -> None:
    assert play(scenario).events()


@pytest.mark.prove
@settings(long, max_examples=5)
@given(scenarios(until=(7,), within=300, most=30))
def test_a_programme_reaches_its_closure_whatever_happens(scenario: Scenario) -> None:
    assert play(scenario).standing.programme.closed_at is not None


@settings(quick, max_examples=2)
@given(scenarios(most=0, small=True))
def test_without_faults_it_leaves_the_rehearsals_history(scenario: Scenario) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert oracle.told(play(scenario).events()) == Plain(scenario, Path(folder)).history()


@settings(quick, max_examples=10)
@given(scenarios(until=(7,)))
def test_every_scenario_is_a_programme_that_a_file_may_describe(scenario: Scenario) -> None:
    written = yaml.safe_dump(scenario.definition().model_dump(mode="json", exclude_none=True))
    assert programme_from(written, "programme.yaml") == scenario.definition()


def test_a_scenario_is_told_as_code_that_makes_it_again() -> None:
    scenario = Scenario(temper=Temper.LATE, policies={"needs": Policy.EXTEND}, strikes=(Strike(Fault.CLOCK_BACK, 3, 60),))
    assert repr(scenario).count("\n") == 0
    assert eval(repr(scenario)) == scenario  # noqa: S307 - that is what is promised of it


# -- the faults that matter most, each by itself -----------------------------------------------------------------------


@pytest.mark.parametrize("fault", DIED)
def test_a_sender_that_dies_loses_no_message_and_repeats_at_most_the_one_in_flight(fault: Fault) -> None:
    faulty = struck(Strike(fault, 2))
    came = Counter(arrival.message_id for arrival in faulty.boxes.arrived)
    repeated = [message for message, times in came.items() if times > 1]
    assert len(repeated) == (1 if fault in (Fault.DIES_HANDED_OVER, Fault.DIES_IN_SETTLING) else 0)
    assert {notice.state for notice in notices(faulty)} <= {"sent", "cancelled", "queued"}


@pytest.mark.parametrize("fault", [Fault.DIES_BEFORE_ACTION, Fault.DIES_IN_ACTION, Fault.DIES_AFTER_ACTION])
def test_a_run_that_dies_in_its_work_leaves_the_same_things_done(fault: Fault) -> None:
    def done(faulty: Faulty) -> Counter[tuple[Any, ...]]:
        return Counter((event.kind, event.gate, event.scope) for event in faulty.events() if event.phase)

    assert done(struck(Strike(fault, 4))) == done(play(Scenario()))


def test_after_three_months_standstill_only_the_latest_rung_of_a_ladder_is_told() -> None:
    faulty = struck(Strike(Fault.STANDSTILL, 3, 90 * DAY), temper=Temper.SILENT)
    ladder = [notice for notice in notices(faulty) if notice.rung and notice.key.startswith("needs/city-cedar/0/0/")]
    assert {notice.rung for notice in ladder} == {"T+14"}


def test_the_clock_set_back_in_the_night_in_which_the_clocks_change_anyway() -> None:
    """26 October 2025, 01:00 UTC: Brussels, Rome and Riga all see an hour twice."""
    faulty = struck(Strike(Fault.STANDSTILL, 3, 19 * DAY), Strike(Fault.CLOCK_BACK, 12, 90), start=date(2025, 10, 6), mentees=("LV",))
    assert faulty.standing.phase(1).completed_at is not None


def test_two_executors_with_one_plan_do_everything_once() -> None:
    faulty = struck(Strike(Fault.RIVAL, 1), Strike(Fault.RIVAL, 3), Strike(Fault.STALE_ROWS, 20), Strike(Fault.SLEEPER, 30, 20 * DAY))
    assert oracle.missed_twice(faulty.engine, "orchard") == []


def test_a_run_that_lost_its_phase_is_refused_and_the_phase_goes_on() -> None:
    assert struck(Strike(Fault.STALE_TOKEN, 2), Strike(Fault.STALE_TOKEN, 6)).standing.phase(1).state == "completed"


def test_answers_given_twice_at_once_or_late_count_once() -> None:
    faulty = struck(Strike(Fault.ANSWER_TWICE, 1), Strike(Fault.ANSWER_AT_ONCE, 3), Strike(Fault.ANSWER_LATE, 4, 10 * DAY), seed=2)
    assert not [event for event in faulty.events() if event.kind == "gate-reopened"]
    satisfied = Counter((event.gate, event.scope) for event in faulty.events() if event.kind == "gate-satisfied")
    assert set(satisfied.values()) == {1}


def test_a_mail_server_that_is_away_for_days_loses_nothing_that_is_still_wanted() -> None:
    faulty = struck(Strike(Fault.MAIL_AWAY, 2, DAY // 2), Strike(Fault.MAIL_DROPPED_ARRIVED, 5))
    assert not notices(faulty, state="failed")
    assert len(faulty.boxes.repeatable) == 1


def test_a_channel_that_takes_nothing_for_ten_days_then_gets_only_the_latest_rung_of_each_ladder() -> None:
    faulty = struck(Strike(Fault.MAIL_PAUSED, 7, 10 * DAY), temper=Temper.SILENT)
    dropped = [notice for notice in notices(faulty, state="cancelled") if notice.rung]
    assert dropped
    assert not [notice for notice in dropped if notice.attempts]
