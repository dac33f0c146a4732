"""Tiny valid programmes for tests, built in code: fictional cities in real countries, so that holidays and zones are real.

`definition()` is two mentors (Alder in Belgium, Birch in Spain) and two mentees (Cedar in Sicily, Damson in Latvia), their two
associations, coordinator, facilitator and committee; any key of the programme file can be overridden.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.definition import Definition, Organisation

COORDINATOR, FACILITATOR, COMMITTEE = "alliance", "guides", "board"

_ROLES = {
    "coordinator": "coordinator",
    "facilitator": "facilitator",
    "committee": "steering-committee",
    "association": "association-contact",
}
_PHASE_WEEKS = (0, 12, 24, 36, 54, 70, 88)
_MEETING_WEEKS = {"visit_1": 44, "visit_2": 62, "workshop": 74, "visit_3": 96, "academy": 110}


def organisation(slug: str, kind: str, **overrides: Any) -> Organisation:
    """An organisation in Brussels with one function mailbox for the role its kind acts in."""
    role = _ROLES.get(kind, "project-lead")
    fields: dict[str, Any] = {
        "slug": slug,
        "kind": kind,
        "name": slug.replace("-", " ").title(),
        "country": "BE",
        "zone": "Europe/Brussels",
        "languages": ["en"],
        "contacts": [{"role": role, "mailbox": f"{role}@{slug}.example", "language": "en"}],
    }
    return Organisation.model_validate(fields | overrides)


def city(slug: str, side: str, **overrides: Any) -> Organisation:
    """A city on one side of the pairs, with a mailbox for its project lead."""
    return organisation(slug, "city", **({"side": side, "association": "north-league"} | overrides))


def organisations() -> list[Organisation]:
    """The cast of `definition()`."""
    return [
        organisation(COORDINATOR, "coordinator"),
        organisation(FACILITATOR, "facilitator"),
        organisation(COMMITTEE, "committee"),
        organisation("north-league", "association", hosts_academy=True),
        organisation("south-league", "association"),
        city("alder", "mentor", languages=["fr", "nl", "en"]),
        city("birch", "mentor", country="ES", subdivision="MD", zone="Europe/Madrid", languages=["es", "en"], association="south-league"),
        city("cedar", "mentee", country="IT", subdivision="PA", zone="Europe/Rome", languages=["it", "en"], association="south-league"),
        city("damson", "mentee", country="LV", zone="Europe/Riga", languages=["lv", "en"]),
    ]


def definition(*, cast: Sequence[Organisation] | None = None, **overrides: Any) -> Definition:
    """A valid small programme; `cast` replaces all its organisations, every other keyword a key of the programme file."""
    fields: dict[str, Any] = {
        "id": "orchard",
        "title": "Orchard",
        "summary": "A small programme for tests.",
        "working_language": "en",
        "languages": ["en"],
        "illustrative": True,
        "coordinator": COORDINATOR,
        "facilitator": FACILITATOR,
        "committee": COMMITTEE,
        "themes": [{"slug": "work", "title": "Decent work"}, {"slug": "language-learning", "title": "Learning the language"}],
        "organisations": list(cast) if cast is not None else organisations(),
        "phases": [{"number": number, "week": week} for number, week in enumerate(_PHASE_WEEKS, start=1)],
        "meetings": {key: {"week": week} for key, week in _MEETING_WEEKS.items()},
    }
    return Definition.model_validate(fields | overrides)
