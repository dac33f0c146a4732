"""What a matching says it hangs on, checked by doing it: change the data as it says and the result changes, by less and it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.contribution_file import read_contribution, sample_paths
from models.contribution_kinds.facts import city_facts
from models.definition import Matching, Side, Theme
from models.matching import MICRO, CityFacts, NoMatching, Override, _Settled, match
from models.matching_result import Chosen, Result
from models.matching_scores import LEVELS, Scoring, by_slug
from tests.models.generated_run import INCLUCITIES, inclucities
from tests.models.test_assignment import THEMES, every_matching, networks, weights, worth_of

REAL = {
    ("brussels", "saint-jean-de-la-ruelle", "needs-assessment-gender"),
    ("mechelen", "capaci", "city-for-all"),
    ("fuenlabrada", "livadia", "employment"),
    ("schaerbeek", "jelgava", "language-learning"),
}


def chosen(result: Result) -> tuple[Chosen, ...]:
    return tuple((pair.mentor, pair.mentee, pair.theme) for pair in result.pairs)


def changed(cities: list[CityFacts], slug: str, what: str, theme: str, level: int) -> list[CityFacts]:
    """The same cities with one answer at another level."""
    return [city if city.slug != slug else _with(city, what, theme, level / LEVELS) for city in cities]


def _with(city: CityFacts, what: str, theme: str, value: float) -> CityFacts:
    if what == "need":
        return replace(city, needs={**city.needs, theme: value})
    return replace(city, strengths={**city.strengths, theme: value})


def every_answer(cities: list[CityFacts]) -> Iterator[tuple[str, str, str, int]]:
    for city in cities:
        for what, values in (("need", city.needs), ("strength", city.strengths)):
            yield from ((city.slug, what, theme, round(value * LEVELS)) for theme, value in values.items() if value)


fifths = st.sampled_from([level / LEVELS for level in range(LEVELS + 1)])


@st.composite
def answered(draw: st.DrawFn) -> list[CityFacts]:
    """A small random network whose needs and strengths are answers from 1 to 5, or none."""
    by_theme = st.fixed_dictionaries({theme.slug: fifths for theme in THEMES})
    return [replace(city, needs=draw(by_theme), strengths=draw(by_theme)) for city in draw(networks())]


def pairs_of(cities: list[CityFacts], weighing: Matching) -> tuple[Chosen, ...]:
    """The pairs and nothing else, which is faster."""
    return _Settled(Scoring(by_slug(cities), THEMES, weighing), ()).chosen()


def matched(cities: list[CityFacts], weighing: Matching) -> Result:
    try:
        return match(cities, THEMES, weighing)
    except NoMatching:
        assume(False)
        raise


# -- answers


@settings(max_examples=40, deadline=None)
@given(answered(), weights)
def test_each_answer_it_names_changes_the_result_as_it_says(cities: list[CityFacts], weighing: Matching) -> None:
    result = matched(cities, weighing)
    assert result.answers is not None
    for change in result.answers.changes:
        then = pairs_of(changed(cities, change.city, change.what, change.theme, change.other), weighing)
        assert then != chosen(result)
        assert set(change.instead) == set(then) - set(chosen(result))
        assert abs(change.level - change.other) == result.answers.steps


@settings(max_examples=25, deadline=None)
@given(answered(), weights)
def test_no_answer_changes_the_result_by_fewer_levels_than_it_says(cities: list[CityFacts], weighing: Matching) -> None:
    result = matched(cities, weighing)
    assert result.answers is not None
    named = {(change.city, change.what, change.theme, change.other) for change in result.answers.changes}
    for slug, what, theme, level in every_answer(cities):
        for other in range(1, LEVELS + 1):
            if abs(other - level) <= (result.answers.steps or LEVELS) and (slug, what, theme, other) not in named:
                assert pairs_of(changed(cities, slug, what, theme, other), weighing) == chosen(result)


def test_a_network_too_large_to_try_every_answer_says_nothing_of_them() -> None:
    levels = [{"work": n / 80, "tongue": 1 - n / 80} for n in range(80)]
    sides = [Side.MENTOR, Side.MENTEE] * 40
    cities = [CityFacts(f"c{n:02}", f"C{n}", "BE", side, needs=levels[n], strengths=levels[n]) for n, side in enumerate(sides)]
    assert match(cities, THEMES, Matching()).answers is None


def test_of_several_answers_on_a_theme_it_speaks_of_the_highest() -> None:
    work = (Theme(slug="work", title="Decent work"),)
    cities = [
        CityFacts("alder", "Alder", "BE", Side.MENTOR, strengths={"work": 1.0}),
        CityFacts("birch", "Birch", "BE", Side.MENTOR, strengths={"work": 0.8}),
        CityFacts("cedar", "Cedar", "IT", Side.MENTEE, needs={"work": 1.0}),
    ]
    answers = match(cities, work, Matching(fit=1, language=0, size=0, preference=0)).answers
    assert answers is not None
    assert [change.says for change in answers.changes] == [
        "With the highest strength of Alder for Decent work at 3 instead of 5, the result would hold Birch with Cedar on Decent work."
    ]


# -- scores


@settings(max_examples=30, deadline=None)
@given(networks(), weights)
def test_the_runner_up_comes_with_the_change_it_names_and_not_with_less(cities: list[CityFacts], weighing: Matching) -> None:
    result = matched(cities, weighing)
    assume(result.runner_up is not None and result.runner_up.difference)
    assert result.runner_up is not None
    least = round(result.runner_up.difference * MICRO)
    assert {round(float(number) * MICRO) for number in re.findall(r"more than ([\d.]+) ", result.runner_up.says)} == {least}
    worth = worth_of(result)
    now, then = ({(pair.mentee, pair.mentor) for pair in pairs} for pairs in (result.pairs, result.runner_up.pairs))
    best = every_matching(cities, worth)[0][2]
    for pair, way in [*((pair, 1) for pair in then - now), *((pair, -1) for pair in now - then)]:
        assert every_matching(cities, worth | {pair: worth[pair] + way * (least + 1)})[0][2] != best
    for pair in worth:
        for way in (-1, 1):
            assert every_matching(cities, worth | {pair: worth[pair] + way * (least - 1)})[0][2] == best


def test_a_threshold_is_told_to_the_digit_that_decides() -> None:
    work = (Theme(slug="work", title="Decent work"),)
    cities = [
        CityFacts("alder", "Alder", "BE", Side.MENTOR, strengths={"work": 0.600001}),
        CityFacts("birch", "Birch", "BE", Side.MENTOR, strengths={"work": 0.6}),
        CityFacts("cedar", "Cedar", "IT", Side.MENTEE, needs={"work": 1.0}),
    ]
    result = match(cities, work, Matching(fit=1, language=0, size=0, preference=0))
    assert result.sensitivity[0].says == (
        "Alder with Cedar stands while its score of 0.6000 falls by less than 0.000001; beyond that Birch with Cedar is better."
    )
    assert result.as_content()["sensitivity"][0]["drop"] == 0.000001


# -- the samples of IncluCities


@cache
def real_cities() -> tuple[CityFacts, ...]:
    samples = [read_contribution(path, inclucities()) for path in sample_paths(INCLUCITIES) if path.name.startswith(("needs.", "profile."))]
    needs = {item.organisation: item.body for item in samples if item.gate == "needs"}
    profiles = {item.organisation: item.body for item in samples if item.gate == "profile"}
    return tuple(city_facts(inclucities(), needs, profiles))


def real_match(cities: list[CityFacts], overrides: tuple[Override, ...] = ()) -> Result:
    return match(cities, inclucities().themes, inclucities().matching, overrides)


def exchanged(cities: tuple[CityFacts, ...], one: str, other: str) -> list[CityFacts]:
    """The cities, two of which have exchanged what they said."""
    said = {city.slug: city for city in cities}
    swap = {one: said[other], other: said[one]}
    answers = ("needs", "strengths", "wishes", "languages", "population")
    return [
        city if city.slug not in swap else replace(city, **{name: getattr(swap[city.slug], name) for name in answers}) for city in cities
    ]


def test_the_real_pairs_come_of_the_samples_and_a_single_answer_does_not_part_them() -> None:
    result = real_match(list(real_cities()))
    assert set(chosen(result)) == REAL
    assert result.answers is not None
    assert result.answers.steps is None or result.answers.steps > 1


def test_mentors_that_exchange_their_answers_exchange_their_mentees() -> None:
    result = real_match(exchanged(real_cities(), "mechelen", "schaerbeek"))
    assert set(chosen(result)) == REAL - {
        ("mechelen", "capaci", "city-for-all"),
        ("schaerbeek", "jelgava", "language-learning"),
    } | {("schaerbeek", "capaci", "city-for-all"), ("mechelen", "jelgava", "language-learning")}


def test_mentees_that_exchange_their_answers_exchange_their_mentors() -> None:
    result = real_match(exchanged(real_cities(), "livadia", "capaci"))
    assert {("fuenlabrada", "capaci", "employment"), ("mechelen", "livadia", "city-for-all")} <= set(chosen(result))


def test_a_veto_between_the_cities_of_a_real_pair_parts_them() -> None:
    cities = [city if city.slug != "capaci" else replace(city, vetoes=frozenset({"mechelen"})) for city in real_cities()]
    assert "mechelen" not in {mentor for mentor, mentee, _ in chosen(real_match(cities)) if mentee == "capaci"}
