"""Every contribution gate of the method answered by the generator, for tests that need a whole programme's contributions."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from models.contribution_file import ContributionFile, scopes_of
from models.contribution_kinds import validate_body
from models.contribution_kinds.facts import city_facts
from models.definition import Definition
from models.generated import generate
from models.matching import match
from models.method import METHOD, GateSpec, Of, Over
from models.programme_file import read_programme
from tests.factories import city, definition, organisation

TODAY = date(2021, 1, 4)


@dataclass
class Run:
    """Every contribution gate of the method answered once, in the method's order: by a sample where there is one, else generated."""

    programme: Definition
    seed: int
    samples: Sequence[ContributionFile] = ()
    earlier: list[dict[str, Any]] = field(default_factory=list)
    pairs: list[dict[str, str]] = field(default_factory=list)

    def play(self) -> Run:
        for gate in METHOD.gates.values():
            if gate.confirms_matching:
                self._confirm()
            if gate.contribution:
                for scope in self._scopes(gate):
                    self.earlier.append(self._answer(gate, scope))
        return self

    def bodies(self, kind: str, scope: str = "", gate: str = "") -> list[Mapping[str, Any]]:
        found = [item for item in self.earlier if item["kind"] == kind and scope in ("", item["scope"]) and gate in ("", item["gate"])]
        return [item["body"] for item in found]

    def _answer(self, gate: GateSpec, scope: str) -> dict[str, Any]:
        for item in self.samples:
            if (item.gate, item.scope, item.language) == (gate.key, scope, self.programme.working_language):
                return {"gate": gate.key, "kind": item.kind, "scope": scope, "organisation": item.organisation, "body": item.body}
        slug = scope.partition("-")[2]
        mentor = next((pair["mentor"] for pair in self.pairs if pair["mentee"] == slug), slug)
        by = {Of.COORDINATOR: self.programme.coordinator, Of.FACILITATOR: self.programme.facilitator, Of.MENTOR: mentor, Of.HOST: mentor}
        who = by.get(gate.actors[0].of, slug)
        rng = random.Random(f"{self.seed} {gate.key} {scope}")
        body = generate(
            gate.contribution, gate=gate.key, scope=scope, organisation=who, definition=self.programme,
            earlier=self.earlier, rng=rng, today=TODAY, pairs=self.pairs,
        )  # fmt: skip
        body = validate_body(gate.contribution, body, None, gate.key, self.programme)
        return {"gate": gate.key, "kind": gate.contribution, "scope": scope, "organisation": who, "body": body}

    def _scopes(self, gate: GateSpec) -> list[str]:
        mentees, themes = {pair["mentee"] for pair in self.pairs}, {pair["theme"] for pair in self.pairs}
        there = {Over.MENTEE: mentees, Over.PAIR: mentees, Over.THEME: themes}.get(gate.over)
        return [scope for scope in scopes_of(gate.over, self.programme) if there is None or scope.partition("-")[2] in there]

    def _confirm(self) -> None:
        needs = {item["organisation"]: item["body"] for item in self.earlier if item["kind"] == "needs-assessment"}
        profiles = {item["organisation"]: item["body"] for item in self.earlier if item["kind"] == "city-profile"}
        result = match(city_facts(self.programme, needs, profiles), self.programme.themes, self.programme.matching)
        self.pairs = [{"mentor": pair.mentor, "mentee": pair.mentee, "theme": pair.theme} for pair in result.pairs]


def many_themes() -> Definition:
    """Six cities that may take either side, sixty themes with titles as long as allowed, one mentor for all mentees."""
    cast = [
        organisation("alliance", "coordinator"),
        organisation("guides", "facilitator"),
        organisation("board", "committee"),
        organisation("north-league", "association", name="N" * 200, hosts_academy=True),
        city("alder", "mentor", capacity=10, name="<script>alert('A')</script> & {{ 7*7 }}"),
        *(city(f"elm-{number}", "mentee", name="E" * 200, country="IT", zone="Europe/Rome") for number in range(6)),
        city("fir", "either"),
    ]
    themes = [{"slug": f"theme-{number}", "title": f"{number} " + "T" * 190} for number in range(60)]
    return definition(cast=cast, themes=themes)


INCLUCITIES = Path(__file__).parents[2] / "deployments" / "programmes" / "inclucities"


def inclucities() -> Definition:
    return read_programme(INCLUCITIES / "programme.yaml")


PROGRAMMES = {"orchard": definition, "many-themes": many_themes, "inclucities": inclucities}


@cache
def run(programme: str, seed: int) -> Run:
    return Run(PROGRAMMES[programme](), seed).play()
