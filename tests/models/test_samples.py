"""The sample contributions of IncluCities: there for every gate and organisation, and of one piece from phase to phase."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from models.contribution_file import ContributionFile, read_contribution, sample_paths
from models.contribution_kinds import schema
from models.method import METHOD, Over
from tests.models.generated_run import INCLUCITIES, inclucities

PAIRS = {pair.mentee: pair for pair in inclucities().historical_pairs}
THEMES = sorted(pair.theme for pair in PAIRS.values())
ROUND = 10
PLANS = ("plan-draft", "plan-revised", "plan-final")


@cache
def samples(language: str = "en") -> Mapping[tuple[str, str, str], ContributionFile]:
    """By gate, scope and organisation."""
    found = [read_contribution(path, inclucities()) for path in sample_paths(INCLUCITIES)]
    return {(item.gate, item.scope, item.organisation): item for item in found if item.language == language}


def body(gate: str, scope: str) -> dict[str, Any]:
    """The English body for that gate and scope."""
    return next(item.body for (key, where, _), item in samples().items() if (key, where) == (gate, scope))


def scopes(over: Over) -> list[str]:
    """The scopes that the real pairs make."""
    programme = inclucities()
    cities = [f"city-{city.slug}" for city in programme.cities]
    associations = [item for item in programme.organisations if item.kind == "association"]
    return {
        Over.PROGRAMME: ["programme"],
        Over.CITY: cities,
        Over.SHOP: [f"city-{city.slug}" for city in programme.cities if city.one_stop_shop],
        Over.MENTEE: [f"city-{slug}" for slug in PAIRS],
        Over.PAIR: [f"pair-{slug}" for slug in PAIRS],
        Over.ASSOCIATION: [f"association-{item.slug}" for item in associations],
        Over.ACADEMY: [f"association-{item.slug}" for item in associations if item.hosts_academy],
        Over.THEME: [f"theme-{slug}" for slug in THEMES],
    }[over]


ASKED = [(gate.key, scope) for gate in METHOD.gates.values() if gate.contribution for scope in scopes(gate.over)]


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every leaf of a body with the way to it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


@pytest.mark.parametrize(("gate", "scope"), ASKED)
def test_every_gate_and_scope_has_its_sample(gate: str, scope: str) -> None:
    assert [key for key in samples() if key[:2] == (gate, scope)]


def test_every_sample_says_that_it_is_illustrative() -> None:
    assert [item for item in samples().values() if not item.illustrative or item.generated] == []


def test_no_sample_names_a_telephone_number_or_an_address_that_could_be_real() -> None:
    said = [(item.gate, item.scope, path, leaf) for item in samples().values() for path, leaf in leaves(item.body)]
    texts = [row for row in said if isinstance(row[3], str)]
    phones = [row for row in texts if row[2][-1] == "phone" and row[3] != "112"]
    numbers = [row for row in texts if re.search(r"\+\d{2}|\b0\d{2,}[ /.-]?\d{3,}", row[3])]
    mailboxes = [row for row in texts if re.search(r"@(?![\w.-]+\.example\b)", row[3])]
    sites = [row for row in texts if re.search(r"https?://(?![\w.-]+\.example\b)", row[3])]
    assert (phones, numbers, mailboxes, sites) == ([], [], [], [])


def test_money_is_in_visibly_round_figures() -> None:
    money = [
        (item.gate, item.scope, path, leaf)
        for item in samples().values()
        for path, leaf in leaves(item.body)
        if path[-1] in ("staff", "other", "amount", "total") and isinstance(leaf, int) and leaf % (ROUND * 10)
    ]
    assert money == []


@pytest.mark.parametrize("mentee", PAIRS)
class TestAPair:
    def test_its_benchmark_and_terms_are_on_its_theme(self, mentee: str) -> None:
        theme = PAIRS[mentee].theme
        assert body("benchmark", f"pair-{mentee}")["theme"] == body("pair-terms", f"pair-{mentee}")["theme"] == theme
        assert any(need["theme"] == theme for need in body("needs", f"city-{mentee}")["needs"])

    def test_every_key_factor_is_rated_before_and_after_and_does_not_fall(self, mentee: str) -> None:
        factors = [factor["id"] for factor in body("benchmark", f"pair-{mentee}")["key_factors"]]
        before, after = (
            {row["key_factor"]: row["rating"] for row in body(gate, f"city-{mentee}")["ratings"]}
            for gate in ("self-assessment", "self-assessment-after")
        )
        assert list(before) == list(after) == factors
        assert all(before[factor] <= after[factor] for factor in factors)
        assert sum(before.values()) < sum(after.values())

    def test_what_refers_to_a_key_factor_means_one_of_its_benchmark(self, mentee: str) -> None:
        factors = {factor["id"] for factor in body("benchmark", f"pair-{mentee}")["key_factors"]}
        named = [
            (item.gate, leaf)
            for item in samples().values()
            if item.scope in (f"pair-{mentee}", f"city-{mentee}")
            for path, leaf in leaves(item.body)
            if leaf is not None and (path[-1] == "key_factor" or (path[-2:-1] == ("key_factors",) and isinstance(path[-1], int)))
        ]
        assert len(named) > len(factors)
        assert [row for row in named if row[1] not in factors] == []

    def test_actions_answer_needs_of_the_needs_assessment_by_their_titles(self, mentee: str) -> None:
        needs = {need["title"] for need in body("needs", f"city-{mentee}")["needs"]}
        for gate in PLANS:
            for action in body(gate, f"city-{mentee}")["actions"]:
                assert action["needs"], (gate, action["id"])
                assert set(action["needs"]) <= needs, (gate, action["id"])

    def test_the_plan_grows_and_keeps_its_ids(self, mentee: str) -> None:
        draft, revised, final = ([action["id"] for action in body(gate, f"city-{mentee}")["actions"]] for gate in PLANS)
        assert set(draft) <= set(revised) <= set(final)

    def test_the_costing_is_the_revised_plans(self, mentee: str) -> None:
        costs = {item["action"]: item["cost"] for item in body("costing", f"city-{mentee}")["items"]}
        drafted = {action["id"] for action in body("plan-draft", f"city-{mentee}")["actions"]}
        revised = {action["id"]: action["cost"] for action in body("plan-revised", f"city-{mentee}")["actions"]}
        assert drafted <= set(costs)
        assert {key: revised[key] for key in costs} == costs

    def test_indicators_keep_their_baseline(self, mentee: str) -> None:
        stages = [{action["id"]: action["indicator"]["baseline"] for action in body(gate, f"city-{mentee}")["actions"]} for gate in PLANS]
        for earlier, later in pairwise(stages):
            assert {key: later[key] for key in earlier} == earlier

    def test_the_mentors_practice_is_in_the_catalogue(self, mentee: str) -> None:
        mentor = PAIRS[mentee].mentor
        titles = {practice["title"] for practice in body("practices", f"city-{mentor}")["practices"]}
        used = {action["mentor_practice"] for action in body("plan-final", f"city-{mentee}")["actions"]} - {""}
        assert used
        assert used <= titles

    def test_visits_go_between_the_two_cities(self, mentee: str) -> None:
        both = {mentee, PAIRS[mentee].mentor}
        for gate in ("visit-1-agenda", "visit-2-agenda", "visit-3-agenda", "visit-1-report", "visit-2-report", "visit-3-report"):
            found = body(gate, f"pair-{mentee}")
            assert {found["host"], found["guest"]} == both, gate


def test_capacis_samples_are_there_in_italian_and_differ_in_words_only() -> None:
    english, italian = samples(), samples("it")
    capaci = [key for key in english if key[2] == "capaci"]
    assert sorted(italian) == sorted(capaci)
    for key in capaci:
        kind = english[key].kind
        assert skeleton(kind, italian[key].body) == skeleton(kind, english[key].body), key


@pytest.mark.parametrize(
    ("gate", "path", "other"),
    [
        ("visit-1-report", ("host",), "brussels"),
        ("visit-1-report", ("mode",), "in-person"),
        ("pair-terms", ("theme",), "employment"),
        ("plan-final", ("actions", 0, "funding", "state"), "none"),
        ("plan-final", ("actions", 0, "needs"), []),
        ("pair-terms", ("languages", 0), "fr"),
    ],
)
def test_a_sample_that_says_something_else_is_no_translation(gate: str, path: tuple[str | int, ...], other: Any) -> None:
    sample = next(item for key, item in samples().items() if key[0] == gate and key[1].endswith("-capaci"))
    changed = deepcopy(sample.body)
    place = changed
    for part in path[:-1]:
        place = place[part]
    assert place[path[-1]] != other
    place[path[-1]] = other
    assert skeleton(sample.kind, changed) != skeleton(sample.kind, sample.body)


WORDS = re.compile(r"[^\W\d_]{2,}.* .*|.*[^\W\d_]{3,}.*", re.DOTALL)


def skeleton(kind: str, body: Any) -> dict[tuple[str | int, ...], Any]:
    """A body without its words: slugs, ids, codes, dates and what is one of a list stay, as do figures and the number of entries."""
    whole = schema(kind)

    def kept(path: tuple[str | int, ...], leaf: Any) -> Any:
        return "words" if isinstance(leaf, str) and WORDS.match(leaf) and is_free(whole, whole, path) else leaf

    return {path: kept(path, leaf) for path, leaf in leaves(body)}


def is_free(whole: Any, place: Any, path: tuple[str | int, ...]) -> bool:
    """Whether the schema takes any text there."""
    if "$ref" in place:
        return is_free(whole, whole["$defs"][place["$ref"].rsplit("/", 1)[-1]], path)
    if "anyOf" in place:
        return any(is_free(whole, option, path) for option in place["anyOf"])
    if path:
        inner = place.get("items") if isinstance(path[0], int) else place.get("properties", {}).get(path[0])
        return inner is not None and is_free(whole, inner, path[1:])
    return place.get("type") == "string" and not place.keys() & {"enum", "const", "pattern", "format"}
