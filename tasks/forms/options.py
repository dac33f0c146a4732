"""What a reference may name, as a list to choose from: themes, cities, key factors and so on, by the names people know them by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.contribution_kinds.parts import Known
from models.definition import Definition, Kind, Side
from models.gates import Gate
from models.known import known_in
from models.standing import Standing
from tasks.forms.state import at, order_of
from tasks.forms.typed import Path
from tasks.page_fields import Field, Form
from tasks.wording import Words

COMMON = "ar bg bn cs da de el en es et fa fi fr ga hr hu it ku lt lv mt nl pl ps pt ro ru sk sl so sq sv ti tr uk ur zh".split()  # noqa: SIM905
"""Languages that are offered below those of the programme: the official ones of the Union, and many that newcomers speak."""


@dataclass(frozen=True)
class Choice:
    """One thing to choose. `is_rare`: it is offered, but out of the way."""

    value: str
    label: str
    is_rare: bool = False


@dataclass(frozen=True)
class Offer:
    """Where choices come from. `city` is the one the contribution is about, empty where it is about something else."""

    definition: Definition
    known: Known
    words: Words
    city: str = ""
    state: Mapping[str, Any] = field(default_factory=dict)

    def choices(self, asked: Field, path: Path) -> list[Choice]:
        """What may be chosen at a place; empty where anything may be written."""
        if asked.choices:
            return [Choice(value, self.words.label(value)) for value in asked.choices]
        if asked.form is Form.YES_NO:
            return [Choice("yes", self.words.gettext("Yes")), Choice("no", self.words.gettext("No"))]
        return self._named(asked.names, path) if asked.names else []

    def _named(self, what: str, path: Path) -> list[Choice]:
        if what.endswith("theme"):
            return self._themes(what)
        if what in ("city", "pair-city", "mentor", "mentee"):
            return self._cities(what)
        match what:
            case "result":
                return [Choice(item.slug, item.title) for item in self.definition.expected_results]
            case "key-factor":
                return [Choice(item, self._titled("key-factor", item)) for item in self.known.key_factors or ()]
            case "action":
                plan = self.city or self._plan_above(path)
                return [Choice(item, self._titled(plan, item)) for item in self.known.actions.get(plan, ())]
            case "objective":
                return list(self._objectives())
            case "language":
                return list(self._languages())
        return []

    def _themes(self, what: str) -> list[Choice]:
        pair = self.known.pair if what == "pair-theme" else None
        return [Choice(item.slug, item.title) for item in self.definition.themes if pair is None or item.slug == pair.theme]

    def _cities(self, what: str) -> list[Choice]:
        pair = self.known.pair if what == "pair-city" else None
        unless = {"mentor": Side.MENTEE, "mentee": Side.MENTOR}.get(what)
        cities = [item for item in self.definition.organisations if item.kind is Kind.CITY and not (unless and item.side is unless)]
        return [Choice(item.slug, item.name) for item in cities if pair is None or item.slug in (pair.mentor, pair.mentee)]

    def _titled(self, of: str, item: str) -> str:
        title = self.known.titles.get((of, item), "")
        return f"{item}: {title}" if title else item

    def _plan_above(self, path: Path) -> str:
        """The city whose plan an entry around this place speaks of."""
        above = [at(self.state, path[:length]) for length in range(len(path) - 1, 0, -1)]
        return next((str(node["plan"]) for node in above if isinstance(node, Mapping) and isinstance(node.get("plan"), str)), "")

    def _objectives(self) -> Iterable[Choice]:
        """Those of the plan that is being written."""
        node = self.state.get("objectives")
        for key in order_of(node):
            entry = node["items"][key] if node else {}
            if entry.get("id"):
                yield Choice(entry["id"], f"{entry['id']}: {entry['title']}" if entry.get("title") else entry["id"])

    def _languages(self) -> Iterable[Choice]:
        spoken = [*self.definition.languages, *(code for item in self.definition.organisations for code in item.languages)]
        near = list(dict.fromkeys(spoken))
        names = self.words.locale.languages
        for code in near:
            yield Choice(code, _capital(names.get(code, code)))
        rest = [(names.get(code, code), code) for code in COMMON if code not in near]
        for name, code in sorted(rest):
            yield Choice(code, _capital(name), is_rare=True)


def offered_at(session: Session, standing: Standing, gate: Gate, words: Words, now: datetime) -> Offer:
    """What there is to choose from at a gate of a running programme, and by which names what was chosen is known there."""
    city = gate.scope.removeprefix("city-") if gate.scope.startswith("city-") else ""
    return Offer(standing.definition, known_in(session, standing, gate, now), words, city)


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
