"""Launching: once, not in the past, with the gates that are known; those of pairs come with the pairs."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine

from models.database import changing, reading
from models.doors.launching import confirm_pairs, first_shared_day, launch
from models.errors import Refused
from models.events import EventKind
from models.method import AFTER_MATCHING, METHOD
from models.standing import load
from tests.factories import definition
from tests.models.conftest import At
from tests.world import LAUNCH, World, at_once, launched

LATE = datetime(2024, 3, 29, 23, tzinfo=UTC)


def relaunch(world: World) -> None:
    with changing(world.engine) as session:
        launch(session, definition(), world.now)


def test_launching_twice_is_refused_plainly_and_changes_nothing(world: World) -> None:
    before = world.rows()
    with pytest.raises(Refused, match="was launched on 04 March 2024 already"):
        relaunch(world)
    assert world.rows() == before


def test_of_two_launches_at_once_one_succeeds_and_the_other_is_refused_plainly(engine: Engine) -> None:
    outcomes = at_once(*[lambda: launched(engine, settled=False)] * 2)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "Refused"]
    assert len(World(engine).events(EventKind.PROGRAMME_LAUNCHED)) == 1


def test_a_start_in_the_past_is_refused_and_nothing_is_stored(sqlite_engine: Engine) -> None:
    with pytest.raises(Refused, match="2024-03-03 lies in the past"), changing(sqlite_engine) as session:
        launch(session, definition(), LAUNCH, start_on=date(2024, 3, 3))
    with reading(sqlite_engine) as session, pytest.raises(Refused, match="Launched: none"):
        load(session, "orchard")


def test_a_rehearsal_starts_in_the_past(sqlite_engine: Engine) -> None:
    with changing(sqlite_engine) as session:
        standing = launch(session, definition(), LAUNCH, start_on=date(2020, 6, 17), rehearsal=True)
        assert standing.programme.start_on == date(2020, 6, 17)
        assert standing.programme.rehearsal


@pytest.mark.parametrize(
    ("today", "start_on"),
    [
        (date(2024, 3, 8), date(2024, 3, 11)),  # over a weekend
        (date(2024, 4, 24), date(2024, 4, 26)),  # over Italy's 25 April
        (date(2024, 4, 30), date(2024, 5, 3)),  # over 1 May, and 2 May in Madrid
    ],
)
def test_a_programme_starts_on_the_next_day_everybody_works(today: date, start_on: date) -> None:
    assert first_shared_day(definition(), today) == start_on


def test_the_historical_dates_hold_only_on_the_historical_start(sqlite_engine: Engine) -> None:
    phases = [{"number": number, "week": 10 * number, "historical_on": date(2024, 5, number + 5)} for number in range(1, 8)]
    programme = definition(historical_start=date(2024, 3, 4), phases=phases)
    with changing(sqlite_engine) as session:
        then = launch(session, programme, LAUNCH, start_on=date(2024, 3, 4))
        other = launch(session, programme.model_copy(update={"id": "grove"}), LAUNCH, start_on=date(2024, 3, 11))
        assert then.phase(2).planned_on == date(2024, 5, 7)
        assert other.phase(2).planned_on == date(2024, 7, 29)


def test_gates_of_cities_exist_at_launch_and_those_of_pairs_only_once_the_pairs_are_confirmed(at: At) -> None:
    known = {key for key, spec in METHOD.gates.items() if spec.over not in AFTER_MATCHING}
    before = at("matching-approval")
    with before.looking() as standing:
        assert {gate.key for gate in standing.programme.gates} == known
    before.decide("matching-approval", "programme", "board")
    with before.looking() as standing:
        assert {gate.key for gate in standing.programme.gates} == set(METHOD.gates)
        assert {gate.scope for gate in standing.gates_of("pair-terms")} == {"pair-cedar", "pair-damson"}


def test_confirming_the_matching_makes_the_pairs_that_were_shown_and_plans_their_meetings(at: At) -> None:
    world = at("matching-approval")
    with world.looking() as standing:
        edition = standing.latest_edition("D1.2", "programme")
        assert edition is not None
        shown = {(pair["mentor"], pair["mentee"], pair["theme"]) for pair in edition.content["matching"]["pairs"]}
    world.decide("matching-approval", "programme", "board")
    with world.looking() as standing:
        assert {(pair.mentor, pair.mentee, pair.theme) for pair in standing.programme.pairs} == shown
        planned = {(meeting.key, meeting.scope) for meeting in standing.programme.meetings}
        assert planned == {("academy", "association-north-league")} | {
            (key, scope) for key in ("visit-1", "visit-2", "workshop", "visit-3") for scope in ("pair-cedar", "pair-damson")
        }
    assert {(event.scope, event.detail["mentee"]) for event in world.events(EventKind.MATCHING_CONFIRMED)} == {
        ("pair-cedar", "cedar"),
        ("pair-damson", "damson"),
    }


def test_pairs_are_confirmed_once(at: At) -> None:
    world = at("pair-agreement")
    with pytest.raises(Refused, match="confirmed already"), world.changing() as (session, standing):
        confirm_pairs(session, standing, world.now, [("alder", "damson", "work")])


def test_what_the_file_changes_about_a_gate_is_in_its_row(sqlite_engine: Engine) -> None:
    world = launched(sqlite_engine, definition(gates={"needs": {"policy": "extend", "weeks": 6}}))
    assert world.gate("needs", "city-cedar").policy == "extend"
    assert world.gate("needs", "city-cedar").due_on == date(2024, 4, 15)
    assert world.gate("profile", "city-cedar").policy == "escalate"


def test_the_first_event_is_the_launch_and_names_the_definition_in_force(world: World) -> None:
    first = world.events()[0]
    with world.looking() as standing:
        assert (first.kind, first.detail["definition"]) == ("programme-launched", standing.programme.definitions[0].sha256)


def test_an_error_after_the_launch_leaves_neither_programme_nor_event(engine: Engine) -> None:
    with pytest.raises(RuntimeError), changing(engine) as session:
        launch(session, definition(), LAUNCH)
        raise RuntimeError
    assert not any(World(engine).rows()[name] for name in ("programme", "gate", "event"))
