"""The result of a matching as the report (D1.2) shows it, and as JSON; how it is found is `matching`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.definition import Matching, Theme

Json = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """A possible pair on its theme: score and its parts from 0 to 1; the parts (fit, language, size, preference) sum to it."""

    mentor: str
    mentee: str
    theme: str
    score: float
    parts: Mapping[str, float]
    tied_themes: tuple[str, ...] = ()
    """Themes with the same score, further down in the programme file."""
    forbidden: tuple[str, ...] = ()
    """The hard constraints it breaks, in words; only an override makes such a pair."""
    overridden: bool = False

    def as_content(self) -> Json:
        return {
            "mentor": self.mentor,
            "mentee": self.mentee,
            "theme": self.theme,
            "score": _short(self.score),
            "parts": {name: _short(part) for name, part in self.parts.items()},
            "tied_themes": list(self.tied_themes),
            "forbidden": list(self.forbidden),
            "overridden": self.overridden,
        }


@dataclass(frozen=True)
class Alternative:
    """Another matching, and how much lower its total is."""

    pairs: tuple[Pair, ...]
    total: float
    difference: float
    says: str
    """By how little single scores would have to change for another result."""

    def as_content(self) -> Json:
        return {
            "pairs": [pair.as_content() for pair in self.pairs],
            "total": _short(self.total),
            "difference": _exact(self.difference),
            "says": self.says,
        }


@dataclass(frozen=True)
class Sensitivity:
    """By how much a chosen pair's score may fall before `instead` (mentor, mentee) is better; `drop` None: it always stands."""

    mentor: str
    mentee: str
    drop: float | None
    instead: tuple[tuple[str, str], ...]
    says: str

    def as_content(self) -> Json:
        return {
            "mentor": self.mentor,
            "mentee": self.mentee,
            "drop": _exact(self.drop),
            "instead": [{"mentor": mentor, "mentee": mentee} for mentor, mentee in self.instead],
            "says": self.says,
        }


Chosen = tuple[str, str, str]
"""A pair of a result: mentor, mentee, theme."""


@dataclass(frozen=True)
class AnswerChange:
    """A city's highest need or strength on a theme that alone changes the result: its level as it is and as it would have to be."""

    city: str
    what: str
    theme: str
    level: int
    other: int
    instead: tuple[Chosen, ...]
    """The pairs that come then and are not in the result."""
    says: str

    def as_content(self) -> Json:
        return {
            "city": self.city,
            "what": self.what,
            "theme": self.theme,
            "level": self.level,
            "other": self.other,
            "instead": [{"mentor": mentor, "mentee": mentee, "theme": theme} for mentor, mentee, theme in self.instead],
            "says": self.says,
        }


@dataclass(frozen=True)
class Answers:
    """What single needs and strengths that were named can change: nothing by fewer than `steps` levels; `steps` None: nothing at all."""

    steps: int | None
    changes: tuple[AnswerChange, ...]

    def as_content(self) -> Json:
        return {"steps": self.steps, "changes": [change.as_content() for change in self.changes]}


@dataclass(frozen=True)
class AppliedOverride:
    """A pair set by the Steering Committee: what it costs in total score, negative where it gains by breaking a constraint.

    `cost` is None where no matching is possible without it.
    """

    mentor: str
    mentee: str
    theme: str
    reason: str
    cost: float | None
    breaks: tuple[str, ...]

    @property
    def says(self) -> str:
        """The cost, and what is set aside, in a sentence."""
        if self.cost is None:
            cost = "Without it no matching is possible"
        elif self.cost == 0:
            cost = "It costs nothing"
        else:
            cost = f"It {'costs' if self.cost > 0 else 'adds'} {abs(self.cost):.4f} of total score"
        return f"{cost}; it sets aside: {', '.join(self.breaks)}." if self.breaks else f"{cost}."

    def as_content(self) -> Json:
        return {
            "mentor": self.mentor,
            "mentee": self.mentee,
            "theme": self.theme,
            "reason": self.reason,
            "cost": _short(self.cost),
            "breaks": list(self.breaks),
            "says": self.says,
        }


@dataclass(frozen=True)
class Result:
    """A matching: its pairs by mentee, its total, what comes next and what it hangs on."""

    weights: Matching
    themes: tuple[Theme, ...]
    pairs: tuple[Pair, ...]
    total: float
    ties: bool
    """Another matching has the same total and as many pairs; this one comes first by the cities' slugs."""
    runner_up: Alternative | None
    sensitivity: tuple[Sensitivity, ...]
    answers: Answers | None
    """None where the network is too large to try every need and strength that was named."""
    matrix: tuple[Pair, ...]
    """Every possible mentor with every possible mentee, by mentee and mentor, on the pair's best theme."""
    overrides: tuple[AppliedOverride, ...]
    without_mentee: tuple[str, ...]
    """Available cities that mentor nobody."""
    unavailable: tuple[str, ...]

    def as_content(self) -> Json:
        """For the matching report: JSON-able, floats rounded to four digits."""
        return {
            "weights": self.weights.model_dump(),
            "themes": [{"slug": theme.slug, "title": theme.title, "weight": theme.weight} for theme in self.themes],
            "pairs": [pair.as_content() for pair in self.pairs],
            "total": _short(self.total),
            "ties": self.ties,
            "runner_up": self.runner_up.as_content() if self.runner_up else None,
            "sensitivity": [item.as_content() for item in self.sensitivity],
            "answers": self.answers.as_content() if self.answers else None,
            "matrix": [pair.as_content() for pair in self.matrix],
            "overrides": [item.as_content() for item in self.overrides],
            "without_mentee": list(self.without_mentee),
            "unavailable": list(self.unavailable),
        }


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _exact(value: float | None) -> float | None:
    """A threshold, in whole millionths: rounded, it would say what is not so."""
    return None if value is None else round(value, 6)
