"""What a possible pair is worth: facts about the cities, and the score of every mentor with every mentee.

Which pairs make the best matching is `matching`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from math import isfinite

from models.definition import Matching, Side, Theme
from models.errors import ProgrammeError
from models.matching_result import Pair

MICRO = 1_000_000
"""Scores count in millionths, as whole numbers, so that equal is equal."""

LEVELS = 5
"""A city says how severe a need and how high a strength is on a scale from 1 to 5: facts are fifths."""


class BadMatchingInput(ProgrammeError):
    """Facts or overrides that contradict themselves or the programme file."""


@dataclass(frozen=True)
class CityFacts:
    """What the matching knows of a city: from the programme file and from its needs and strengths, each 0 to 1 by theme."""

    slug: str
    name: str
    country: str
    side: Side
    capacity: int = 1
    languages: tuple[str, ...] = ()
    population: int | None = None
    needs: Mapping[str, float] = field(default_factory=dict)
    strengths: Mapping[str, float] = field(default_factory=dict)
    wishes: tuple[str, ...] = ()
    vetoes: frozenset[str] = frozenset()
    available: bool = True


class Scoring:
    """Every mentor with every mentee: score, best theme, and what forbids the pair."""

    def __init__(self, facts: Mapping[str, CityFacts], themes: tuple[Theme, ...], weights: Matching) -> None:
        _check_facts(facts.values())
        self.facts: Mapping[str, CityFacts] = facts
        self.themes = themes
        self.weights = weights
        self._sum = weights.fit + weights.language + weights.size + weights.preference
        self._heaviest = max(theme.weight for theme in themes)
        self.matrix = {
            (mentee.slug, mentor.slug): self._best(mentor, mentee)
            for mentee in facts.values()
            for mentor in facts.values()
            if mentor is not mentee and mentor.side is not Side.MENTEE and mentee.side is not Side.MENTOR
        }

    def with_city(self, city: CityFacts) -> Scoring:
        """The scoring with other answers of one city; only its own pairs are weighed again."""
        changed = copy(self)
        changed.facts = {**self.facts, city.slug: city}
        changed.matrix = {
            (mentee, mentor): self._best(changed.facts[mentor], changed.facts[mentee]) if city.slug in (mentee, mentor) else cell
            for (mentee, mentor), cell in self.matrix.items()
        }
        return changed

    def on_theme(self, mentor: CityFacts, mentee: CityFacts, theme: Theme, tied_themes: tuple[str, ...] = ()) -> Pair:
        """The pair on one theme: its score from 0 to 1, of which each part is its weight's share."""
        language, size = self._common(mentor, mentee)
        fit, preference = self._fit(mentor, mentee, theme), self._preference(mentee, theme)
        parts = {"fit": fit, "language": language, "size": size, "preference": preference}
        score = _total(fit, language, size, preference)
        return Pair(mentor.slug, mentee.slug, theme.slug, score, parts, tied_themes, self._forbidden(mentor, mentee))

    def _best(self, mentor: CityFacts, mentee: CityFacts) -> Pair:
        """On the theme with the highest score; of equal ones the first in the programme file, and the others are said."""
        language, size = self._common(mentor, mentee)
        scores = [_total(self._fit(mentor, mentee, theme), language, size, self._preference(mentee, theme)) for theme in self.themes]
        highest = max(scores)
        best, *tied = [theme for theme, score in zip(self.themes, scores, strict=True) if score == highest]
        return self.on_theme(mentor, mentee, best, tuple(theme.slug for theme in tied))

    def _fit(self, mentor: CityFacts, mentee: CityFacts, theme: Theme) -> float:
        met = mentee.needs.get(theme.slug, 0.0) * mentor.strengths.get(theme.slug, 0.0)
        return self._share(self.weights.fit * met * theme.weight / self._heaviest) if met else 0.0

    def _preference(self, mentee: CityFacts, theme: Theme) -> float:
        return self._share(self.weights.preference) if theme.slug in mentee.wishes else 0.0

    def _common(self, mentor: CityFacts, mentee: CityFacts) -> tuple[float, float]:
        """What is the same on every theme: the shares of language and size."""
        shared = not set(mentor.languages).isdisjoint(mentee.languages)
        similar = _similarity(mentor.population, mentee.population)
        return self._share(self.weights.language * shared), self._share(self.weights.size * similar)

    def _share(self, part: float) -> float:
        return part / self._sum if self._sum else 0.0

    def _forbidden(self, mentor: CityFacts, mentee: CityFacts) -> tuple[str, ...]:
        """Every hard constraint the pair breaks, in words."""
        reasons = [f"{city.name} is not available" for city in (mentor, mentee) if not city.available]
        for one, other in ((mentor, mentee), (mentee, mentor)):
            if other.slug in one.vetoes:
                reasons.append(f"{one.name} vetoes {other.name}")
        if self.weights.different_country and mentor.country == mentee.country:
            reasons.append(f"both are in {mentor.country}")
        return tuple(reasons)


def _total(fit: float, language: float, size: float, preference: float) -> float:
    """The score in whole millionths, so that sums are exact and equal is equal."""
    return round((fit + language + size + preference) * MICRO) / MICRO


def _similarity(one: int | None, other: int | None) -> float:
    """Of two populations, 0 to 1: the smaller over the larger; 0 where one is unknown."""
    return min(one, other) / max(one, other) if one and other else 0.0


def by_slug(cities: Iterable[CityFacts]) -> dict[str, CityFacts]:
    """The cities in the order of their slugs; BadMatchingInput where one is given twice."""
    facts: dict[str, CityFacts] = {}
    for city in sorted(cities, key=lambda city: city.slug):
        if city.slug in facts:
            raise BadMatchingInput(f"The city {city.slug} is given twice.")
        facts[city.slug] = city
    return facts


def _check_facts(cities: Collection[CityFacts]) -> None:
    for city in cities:
        if city.capacity < 1:
            raise BadMatchingInput(f"{city.name}: capacity is {city.capacity}; a mentor takes at least one mentee.")
        for what, values in (("need", city.needs), ("strength", city.strengths)):
            for theme, value in values.items():
                if not (isfinite(value) and 0 <= value <= 1):
                    raise BadMatchingInput(f"{city.name}: the {what} for {theme} is {value}; it must lie between 0 and 1.")
