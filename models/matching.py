"""Which city mentors which, on what theme: the score of every possible pair and the exact best matching, with what it hangs on.

Pure: facts about the cities in, a result for the matching report (D1.2) out. The Steering Committee's confirmation is a gate's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from models.assignment import Assignment, Network
from models.assignment import Pair as Key
from models.definition import Matching, Side, Theme
from models.errors import ProgrammeError
from models.matching_changes import smallest_changes
from models.matching_result import Alternative, Answers, AppliedOverride, Chosen, Pair, Result, Sensitivity
from models.matching_scores import MICRO, BadMatchingInput, CityFacts, Scoring, by_slug

__all__ = ["MICRO", "BadMatchingInput", "CityFacts", "NoMatching", "Override", "match"]

MOST_EITHER = 12
"""Cities that may be either mentor or mentee multiply the work by two each."""


class NoMatching(ProgrammeError):
    """The hard constraints leave no mentor for some mentees; the message says for whom, and why."""


@dataclass(frozen=True)
class Override:
    """A pair the Steering Committee sets itself, with its reason. It may set aside any hard constraint but the cities' sides."""

    mentor: str
    mentee: str
    theme: str
    reason: str


def match(cities: Iterable[CityFacts], themes: Sequence[Theme], weights: Matching, overrides: Sequence[Override] = ()) -> Result:
    """The matching of the highest total score in which every available mentee has a mentor; the same for any order of the cities.

    1. Score every possible mentor with every possible mentee on every theme (`domain.md`, phase 1).
    2. Take the exact best assignment; the first by slug where several are equally good.
    3. Take away each of its pairs in turn: what is then best is the runner-up, and what is lost is the sensitivity.
    4. Change each named need and strength in turn: the smallest changes that lead to other pairs are what the result hangs on.

    Raises NoMatching where the hard constraints conflict, BadMatchingInput for facts or overrides that cannot be.
    """
    facts = by_slug(cities)
    scoring = Scoring(facts, tuple(themes), weights)
    _check_overrides(facts, themes, overrides)
    settled = _Settled(scoring, tuple(overrides))
    chosen = settled.network.first(settled.given)
    if chosen is None:
        raise NoMatching(_why_impossible(settled))
    if not chosen.pairs:
        raise NoMatching("No pair is possible: no available city takes part as a mentee. Correct the cities' sides in the programme file.")
    pairs = settled.pairs_of(chosen)
    paired = {slug for key in chosen.pairs for slug in key}
    others = settled.network.without_each((key for key in chosen.pairs if key not in settled.given), settled.given)
    return Result(
        weights=weights,
        themes=tuple(themes),
        pairs=pairs,
        total=chosen.value / MICRO,
        ties=any(other is not None and other.rank == chosen.rank for other in others.values()),
        runner_up=_runner_up(settled, chosen, others),
        sensitivity=tuple(_sensitivity(settled, pair, chosen, others.get((pair.mentee, pair.mentor))) for pair in pairs),
        answers=_answers(settled, pairs),
        matrix=tuple(scoring.matrix.values()),
        overrides=tuple(_applied(settled, override, chosen) for override in overrides),
        without_mentee=tuple(city.slug for city in facts.values() if city.available and city.slug not in paired),
        unavailable=tuple(city.slug for city in facts.values() if not city.available and city.slug not in paired),
    )


class _Settled:
    """The network that is left once some overrides are given."""

    def __init__(self, scoring: Scoring, overrides: tuple[Override, ...]) -> None:
        self.scoring = scoring
        self.overrides = overrides
        self.cells = dict(scoring.matrix) | {(item.mentee, item.mentor): self._forced(item) for item in overrides}
        self.given = frozenset((item.mentee, item.mentor) for item in overrides)
        self.network = self._network()

    def name(self, slug: str) -> str:
        return self.scoring.facts[slug].name

    def told(self, key: Key) -> str:
        """A pair in words."""
        return f"{self.name(key[1])} with {self.name(key[0])}"

    def pairs_of(self, assignment: Assignment) -> tuple[Pair, ...]:
        """Sorted by mentee."""
        return tuple(self.cells[key] for key in assignment.pairs)

    def chosen(self) -> tuple[Chosen, ...]:
        """The pairs of the best matching; none where there is no matching."""
        found = self.network.first(self.given)
        return _named(self.pairs_of(found)) if found else ()

    def without(self, override: Override) -> _Settled:
        return _Settled(self.scoring, tuple(item for item in self.overrides if item is not override))

    def _forced(self, item: Override) -> Pair:
        facts = self.scoring.facts
        theme = next(theme for theme in self.scoring.themes if theme.slug == item.theme)
        return replace(self.scoring.on_theme(facts[item.mentor], facts[item.mentee], theme), overridden=True)

    def _network(self) -> Network:
        mentees, mentors = {mentee for mentee, _ in self.given}, {mentor for _, mentor in self.given}
        free = [city for city in self.scoring.facts.values() if city.available and city.slug not in mentees | mentors]
        either = [city for city in free if city.side is Side.EITHER]
        _refuse_too_many(either)
        mentees |= {city.slug for city in free if city.side is Side.MENTEE}
        mentors |= {city.slug for city in free if city.side is not Side.MENTEE}
        seats = {slug: self.scoring.facts[slug].capacity for slug in mentors}
        rows = mentees | {city.slug for city in either}
        allowed = {
            key: round(cell.score * MICRO)
            for key, cell in self.cells.items()
            if key[0] in rows and key[1] in seats and (not cell.forbidden or key in self.given)
        }
        return Network(allowed, seats, mentees, [city.slug for city in either])


