"""What a matching hangs on in what cities have named: the smallest change of a single need or strength that changes the result.

Found by trying: the nearest levels first, until one leads to other pairs. Not tried: needs and strengths nobody has named, wishes,
vetoes, languages. How far scores may fall is told by `matching`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from models.definition import Side
from models.matching_result import AnswerChange, Answers, Chosen
from models.matching_scores import LEVELS, CityFacts, Scoring

MOST_TRIED = 100_000
"""Needs and strengths times possible pairs times ways to settle the sides: beyond, trying would take longer than anybody waits."""

Settle = Callable[[Scoring], tuple[Chosen, ...]]
"""The pairs that come of a scoring, by mentee."""


@dataclass(frozen=True)
class Answer:
    """The highest need or strength that a city has named on a theme, at its level from 1 to 5."""

    city: CityFacts
    what: str
    theme: str
    level: int

    def at(self, level: int) -> CityFacts:
        """The city with this one answer at another level."""
        value = level / LEVELS
        if self.what == "need":
            return replace(self.city, needs={**self.city.needs, self.theme: value})
        return replace(self.city, strengths={**self.city.strengths, self.theme: value})


def smallest_changes(scoring: Scoring, settle: Settle, result: tuple[Chosen, ...], ways: int) -> Answers | None:
    """The named needs and strengths that change the result when one alone is some levels higher or lower, as few as possible.

    `ways` is in how many ways the sides can be settled. None where the network is too large to try; no changes where no single
    need or strength that a city has named can change the result, whatever its level.
    """
    answers = list(answers_of(scoring))
    if len(answers) * len(scoring.matrix) * ways > MOST_TRIED:
        return None
    for steps in range(1, LEVELS):
        tried = (
            _tried(scoring, settle, result, answer, level)
            for answer in answers
            for level in (answer.level - steps, answer.level + steps)
            if 1 <= level <= LEVELS
        )
        if found := tuple(change for change in tried if change is not None):
            return Answers(steps, found)
    return Answers(None, ())


def answers_of(scoring: Scoring) -> Iterator[Answer]:
    """Every need of a possible mentee and strength of a possible mentor; what is not named is no answer."""
    for city in scoring.facts.values():
        named = [("need", city.needs)] if city.side is not Side.MENTOR else []
        named += [("strength", city.strengths)] if city.side is not Side.MENTEE else []
        for what, values in named:
            for theme in scoring.themes:
                if values.get(theme.slug):
                    yield Answer(city, what, theme.slug, max(1, round(values[theme.slug] * LEVELS)))


def _tried(scoring: Scoring, settle: Settle, result: tuple[Chosen, ...], answer: Answer, level: int) -> AnswerChange | None:
    """The change, where it leads to another result."""
    found = settle(scoring.with_city(answer.at(level)))
    if found == result:
        return None
    instead = tuple(pair for pair in found if pair not in result)
    return AnswerChange(answer.city.slug, answer.what, answer.theme, answer.level, level, instead, _says(scoring, answer, level, instead))


def _says(scoring: Scoring, answer: Answer, level: int, instead: tuple[Chosen, ...]) -> str:
    titles = {theme.slug: theme.title for theme in scoring.themes}
    pairs = [f"{scoring.facts[mentor].name} with {scoring.facts[mentee].name} on {titles[theme]}" for mentor, mentee, theme in instead]
    return (
        f"With the highest {answer.what} of {answer.city.name} for {titles[answer.theme]} at {level} instead of {answer.level}, "
        f"the result would hold {'; '.join(pairs) or 'fewer pairs'}."
    )
