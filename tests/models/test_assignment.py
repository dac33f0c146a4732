"""The matching against brute force on small random networks: optimum, ties, runner-up, order of input and sensitivity."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.assignment import NONE, Network
from models.definition import Matching, Side, Theme
from models.matching import MICRO, CityFacts, NoMatching, match
from models.matching_result import Result

THEMES = (Theme(slug="work", title="Decent work"), Theme(slug="tongue", title="Learning the language"))


def keys(result: Result) -> list[tuple[str, str]]:
    return [(pair.mentee, pair.mentor) for pair in result.pairs]


levels = st.sampled_from([0.0, 0.5, 1.0])
by_theme = st.fixed_dictionaries({"work": levels, "tongue": levels})


@st.composite
def networks(draw: st.DrawFn) -> list[CityFacts]:
    """Up to three mentors, three mentees and two that may be either, on a coarse scale so that ties are common."""
    sides = [Side.MENTOR] * draw(st.integers(1, 3)) + [Side.MENTEE] * draw(st.integers(1, 3)) + [Side.EITHER] * draw(st.integers(0, 2))
    slugs = draw(st.permutations([f"c{n}" for n in range(len(sides))]))
    return [
        CityFacts(
            slug=slug,
            name=slug,
            country=draw(st.sampled_from(["BE", "IT", "LV"])),
            side=side,
            capacity=draw(st.integers(1, 2)),
            needs=draw(by_theme),
            strengths=draw(by_theme),
            wishes=draw(st.sampled_from([(), ("work",), ("tongue",)])),
            vetoes=frozenset(draw(st.sets(st.sampled_from(slugs), max_size=1))),
        )
        for slug, side in zip(slugs, sides, strict=True)
    ]


weights = st.builds(Matching, language=st.just(0.0), preference=st.sampled_from([0.0, 0.5]), different_country=st.booleans())

Ranked = tuple[int, int, tuple[tuple[str, str], ...]]


def every_matching(cities: list[CityFacts], worth: dict[tuple[str, str], int]) -> list[Ranked]:
    """Every matching there is, best first: highest total, most pairs, first by slug."""
    who = {city.slug: city for city in cities}
    choices = []
    for city in cities:
        mentors: list[str | None] = [one for to, one in worth if to == city.slug]
        choices.append([None] if city.side is Side.MENTOR else mentors if city.side is Side.MENTEE else [None, *mentors])
    found = []
    for chosen in product(*choices):
        pairs = tuple(sorted((city.slug, one) for city, one in zip(cities, chosen, strict=True) if one))
        mentors_of = [one for _, one in pairs]
        if all(mentors_of.count(one) <= who[one].capacity for one in mentors_of) and not set(mentors_of) & {to for to, _ in pairs}:
            found.append((-sum(worth[pair] for pair in pairs), -len(pairs), pairs))
    return sorted(found)


def may_pair(one: CityFacts, other: CityFacts, weighing: Matching) -> bool:
    sides = one is not other and one.side is not Side.MENTEE and other.side is not Side.MENTOR
    vetoed = one.slug in other.vetoes or other.slug in one.vetoes
    return sides and not vetoed and not (weighing.different_country and one.country == other.country)


def worth_of(result: Result) -> dict[tuple[str, str], int]:
    return {(cell.mentee, cell.mentor): round(cell.score * MICRO) for cell in result.matrix if not cell.forbidden}


@settings(max_examples=60, deadline=None)
@given(networks(), weights)
def test_the_matching_is_the_one_brute_force_finds(cities: list[CityFacts], weighing: Matching) -> None:
    try:
        result = match(cities, THEMES, weighing)
    except NoMatching:
        worth = {(one.slug, other.slug): 0 for one in cities for other in cities if may_pair(other, one, weighing)}
        assert every_matching(cities, worth) == []
        return
    best, *others = every_matching(cities, worth_of(result))
    assert tuple(keys(result)) == best[2]
    assert round(result.total * MICRO) == -best[0]
    assert result.ties == any(other[:2] == best[:2] for other in others)  # of equal totals, more pairs are better and no tie
    differing = [other for other in others if not set(best[2]) <= set(other[2])]
    assert (result.runner_up is None) == (not differing)
    if result.runner_up:
        assert (round(result.runner_up.total * MICRO), [(pair.mentee, pair.mentor) for pair in result.runner_up.pairs]) == (
            -differing[0][0],
            list(differing[0][2]),
        )


@settings(max_examples=60, deadline=None)
@given(networks(), weights, st.randoms(use_true_random=False))
def test_the_order_of_the_cities_does_not_matter(cities: list[CityFacts], weighing: Matching, shuffler: random.Random) -> None:
    try:
        content = match(cities, THEMES, weighing).as_content()
    except NoMatching:
        assume(False)
    shuffler.shuffle(cities)
    assert match(cities, THEMES, weighing).as_content() == content


@settings(max_examples=60, deadline=None)
@given(networks(), weights)
def test_a_pair_stands_until_its_score_has_fallen_by_what_the_sensitivity_says(cities: list[CityFacts], weighing: Matching) -> None:
    try:
        result = match(cities, THEMES, weighing)
    except NoMatching:
        assume(False)
    worth = worth_of(result)
    for item in result.sensitivity:
        pair = (item.mentee, item.mentor)
        if item.drop is None:
            assert all(pair in other[2] for other in every_matching(cities, worth))
            continue
        drop = round(item.drop * MICRO)
        after = every_matching(cities, worth | {pair: worth[pair] - drop - 1})[0]
        assert pair not in after[2]
        if drop:
            assert pair in every_matching(cities, worth | {pair: worth[pair] - drop + 1})[0][2]


@pytest.mark.parametrize("seed", range(40))
def test_what_is_best_without_each_pair_is_what_solving_anew_without_it_finds(seed: int) -> None:
    rng = random.Random(seed)
    mentors = {f"m{n}": rng.randint(1, 3) for n in range(rng.randint(2, 7))}
    either = [f"e{n}" for n in range(rng.randint(0, 3))]
    mentees = [f"t{n}" for n in range(rng.randint(1, max(1, sum(mentors.values()) - 2)))]
    seats = mentors | dict.fromkeys(either, 1)
    pairs = [(to, by) for to in (*mentees, *either) for by in seats if to != by and rng.random() < 0.7]
    values = {pair: rng.choice((0, 1, 2, rng.randint(3, 50))) for pair in pairs}
    network = Network(values, seats, mentees, either)
    found = network.best()
    if found is None:
        assert network.conflict() != ((), ())
        return
    for pair, other in network.without_each(found.pairs).items():
        anew = Network({key: value for key, value in values.items() if key != pair}, seats, mentees, either).best()
        assert (other and other.rank) == (anew and anew.rank)
        assert other is None or (pair not in other.pairs and sum(values[key] for key in other.pairs) == other.value)
        assert (network.best(NONE, frozenset({pair})) or found).rank == (other or found).rank
