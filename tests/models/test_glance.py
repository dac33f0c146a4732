"""A glance reads a few rows and says the same as a whole standing: of every gate, organisation and scope, in any programme."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from models.advance import reviewed
from models.database import changing, reading
from models.definition import Role
from models.doors.answering import decide
from models.errors import Refused
from models.gates import Gate
from models.glance import glance
from models.manifest import last_published
from models.method import METHOD
from models.standing import Standing, load
from tests.factories import city, definition, organisations
from tests.faulty import Faulty
from tests.models.conftest import At
from tests.scenarios import Scenario, scenarios
from tests.world import DESK, World, approval, launched

Answers = dict[str, Any]
KEYS = list(METHOD.gates)


def ids(rows: Any) -> list[int] | None:
    return None if rows is None else [row.id for row in rows]


def refused(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except Refused as error:
        return str(error)


def of_gate(standing: Standing, gate_id: int) -> Answers:
    """What rules say of a gate."""
    gate = standing.gate_by_id(gate_id)
    assert gate is not None
    return {
        "before": ids(standing.predecessors(gate)),
        "free": standing.is_free(gate),
        "parties": refused(lambda: standing.parties(gate)),
        "open parties": refused(lambda: standing.open_parties(gate)),
        "anchor": standing.anchor_on(gate),
        "asked for": standing.asked_for(gate),
        "opens": standing.opens_on(gate),
        "near": ids(standing.gates_near(gate.scope, KEYS)),
        "same key": ids(standing.gates_of(gate.key)),
        "found": refused(lambda: standing.gate(gate.key, gate.scope).id),
        "not found": refused(lambda: standing.gate(gate.key, "city-nowhere")),
        "decisions": ids(gate.decisions),
        "promises": ids(standing.promises_at(gate)),
        "requests": ids(standing.requests_at(gate)),
        "editions": [ids(standing.editions_of(number, scope)) for number, scope in reviewed(standing, gate)],
    }


def of_organisation(standing: Standing, slug: str) -> Answers:
    """What rules say of an organisation."""
    organisation = standing.organisation(slug)
    return {
        "name": organisation.name,
        "mailboxes": [[item.mailbox for item in organisation.reached_at(role)] for role in Role],
        "asked": [(gate.id, party) for gate, party in standing.asked_of(slug)],
    }


def of_all(standing: Standing) -> Answers:
    """What rules say of the programme, and of its scopes."""
    scopes = standing.all_scopes()
    return {
        "gates": ids(standing.all_gates()),
        "phases": [ids(standing.gates_in(number)) for number in range(1, 8)],
        "scopes": {scope: (ids(standing.gates_within([scope])), ids(standing.editions_within([scope]))) for scope in scopes},
        "some scopes": ids(standing.gates_within(scopes[::2])),
        "published": {scope: ids(last_published(standing, [scope])) for scope in scopes} | {"all": ids(last_published(standing))},
        "files": [ids(item.files) for item in standing.editions_within()],
        "unsent": standing.unsent,
        "today": standing.today(standing.programme.launched_at),
    }


def compare(engine: Engine, programme: str) -> int:
    """Ask both everything, each time of a glance that has read nothing yet, and of one that has read much; how many gates there were."""
    with reading(engine) as session:
        whole = load(session, programme)
        asks: list[Callable[[Standing], Answers]] = [partial(of_gate, gate_id=gate.id) for gate in whole.programme.gates]
        asks += [partial(of_organisation, slug=item.slug) for item in whole.definition.organisations]
        expected = [ask(whole) for ask in [*asks, of_all]]
    for ask, answer in zip([*asks, of_all], expected, strict=True):
        with reading(engine) as session:
            assert ask(glance(session, programme)) == answer, ask
    with reading(engine) as session:
        used = glance(session, programme)
        assert [ask(used) for ask in [*asks, of_all]] == expected
    return len(whole.programme.gates)


@pytest.mark.parametrize("stage", ["matching-approval", "visit-1-agenda-approval", "closed"])
def test_a_glance_says_the_same_as_the_whole(at: At, stage: str) -> None:
    world = at(stage)
    assert compare(world.engine, world.programme) > 50


@settings(
    max_examples=2, derandomize=True, database=None, deadline=None, phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(scenarios(most=0, small=True))
def test_a_glance_says_the_same_as_the_whole_in_any_programme(scenario: Scenario) -> None:
    with tempfile.TemporaryDirectory() as folder:
        faulty = Faulty(scenario, Path(folder))
        faulty.watchful = False
        faulty.play()
        assert compare(faulty.engine, faulty.definition.id) > 20


def test_on_each_kind_of_database_a_glance_says_the_same(world: World) -> None:
    assert compare(world.engine, world.programme) > 20
    with changing(world.engine) as session:
        assert of_all(glance(session, world.programme, locked=True)) == of_all(load(session, world.programme))


# -- what it reads -----------------------------------------------------------------------------------------------------


@contextmanager
def gates_read() -> Iterator[list[int]]:
    """The ids of the gates that are read in this block."""
    read: list[int] = []

    def note(gate: Gate, _context: Any) -> None:
        read.append(gate.id)

    event.listen(Gate, "load", note)
    try:
        yield read
    finally:
        event.remove(Gate, "load", note)


@pytest.fixture
def large(sqlite_engine: Engine) -> World:
    """Twenty cities."""
    cast = [item for item in organisations() if item.kind != "city"]
    cast += [city(f"town-{number}", "mentor" if number % 2 else "mentee") for number in range(20)]
    return launched(sqlite_engine, definition(cast=cast))


def test_of_a_large_programme_a_glance_reads_the_gates_that_have_to_do_with_what_is_asked(large: World) -> None:
    with reading(large.engine) as session, gates_read() as read:
        standing = glance(session, large.programme)
        assert read == []
        gate = standing.gate("needs", "city-town-3")
        assert {item.scope for item in standing.gates_within(["city-town-3"])} == {"city-town-3"}
        assert len(read) < 20
        assert standing.parties(gate)[0].organisation == "town-3"
        assert standing.predecessors(gate) == []
        assert len(read) < 50
        standing.asked_of("town-3")
        assert len(read) < 50
        assert len(standing.all_gates()) > 200


def test_a_gate_of_another_programme_is_none_of_this_one(small: World) -> None:
    launched(small.engine, definition(id="grove"), settled=False)
    with reading(small.engine) as session:
        there = load(session, "grove").gates_of("needs")[0]
        here = glance(session, small.programme)
        assert here.gate_by_id(there.id) is None
        assert there.id not in {gate.id for gate in [*here.gates_of("needs"), *here.gates_within([there.scope]), *here.all_gates()]}


def test_gates_that_are_made_meanwhile_are_seen_after_a_refresh(small: World) -> None:
    with changing(small.engine) as session:
        standing = glance(session, small.programme)
        before = len(standing.gates_of("needs"))
        first = standing.gates_of("needs")[0]
        session.add(Gate(programme_id=small.programme, phase=1, key="needs", scope="city-elm", policy=first.policy, told=[]))
        standing.refresh()
        assert len(standing.gates_of("needs")) == before + 1
        assert len(standing.gates_within(["city-elm"])) == 1
        session.rollback()


# -- what it is not for --------------------------------------------------------------------------------------------------


def test_doors_that_decide_take_no_glance_and_leave_nothing_behind(at: At) -> None:
    world = at("needs-approval")
    before = world.rows()
    with pytest.raises(RuntimeError, match="decides on all its rows"), changing(world.engine) as session:
        _approve(session, glance(session, world.programme, locked=True), world)
    assert world.rows() == before
    with changing(world.engine) as session:
        _approve(session, load(session, world.programme, locked=True), world)
    assert world.rows() != before


def _approve(session: Session, standing: Standing, world: World) -> None:
    gate = next(gate for gate in standing.gates_of("needs-approval") if gate.is_open)
    decide(session, standing, gate, standing.parties(gate)[0], approval(standing, gate, world.now), DESK, world.now)


def test_a_programme_that_is_not_there_is_refused(small: World) -> None:
    with reading(small.engine) as session, pytest.raises(Refused, match=r"No programme 'grove' has been launched\. Launched: orchard"):
        glance(session, "grove")
