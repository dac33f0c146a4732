"""What is to be done next, and when: the pure step that flows, sweep and rehearsal carry out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models.advance import PHASE_WORK, PUBLICATION, SWEEP_WORK, Action, Do, advance, for_phase, next_at, waits_for_run
from models.database import connect, reading
from models.doors import steering
from models.doors.opening import perform
from models.events import EventKind, history
from models.rows import create_all
from models.standing import Standing, load
from tests.factories import city, definition
from tests.models.conftest import STAGES, At
from tests.world import LAUNCH, World, closed, due, launched, one_pair

SECOND = timedelta(seconds=1)
CEDAR = "city-cedar"


def kinds(actions: list[Action]) -> list[Do]:
    return [action.do for action in actions]


def told(world: World, gate: str) -> list[str | None]:
    """The rungs of Cedar's ladder so far."""
    rungs = [
        notice.rung
        for notice in world.notices(mailbox="project-lead@cedar.example")
        if notice.rung and notice.gate_id == world.gate(gate, CEDAR).id
    ]
    return list(dict.fromkeys(rungs))


# -- pure, and safe to repeat ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", [*STAGES, "closed"])
def test_looking_ahead_changes_no_row_and_says_the_same_again(at: At, stage: str) -> None:
    world = at(stage)
    later = world.now + timedelta(days=40)
    with reading(world.engine) as session:
        standing = load(session, world.programme)
        first = advance(standing, world.now), advance(standing, later), next_at(standing, world.now)
        assert not session.new
        assert not session.dirty
        assert (advance(standing, world.now), advance(standing, later), next_at(standing, world.now)) == first


@dataclass
class Stubborn:
    """A whole programme in which every action is carried out twice, with a city that finds no partner."""

    changed: list[Action] = field(default_factory=list)
    done: set[Do] = field(default_factory=set)

    def settle(self, session: Session, standing: Standing, now: datetime) -> None:
        while actions := due(session, standing, now):
            for action in actions:
                perform(session, standing, action, now)
                session.flush()
                perform(session, standing, action, now)
                self.done.add(action.do)
                if session.new or any(session.is_modified(row) for row in session.dirty):
                    self.changed.append(action)
                    session.flush()


@pytest.fixture(scope="module")
def stubborn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stubborn, World]]:
    smallest, spare = one_pair(gates={"needs": {"policy": "extend"}}), city("elder", "mentor", languages=["en"])
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('stubborn')}/programme.db")
    create_all(engine)
    world, twice = (
        launched(engine, smallest.model_copy(update={"organisations": [*smallest.organisations, spare]}), settled=False),
        Stubborn(),
    )
    with world.changing() as (session, standing):
        for days in range(0, 40, 3):  # weeks of silence first
            world.now = LAUNCH + timedelta(days=days)
            twice.settle(session, standing, world.now)
    world.play(closed, settling=twice.settle)
    yield twice, world
    engine.dispose()


def test_carrying_out_an_action_a_second_time_changes_nothing(stubborn: tuple[Stubborn, World]) -> None:
    twice, _ = stubborn
    assert twice.done == set(Do)
    assert twice.changed == []


def test_a_city_that_was_left_without_a_pair_does_not_hold_up_the_programme(stubborn: tuple[Stubborn, World]) -> None:
    with stubborn[1].looking() as standing:
        assert [(pair.mentor, pair.mentee) for pair in standing.programme.pairs] == [("alder", "cedar")]
        assert standing.gate("lessons", "city-elder").is_satisfied
        assert standing.programme.closed_at is not None