def _named(pairs: Iterable[Pair]) -> tuple[Chosen, ...]:
    return tuple((pair.mentor, pair.mentee, pair.theme) for pair in pairs)


def _answers(settled: _Settled, pairs: tuple[Pair, ...]) -> Answers | None:
    """The smallest changes of single named needs and strengths, with the overrides kept as they are."""
    return smallest_changes(
        settled.scoring, lambda scoring: _Settled(scoring, settled.overrides).chosen(), _named(pairs), settled.network.ways
    )


def _refuse_too_many(either: Sequence[CityFacts]) -> None:
    if len(either) > MOST_EITHER:
        raise BadMatchingInput(
            f"{len(either)} cities may be either mentor or mentee ({_listed([city.name for city in either])}); an exact matching is found "
            f"for up to {MOST_EITHER}. Settle the side of at least {len(either) - MOST_EITHER} of them in the programme file."
        )


def _check_overrides(facts: Mapping[str, CityFacts], themes: Sequence[Theme], overrides: Sequence[Override]) -> None:
    mentors: list[str] = []
    mentees: list[str] = []
    for item in overrides:
        problem = _problem(item, facts, themes)
        if not problem and item.mentee in mentees:
            problem = f"{item.mentee} already has a mentor by another override"
        if not problem and mentors.count(item.mentor) >= facts[item.mentor].capacity:
            problem = f"{item.mentor} takes no more than {facts[item.mentor].capacity}"
        if not problem and (item.mentor in mentees or item.mentee in mentors):
            problem = "a city cannot be mentor and mentee at once"
        if problem:
            raise BadMatchingInput(f"Override {item.mentor} - {item.mentee}: {problem}. Correct the override or leave it out.")
        mentors.append(item.mentor)
        mentees.append(item.mentee)


def _problem(item: Override, facts: Mapping[str, CityFacts], themes: Sequence[Theme]) -> str:
    """What is wrong with one override by itself; empty where nothing is."""
    if unknown := [slug for slug in (item.mentor, item.mentee) if slug not in facts]:
        return f"there is no city {unknown[0]}"
    if item.mentor == item.mentee:
        return "a city cannot mentor itself"
    if facts[item.mentor].side is Side.MENTEE:
        return f"{item.mentor} takes part as a mentee"
    if facts[item.mentee].side is Side.MENTOR:
        return f"{item.mentee} takes part as a mentor"
    if item.theme not in {theme.slug for theme in themes}:
        return f"there is no theme {item.theme}"
    return "" if item.reason.strip() else "a reason is needed"


def _runner_up(settled: _Settled, chosen: Assignment, others: Mapping[Key, Assignment | None]) -> Alternative | None:
    """The best matching that differs in at least one pair; of equal ones the first by slug."""
    found = {key: other for key, other in others.items() if other is not None}
    if not found:
        return None
    rank = max(other.rank for other in found.values())
    firsts = (settled.network.first(settled.given, frozenset({key})) for key, other in found.items() if other.rank == rank)
    best = min((first for first in firsts if first is not None), key=lambda first: first.pairs)
    difference = (chosen.value - best.value) / MICRO
    return Alternative(settled.pairs_of(best), best.value / MICRO, difference, _what_brings_it(settled, chosen, best, difference))


