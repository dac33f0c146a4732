"""What a generated body is written from: the programme, the contributions so far, a seeded source of chance, a date.

Nothing here validates; a body's rules are its kind's in `contribution_kinds`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from models.contribution_kinds.parts import UNPRINTABLE
from models.definition import Definition, Organisation, Side, Theme

Body = dict[str, Any]


@dataclass(frozen=True)
class Story:
    """One contribution to be generated and all it must agree with.

    `earlier` holds `{"gate", "kind", "scope", "organisation", "body"}` in the order they were accepted, `pairs` the
    confirmed pairs as `{"mentor", "mentee", "theme"}`, empty before the matching.
    """

    kind: str
    gate: str
    scope: str
    organisation: str
    definition: Definition
    earlier: Sequence[Mapping[str, Any]]
    rng: random.Random
    today: date
    pairs: Sequence[Mapping[str, str]] = ()

    @cached_property
    def place(self) -> str:
        """The slug the scope is named after; empty for the programme's scope."""
        return self.scope.partition("-")[2]

    def name(self, slug: str) -> str:
        """An organisation's name; the slug itself where nobody has it."""
        for organisation in self.definition.organisations:
            if organisation.slug == slug:
                return UNPRINTABLE.sub("", organisation.name)
        return slug

    @property
    def here(self) -> str:
        """Name of the city or association the scope is about, or of the contributing organisation."""
        return self.name(self.place) if self.scope != "programme" else self.name(self.organisation)

    def theme(self, slug: str) -> str:
        """A theme's title; the slug itself where nothing has it."""
        for theme in self.definition.themes:
            if theme.slug == slug:
                return UNPRINTABLE.sub("", theme.title)
        return slug

    def written(self, kind: str, *, scope: str = "", organisation: str = "") -> Iterator[Mapping[str, Any]]:
        """Earlier contributions of a kind, the newest first."""
        for item in reversed(self.earlier):
            if item["kind"] == kind and scope in ("", item["scope"]) and organisation in ("", item["organisation"]):
                yield item

    def latest(self, kind: str, *, scope: str = "", organisation: str = "") -> Mapping[str, Any] | None:
        """The body of the newest contribution of a kind; None where there is none yet."""
        found = next(self.written(kind, scope=scope, organisation=organisation), None)
        return None if found is None else found["body"]

    @cached_property
    def mentor(self) -> str:
        """Slug of the mentor of the scope's mentee; empty before the matching."""
        return next((pair["mentor"] for pair in self.pairs if pair["mentee"] == self.place), "")

    @cached_property
    def pair_theme(self) -> str:
        """Slug of the theme the scope's pair works on: as confirmed, else as its benchmark says, else its first need's."""
        for pair in self.pairs:
            if pair["mentee"] == self.place:
                return pair["theme"]
        if benchmark := self.latest("benchmark", scope=f"pair-{self.place}"):
            return str(benchmark["theme"])
        if needs := self.latest("needs-assessment", scope=f"city-{self.place}"):
            return str(max(needs["needs"], key=lambda need: need["severity"])["theme"])
        return self.definition.themes[0].slug

    def days(self, number: int) -> str:
        """The day so many days from today, as ISO text."""
        return (self.today + timedelta(days=number)).isoformat()

    def some(self, items: Sequence[str], least: int, most: int) -> list[str]:
        """Between `least` and `most` of the items, in their order."""
        chosen = sorted(self.rng.sample(range(len(items)), min(len(items), self.rng.randint(least, most))))
        return [items[index] for index in chosen]


def mentors_and_mentees(definition: Definition) -> tuple[list[Organisation], list[Organisation]]:
    """Cities by the side they will probably take; those that may take either fill the smaller side."""
    mentors = [city for city in definition.cities if city.side is Side.MENTOR]
    mentees = [city for city in definition.cities if city.side is Side.MENTEE]
    for city in definition.cities:
        if city.side not in (Side.MENTOR, Side.MENTEE):
            (mentors if len(mentors) <= len(mentees) else mentees).append(city)
    return mentors, mentees


def likely_themes(definition: Definition, city: str) -> list[Theme]:
    """Themes on which a city's needs and strengths meet somebody else's, so that a matching exists for any programme.

    Mentees go round the themes; a mentor is strong in the themes of the mentees that fall to it, and the last entry is a
    theme that all cities share.
    """
    mentors, mentees = mentors_and_mentees(definition)
    themes = definition.themes
    own = [index for index, mentee in enumerate(mentees) if mentee.slug == city]
    for position, mentor in enumerate(mentors):
        if mentor.slug == city:
            own += list(range(position, max(len(mentees), position + 1), len(mentors)))[:10]
    slugs = dict.fromkeys([*(index % len(themes) for index in own), len(themes) - 1])
    return [themes[index] for index in slugs]
