"""Where a programme stands: scopes that touch, who is asked, what comes before, the day a deadline counts from."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from models.database import reading
from models.definition import Role
from models.errors import Refused
from models.method import METHOD, Over
from models.standing import Party, Standing, load
from tests.models.conftest import At
from tests.world import World


@pytest.fixture
def matched(at: At) -> Standing:
    """Two pairs: Alder and Birch are the mentors of Cedar and Damson."""
    with at("pair-agreement").looking() as standing:
        return standing


def mentor_of(standing: Standing, mentee: str) -> str:
    pair = standing.pair_of(f"pair-{mentee}")
    assert pair is not None
    return pair.mentor


def test_a_programme_that_was_not_launched_is_refused_with_those_that_were(world: World) -> None:
    with reading(world.engine) as session, pytest.raises(Refused, match=r"No programme 'grove' has been launched\. Launched: orchard"):
        load(session, "grove")


def test_a_gate_that_is_not_there_is_refused_with_those_that_are(small: World) -> None:
    with small.looking() as standing:
        with pytest.raises(Refused, match=r"no gate 'needs' for 'city-elm'\. Its scopes: city-alder, city-birch, city-cedar, city-damson"):
            standing.gate("needs", "city-elm")
        with pytest.raises(Refused, match="Its scopes: none yet"):
            standing.gate("pair-terms", "pair-cedar")


def test_scopes_touch_when_they_have_a_pair_in_common(matched: Standing) -> None:
    mentor, other = mentor_of(matched, "cedar"), mentor_of(matched, "damson")
    pair = matched.pair_of("pair-cedar")
    assert pair is not None
    for one, another, touches in (
        ("programme", "city-cedar", True),
        ("city-cedar", "city-cedar", True),
        ("city-cedar", f"city-{mentor}", False),
        ("pair-cedar", "city-cedar", True),
        ("pair-cedar", f"city-{mentor}", True),
        ("pair-cedar", f"city-{other}", False),
        ("pair-cedar", "pair-damson", False),
        ("pair-cedar", f"theme-{pair.theme}", True),
        ("city-cedar", f"theme-{pair.theme}", True),
        ("association-south-league", "city-cedar", True),
        ("association-north-league", "city-cedar", False),
        ("association-south-league", "pair-cedar", True),
    ):
        assert matched.touch(one, another) is touches, (one, another)
        assert matched.touch(another, one) is touches, (another, one)


def test_each_reach_has_its_scopes(matched: Standing, small: World) -> None:
    assert matched.scopes(Over.CITY) == ["city-alder", "city-birch", "city-cedar", "city-damson"]
    assert matched.scopes(Over.ASSOCIATION) == ["association-north-league", "association-south-league"]
    assert matched.scopes(Over.ACADEMY) == ["association-north-league"]
    assert matched.scopes(Over.MENTEE) == ["city-cedar", "city-damson"]
    assert matched.scopes(Over.PAIR) == ["pair-cedar", "pair-damson"]
    with small.looking() as standing:
        assert [standing.scopes(over) for over in (Over.MENTEE, Over.PAIR, Over.THEME)] == [[], [], []]


def test_what_waits_for_gates_of_pairs_has_no_known_predecessors_before_the_matching(small: World) -> None:
    with small.looking() as standing:
        for gate in standing.programme.gates:
            behind_pairs = any(METHOD.gates[key].over in (Over.PAIR, Over.MENTEE, Over.THEME) for key in gate.spec.after if key != "*")
            assert (standing.predecessors(gate) is None) == (behind_pairs or gate.spec.after == ("*",)), gate.label


def test_a_gate_waits_for_those_of_its_own_scope_only(matched: Standing) -> None:
    before = matched.predecessors(matched.gate("benchmark-pair", "pair-cedar"))
    assert before is not None
    assert {gate.label for gate in before} == {"benchmark @ pair-cedar", "self-assessment @ city-cedar"}


def test_the_closure_waits_for_everything_else(matched: Standing) -> None:
    closure = matched.gate("closure", "programme")
    before = matched.predecessors(closure)
    assert before is not None
    assert len(before) == len(matched.programme.gates) - 1
    assert closure not in before


def test_who_is_asked_follows_from_the_scope_and_the_meeting(matched: Standing) -> None:
    mentor = mentor_of(matched, "cedar")
    assert matched.parties(matched.gate("pair-agreement", "pair-cedar")) == (Party(mentor, Role.LEAD), Party("cedar", Role.LEAD))
    assert matched.parties(matched.gate("visit-1", "pair-cedar")) == (Party(mentor, Role.LEAD),)
    assert matched.parties(matched.gate("visit-1-report", "pair-cedar")) == (Party("cedar", Role.LEAD),)
    assert matched.parties(matched.gate("academy", "association-north-league")) == (Party("north-league", Role.ASSOCIATION),)
    assert matched.parties(matched.gate("closure", "programme")) == (Party("alliance", Role.COORDINATOR),)


def test_every_gate_asks_somebody_who_exists(matched: Standing) -> None:
    slugs = {item.slug for item in matched.definition.organisations}
    for gate in matched.programme.gates:
        assert matched.parties(gate)
        assert {party.organisation for party in matched.parties(gate)} <= slugs


def test_a_deadline_counts_from_the_latest_of_several(matched: Standing) -> None:
    """The lessons of a programme gate wait for the last pair's visit; a pair's own wait for its own."""
    visits = matched.gates_of("visit-3")
    visits[0].happened_on = date(2026, 1, 12)
    assert matched.anchor_on(matched.gate("synthesis", "programme")) is None
    visits[1].happened_on = date(2026, 1, 19)
    assert matched.anchor_on(matched.gate("synthesis", "programme")) == date(2026, 1, 19)
    assert matched.anchor_on(matched.gate("plan-final", visits[0].scope.replace("pair-", "city-"))) == date(2026, 1, 12)


def test_a_deadline_of_a_phase_counts_from_the_day_it_opened(small: World) -> None:
    with small.looking() as standing:
        assert standing.anchor_on(standing.gate("matching", "programme")) == date(2024, 3, 4)
        assert standing.anchor_on(standing.gate("stakeholders", "city-cedar")) is None


def test_the_file_changes_how_many_weeks_a_gate_gets(matched: Standing) -> None:
    gate = matched.gate("matching", "programme")
    asked = matched.asked_for(gate)
    anchor = matched.anchor_on(gate)
    assert anchor is not None
    assert asked == anchor + timedelta(weeks=METHOD.gates["matching"].weeks)


def test_what_was_unsent_is_counted_when_a_programme_is_loaded(engine: Engine, world: World) -> None:
    with world.looking() as standing:
        assert standing.unsent == len(world.notices()) > 0