def test_an_action_that_is_no_longer_due_changes_nothing(small: World) -> None:
    small.wait_days(7)
    gate = small.gate("needs", CEDAR)
    small.contribute("needs", CEDAR)
    before = small.rows()
    phase, key, scope = gate.phase, gate.key, gate.scope
    for action in (
        Action(Do.OPEN_PHASE, 1),
        Action(Do.OPEN_GATE, phase, key, scope),
        Action(Do.OPEN_GATE, phase, "needs-approval", CEDAR),
        Action(Do.MISS_DEADLINE, phase, key, scope),
        Action(Do.RUN_OUT, phase, key, scope, "proceed-without"),
        Action(Do.TELL, phase, key, scope, "T-14:cedar:project-lead"),
        Action(Do.COMPLETE_PHASE, 1),
    ):
        small.perform(action)
        assert small.rows() == before, action


def test_a_deadline_that_was_moved_in_the_meantime_is_neither_missed_nor_run_out(sqlite_engine: Engine) -> None:
    world = launched(sqlite_engine, definition(gates={"needs": {"policy": "proceed-without"}}))
    late = world.now + timedelta(weeks=8)
    with world.looking() as standing:
        stale = [action for action in advance(standing, late) if action.gate == "needs" and action.scope == CEDAR]
    assert {Do.MISS_DEADLINE, Do.RUN_OUT} <= set(kinds(stale))
    with world.changing() as (session, standing):
        steering.extend(session, standing, standing.gate("needs", CEDAR), late.date() + timedelta(weeks=2), "", world.now)
    world.now = late
    world.perform(*(action for action in stale if action.do in (Do.MISS_DEADLINE, Do.RUN_OUT)))
    gate = world.gate("needs", CEDAR)
    assert gate.is_open
    assert not gate.missed
    assert not gate.expired


# -- what is due -------------------------------------------------------------------------------------------------------


def test_phase_1_opens_on_its_day_when_work_begins_and_its_first_gates_with_it(sqlite_engine: Engine) -> None:
    world = launched(sqlite_engine, settled=False)
    with world.looking() as standing:
        begins = standing.work_begins(date(2024, 3, 4))
        assert advance(standing, begins - SECOND) == []
        assert advance(standing, begins) == [Action(Do.OPEN_PHASE, 1)]
    world.now = begins
    world.perform(Action(Do.OPEN_PHASE, 1))
    assert {(action.do, action.gate) for action in world.due()} == {(Do.OPEN_GATE, "needs")}


def test_the_review_edition_is_built_before_the_approval_opens(small: World) -> None:
    small.contribute("needs", CEDAR)
    small.wait_days(15)
    assert small.due() == []
    small.contribute("profile", CEDAR)
    assert small.due() == [Action(Do.BUILD_REVIEW, 1, "needs-approval", CEDAR)]
    small.perform(*small.due())
    assert small.due() == [Action(Do.OPEN_GATE, 1, "needs-approval", CEDAR)]
    small.settle()
    built = [event.id for event in small.events(EventKind.EDITION_BUILT, scope=CEDAR)]
    asked = [event.id for event in small.events(EventKind.GATE_OPENED, gate="needs-approval", scope=CEDAR)]
    assert len(built) == 2  # assessment and infographic
    assert max(built) < asked[0]


def test_no_gate_ever_opens_before_those_it_waits_for_are_satisfied(at: At) -> None:
    world = at("closed")
    with reading(world.engine) as session:
        standing = load(session, world.programme)
        events = history(session, world.programme)
        order = {(event.kind, event.gate, event.scope): number for number, event in enumerate(events)}
        checked = 0
        for gate in standing.programme.gates:
            for before in standing.predecessors(gate) or []:
                checked += 1
                assert order["gate-satisfied", before.key, before.scope] < order["gate-opened", gate.key, gate.scope], gate.label
    assert checked > 300