def _what_brings_it(settled: _Settled, chosen: Assignment, best: Assignment, difference: float) -> str:
    """The least that single scores must change for another result: no total but the chosen one's is above the runner-up's."""
    rising = [settled.told(key) for key in best.pairs if key not in chosen.pairs]
    falling = [settled.told(key) for key in chosen.pairs if key not in best.pairs]
    if not difference and best.rank < chosen.rank:
        return "It has the same total as the result, which has more pairs."
    if not difference:
        return "It has the same total as the result, which comes first by the cities' short names."
    changes = [f"{' or '.join(rising)} scored more than {_digits(difference)} higher"] if rising else []
    changes += [f"{' or '.join(falling)} scored more than {_digits(difference)} lower"] if falling else []
    return f"The result would change if {', or if '.join(changes)}; a smaller change of any single score leaves it as it is."


def _sensitivity(settled: _Settled, pair: Pair, chosen: Assignment, other: Assignment | None) -> Sensitivity:
    """By how much the pair's score may fall before another matching is better."""
    who = settled.told((pair.mentee, pair.mentor))
    if pair.overridden:
        return Sensitivity(pair.mentor, pair.mentee, None, (), f"{who} is set by an override, whatever its score.")
    if other is None:
        return Sensitivity(pair.mentor, pair.mentee, None, (), f"{who} stands whatever its score: no matching is possible without it.")
    drop = (chosen.value - other.value) / MICRO
    instead = tuple((mentor, mentee) for mentee, mentor in other.pairs if (mentee, mentor) not in chosen.pairs)
    names = _listed([settled.told((mentee, mentor)) for mentor, mentee in instead]) or "a matching with fewer pairs"
    fewer = len(other.pairs) < len(chosen.pairs)
    if drop == 0 and fewer:
        says = f"{who} stands because the result has more pairs: the total is the same without it."
    elif drop == 0:
        says = f"{who} is tied: {names} instead gives the same total."
    elif drop > pair.score or (drop == pair.score and fewer):
        says = f"{who} stands even if its score fell from {pair.score:.4f} to 0: without it the best total is {_digits(drop)} lower."
    else:
        says = f"{who} stands while its score of {pair.score:.4f} falls by less than {_digits(drop)}; beyond that {names} is better."
    return Sensitivity(pair.mentor, pair.mentee, drop, instead, says)


def _digits(value: float) -> str:
    """Four digits, or all six where four would say something else."""
    return f"{value:.4f}" if round(value, 4) == value else f"{value:.6f}"


def _applied(settled: _Settled, override: Override, chosen: Assignment) -> AppliedOverride:
    """What one override costs: the best total without it, the other overrides kept, less the total with it."""
    free = settled.without(override)
    best = free.network.best(free.given)
    cost = None if best is None else (best.value - chosen.value) / MICRO
    breaks = settled.cells[override.mentee, override.mentor].forbidden
    return AppliedOverride(override.mentor, override.mentee, override.theme, override.reason, cost, breaks)


def _why_impossible(settled: _Settled) -> str:
    """The mentees nobody may mentor; where each has somebody, the smallest group that shares too few places."""
    facts = settled.scoring.facts
    alone = [mentee for mentee in sorted(facts) if _needs_mentor(settled, mentee) and not _mentors_of(settled, mentee)]
    if alone:
        return "No matching is possible. " + " ".join(_why_alone(settled, mentee) for mentee in alone)
    mentees, mentors = settled.network.conflict(settled.given)
    places = sum(facts[mentor].capacity for mentor in mentors)
    barred = [reason for mentee in mentees for key, cell in settled.cells.items() if key[0] == mentee for reason in cell.forbidden]
    lift = f", or lift a constraint ({'; '.join(dict.fromkeys(barred))})" if barred else ""
    return (
        f"No matching is possible. {_listed([facts[mentee].name for mentee in mentees])} need {len(mentees)} places, but only "
        f"{_listed([facts[mentor].name for mentor in mentors])} can take them, with {places} in all"
        f"{' once the overrides are set' if settled.given else ''}. Add a mentor, raise a capacity{lift}."
    )


def _needs_mentor(settled: _Settled, slug: str) -> bool:
    city = settled.scoring.facts[slug]
    return city.side is Side.MENTEE and city.available


def _mentors_of(settled: _Settled, mentee: str) -> list[str]:
    return [key[1] for key in settled.network.values if key[0] == mentee]


def _why_alone(settled: _Settled, mentee: str) -> str:
    """Why a mentee has no possible mentor, mentor by mentor."""
    cells = [cell for key, cell in settled.cells.items() if key[0] == mentee]
    if not cells:
        return f"{settled.name(mentee)} has no possible mentor: no city offers to be one."
    reasons = [f"{settled.name(cell.mentor)} ({', '.join(cell.forbidden) or 'is a mentee by an override'})" for cell in cells]
    return f"{settled.name(mentee)} has no possible mentor: {'; '.join(reasons)}."


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
