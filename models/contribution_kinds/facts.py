"""What the matching takes from the cities' answers: severity and level as shares of one, languages, size, wishes, vetoes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from models.definition import Definition, Organisation, Side
from models.matching import Override
from models.matching_scores import LEVELS, CityFacts


def city_facts(
    definition: Definition, needs_bodies: Mapping[str, Mapping[str, Any]], profile_bodies: Mapping[str, Mapping[str, Any]]
) -> list[CityFacts]:
    """Facts of every city, in the programme file's order; bodies are canonical and keyed by the city's slug.

    A city that has not answered keeps what the programme file says of it. Of several needs or strengths on one theme the
    highest counts.
    """
    return [_facts(city, needs_bodies.get(city.slug, {}), profile_bodies.get(city.slug, {})) for city in definition.cities]


def overrides_of(proposal: Mapping[str, Any]) -> list[Override]:
    """The pairs a matching proposal (canonical body) puts in the place of computed ones."""
    return [Override(**override) for override in proposal["overrides"]]


def _facts(city: Organisation, needs: Mapping[str, Any], profile: Mapping[str, Any]) -> CityFacts:
    """A city that takes no mentee is no mentor: it is a mentee if it may be one, else it does not take part."""
    stated = profile.get("capacity_mentees")
    capacity = city.capacity if stated is None else int(stated)
    side = city.side or Side.EITHER
    available = bool(profile.get("available", True)) and not (side is Side.MENTOR and not capacity)
    return CityFacts(
        slug=city.slug,
        name=city.name,
        country=city.country,
        side=Side.MENTEE if side is Side.EITHER and not capacity else side,
        capacity=max(1, capacity),
        languages=tuple(profile.get("working_languages") or city.languages),
        population=needs.get("population"),
        needs=_highest(needs.get("needs", ()), "severity"),
        strengths=_highest(profile.get("strengths", ()), "level"),
        wishes=tuple(profile.get("wished_themes", ())),
        vetoes=frozenset(veto["city"] for veto in profile.get("vetoes", ())),
        available=available,
    )


def _highest(entries: Iterable[Mapping[str, Any]], scale: str) -> dict[str, float]:
    """The highest value on each theme, from 0 to 1."""
    found: dict[str, float] = {}
    for entry in entries:
        found[entry["theme"]] = max(found.get(entry["theme"], 0.0), entry[scale] / LEVELS)
    return found