def test_a_phase_completes_when_its_last_gate_is_satisfied_and_only_then_publishes(at: At) -> None:
    world = at("pair-agreement")
    assert not [action for action in world.due() if action.do is Do.COMPLETE_PHASE]
    with world.looking() as standing:
        asked = [(gate.scope, party.organisation) for gate in standing.gates_of("pair-agreement") for party in standing.parties(gate)]
    for scope, organisation in asked:
        world.decide("pair-agreement", scope, organisation)
    assert Action(Do.COMPLETE_PHASE, 1) in world.due()
    world.perform(Action(Do.COMPLETE_PHASE, 1))
    publish = [action for action in world.due() if action.do is Do.PUBLISH]
    assert [(action.subject, action.scope) for action in publish].count(("D1.2", "programme")) == 1
    assert {action.subject for action in publish} == {"D1.1", "D1.2", "D1.3", "D1.4"}


def test_phase_1_does_not_complete_before_the_pairs_exist(at: At) -> None:
    """Its gates for pairs are not there yet: that all gates there are be satisfied is not enough."""
    world = at("matching-approval")
    with world.looking() as standing:
        for gate in standing.gates_in(1):
            gate.state = "satisfied"
        assert Action(Do.COMPLETE_PHASE, 1) not in advance(standing, world.now)


def test_every_kind_of_action_is_carried_out_by_exactly_one_executor() -> None:
    assert set(Do) == PHASE_WORK | SWEEP_WORK | PUBLICATION
    assert len(PHASE_WORK) + len(SWEEP_WORK) + len(PUBLICATION) == len(Do)


def test_a_phase_run_gets_the_work_of_its_own_phase_only(at: At) -> None:
    world = at("visit-1")
    world.now += timedelta(weeks=40)
    with world.looking() as standing:
        actions = advance(standing, world.now)
        assert {action.phase for action in for_phase(actions, 4)} <= {4}
        assert not set(kinds(for_phase(actions, 4))) - PHASE_WORK


def test_nothing_happens_in_a_held_phase_and_no_run_is_woken_for_it(small: World) -> None:
    small.contribute("needs", CEDAR)
    small.wait_days(15)
    small.contribute("profile", CEDAR)
    with small.looking() as standing:
        assert waits_for_run(standing, small.now) == {1}
    with small.changing() as (session, standing):
        steering.hold(session, standing, 1, small.now)
    small.now += timedelta(weeks=20)
    with small.looking() as standing:
        assert [action for action in advance(standing, small.now) if action.phase == 1] == []
        assert waits_for_run(standing, small.now) == set()


# -- time ----------------------------------------------------------------------------------------------------------


def test_nothing_becomes_due_before_the_next_moment_that_is_named(small: World) -> None:
    """Half a year of silence: a virtual clock that jumps misses nothing."""
    moments = 0
    with small.changing() as (session, standing):
        while small.now < datetime(2024, 9, 1, tzinfo=UTC):
            moment = next_at(standing, small.now)
            assert moment is not None
            assert moment > small.now
            assert advance(standing, moment - SECOND) == []
            small.now = moment
            for action in advance(standing, moment):
                perform(session, standing, action, moment)
            session.flush()
            assert advance(standing, moment) == []
            moments += 1
    assert moments > 100


def test_the_deadlines_own_day_is_still_in_time(small: World) -> None:
    """It is missed at midnight where the party asked lives: for Damson, in Riga, an hour before Cedar's."""
    small.wait(datetime(2024, 4, 1, 20, 59, 59, tzinfo=UTC))
    due_on = {small.gate("needs", scope).due_on for scope in (CEDAR, "city-damson")}
    assert due_on == {date(2024, 4, 2)}  # four weeks on is Easter Monday
    small.wait(datetime(2024, 4, 2, 20, 59, 59, tzinfo=UTC))
    assert not small.gate("needs", "city-damson").missed
    small.wait(datetime(2024, 4, 2, 21, tzinfo=UTC))
    assert small.gate("needs", "city-damson").missed
    assert not small.gate("needs", CEDAR).missed
    small.wait(datetime(2024, 4, 2, 22, tzinfo=UTC))
    assert small.gate("needs", CEDAR).missed


def test_a_missed_deadline_is_recorded_once(small: World) -> None:
    small.wait_days(60)
    missed = small.events(EventKind.DEADLINE_MISSED, gate="needs", scope=CEDAR)
    assert [event.detail["owing"] for event in missed] == [["cedar:project-lead"]]


def test_the_ladder_is_climbed_rung_by_rung_while_nobody_answers(small: World) -> None:
    small.wait_days(60)
    assert told(small, "needs") == ["T-14", "T-7", "T-1", "T+1", "T+3"]
    assert {notice.rung for notice in small.notices(mailbox="coordinator@alliance.example", kind="escalation")} == {"T+7"}
    assert {notice.rung for notice in small.notices(mailbox="steering-committee@board.example", kind="escalation")} == {"T+14"}


def test_after_a_standstill_only_the_latest_rung_is_told(small: World) -> None:
    small.oversleep(35)
    assert told(small, "needs") == ["T+3"]


def test_no_rung_is_told_once_the_form_is_in(small: World) -> None:
    small.wait_days(20)
    so_far = told(small, "needs")
    assert so_far == ["T-14"]
    small.contribute("needs", CEDAR)
    small.wait_days(60)
    assert told(small, "needs") == so_far


def test_who_has_decided_is_reminded_no_more_and_the_other_still_is(at: At) -> None:
    world = at("pair-agreement")
    world.decide("pair-agreement", "pair-cedar", "cedar")
    gate = world.gate("pair-agreement", "pair-cedar")
    world.wait_days(60)
    owing = {notice.detail["owing"].partition(":")[0] for notice in world.notices(gate_id=gate.id) if notice.rung}
    assert len(owing) == 1
    assert "cedar" not in owing


def test_the_coordinators_digest_comes_once_on_a_working_day_at_half_past_eight(small: World) -> None:
    small.wait_days(14)
    mornings = [notice.due_at for notice in small.notices(kind="digest")]
    assert mornings == sorted(set(mornings))
    assert all((moment.hour, moment.minute, moment.weekday() < 5) == (7, 30, True) for moment in mornings)


# -- the end ---------------------------------------------------------------------------------------------------------


def test_closure_waits_for_every_other_gate(at: At) -> None:
    world = at("closure")
    with world.looking() as standing:
        assert {gate.key for gate in standing.programme.gates if not gate.is_satisfied} == {"closure"}
        for other in standing.programme.gates:
            if other.key != "closure":
                other.state = "pending"
                assert not standing.is_free(standing.gate("closure", "programme")), other.label
                other.state = "satisfied"


def test_the_programme_closes_when_everything_is_published_and_no_notice_is_on_its_way(at: At) -> None:
    world = at("closure")
    world.decide("closure", "programme", "alliance")
    world.settle()
    with world.looking() as standing:
        assert standing.unsent > 0
        assert advance(standing, world.now) == []
        standing.unsent = 0
        assert advance(standing, world.now) == [Action(Do.CLOSE)]


def test_after_closure_nothing_is_due_any_more(at: At) -> None:
    world = at("closed")
    with world.looking() as standing:
        for days in (0, 1, 30, 3000):
            assert advance(standing, world.now + timedelta(days=days)) == []
        assert next_at(standing, world.now) is None


def test_the_closure_is_the_last_event_and_the_last_gate(at: At) -> None:
    events = at("closed").events()
    assert events[-1].kind == EventKind.PROGRAMME_CLOSED
    assert [event.gate for event in events if event.kind == EventKind.GATE_SATISFIED][-1] == "closure"


def test_academies_open_after_the_third_visit_while_phase_7_is_under_way(at: At) -> None:
    events = at("closed").events()
    at_ = {(event.kind, event.phase, event.gate): number for number, event in enumerate(events)}
    assert at_["gate-satisfied", 7, "visit-3"] < at_["gate-opened", 6, "academy"]
    assert at_["phase-opened", 7, None] < at_["gate-opened", 6, "academy"] < at_["phase-completed", 7, None]
    assert at_["phase-opened", 7, None] < at_["phase-completed", 6, None]
