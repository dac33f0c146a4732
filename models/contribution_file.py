"""A contribution as a file: which gate and scope it answers, whose it is, and its typed body.

Whether the gate is open, and what then happens to the contribution, is `doors`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from models.contribution_kinds import validate_body
from models.contribution_kinds.parts import Known
from models.definition import Definition, Kind, Language, Organisation, Side, Slug, Strict
from models.errors import BadFile, Fault, Refused
from models.fault_words import closest, quoted, suggestion
from models.method import METHOD, GateKind, GateSpec, Of, Over
from models.yaml_lines import Document, parse, pydantic_faults, read

SUFFIXES = (".yaml", ".yml", ".json")

Knowing = Callable[[str, str], Known]
"""What a running programme knows at the gate of that key and scope (`known`); Refused where it has no such gate."""


@dataclass(frozen=True)
class ContributionFile:
    """One contribution as it came; `body` is canonical data of the kind the gate asks for."""

    gate: str
    scope: str
    organisation: str
    language: str
    illustrative: bool
    generated: bool
    body: dict[str, Any]
    kind: str


class Envelope(Strict):
    """The keys of a contribution file beside what its gate asks for."""

    gate: Annotated[str, Field(max_length=64)] = Field(description="Key of the gate it answers", examples=["needs"])
    scope: Annotated[str, Field(max_length=64)] = Field(description="The scope of that gate", examples=["city-example"])
    organisation: Slug = Field(description="Slug of the organisation that contributes", examples=["example"])
    language: Language = Field(description="Language it is written in", examples=["en"])
    illustrative: bool = Field(False, description="A sample, not a statement of that organisation")
    generated: bool = Field(False, description="Written by the generator")
    body: dict[str, Any] = Field(description="What the gate asks for; see the schema of its kind")


def read_contribution(path: str | os.PathLike[str], definition: Definition, knowing: Knowing | None = None) -> ContributionFile:
    """The contribution in the YAML or JSON file at `path`; BadFile with every fault, each at its line.

    Checked: the file's own keys, that the gate asks for a contribution, that the scope exists and the organisation acts in
    it, and the body against its kind, the programme file, and what the running programme knows, where `knowing` is given.
    """
    name = os.fspath(path)
    return contribution_from(parse(read(path), name), definition, knowing)


def sample_paths(programme: str | os.PathLike[str]) -> list[Path]:
    """The contribution files that come with a programme, by name: those in `contributions/` beside its `programme.yaml`."""
    folder = Path(programme)
    folder = (folder if folder.is_dir() else folder.parent) / "contributions"
    return sorted(path for path in folder.glob("*") if path.suffix in SUFFIXES)


def contribution_from(document: Document, definition: Definition, knowing: Knowing | None = None) -> ContributionFile:
    """As `read_contribution`, from a document that was read already."""
    faults = list(document.faults)
    spec = METHOD.gates.get(str(document.data.get("gate", "")))
    envelope = _envelope(document, faults)
    placed = _place_faults(document, envelope, spec, definition) if envelope is not None else []
    known = None
    if knowing is not None and envelope is not None and not placed:
        try:
            known = knowing(envelope.gate, envelope.scope)
            if envelope.illustrative:
                known = replace(known, starts_on=None, today=None)  # a sample tells of days of its own, not of this run's
            if envelope.illustrative or envelope.generated:
                known = replace(known, held_on=None)
        except Refused as refused:
            placed = [document.fault(("scope",), str(refused))]
    body: dict[str, Any] = {}
    if spec is not None and spec.kind is GateKind.CONTRIBUTION and "body" in document.data:
        try:
            body = validate_body(spec.contribution, document.data["body"], document, document.name, definition, known)
        except BadFile as bad:
            faults += [fault for fault in bad.faults if fault not in faults]
    faults += placed
    if faults or envelope is None or spec is None:
        raise BadFile(document.name, faults)
    return ContributionFile(**(envelope.model_dump() | {"body": body, "kind": spec.contribution}))


def _envelope(document: Document, faults: list[Fault]) -> Envelope | None:
    """The file's own keys; None where they are at fault, which is then added to `faults`."""
    try:
        return Envelope.model_validate(document.data)
    except ValidationError as error:
        faults += pydantic_faults(error, document, Envelope)
        return None


def _place_faults(document: Document, envelope: Envelope, spec: GateSpec | None, definition: Definition) -> list[Fault]:
    """Gate, scope and organisation against the method and the programme; a wrong one makes the next moot."""
    if spec is None or spec.kind is not GateKind.CONTRIBUTION:
        return [document.fault(("gate",), _gate_message(envelope.gate, spec))]
    scopes = scopes_of(spec.over, definition)
    if envelope.scope not in scopes:
        return [document.fault(("scope",), _scope_message(envelope.scope, spec, scopes))]
    acting = _acting(spec, envelope.scope, definition)
    if envelope.organisation not in acting:
        message = (
            f"{quoted(envelope.organisation)} does not contribute at {quoted(spec.key)} of {envelope.scope}; that is {_some(acting, 'or')}"
        )
        return [document.fault(("organisation",), message)]
    return []


def scopes_of(over: Over, definition: Definition) -> list[str]:
    """Every scope that such a gate can have in the programme, whichever pairs the Steering Committee confirms."""
    associations = definition.of_kind(Kind.ASSOCIATION)
    mentees = [city.slug for city in _mentees(definition)]
    prefix, names = {
        Over.PROGRAMME: ("", ["programme"]),
        Over.CITY: ("city-", [city.slug for city in definition.cities]),
        Over.SHOP: ("city-", [city.slug for city in definition.cities if city.one_stop_shop]),
        Over.MENTEE: ("city-", mentees),
        Over.PAIR: ("pair-", mentees),
        Over.ASSOCIATION: ("association-", [item.slug for item in associations]),
        Over.ACADEMY: ("association-", [item.slug for item in associations if item.hosts_academy]),
        Over.THEME: ("theme-", [theme.slug for theme in definition.themes]),
    }[over]
    return [prefix + name for name in names]


def _mentees(definition: Definition) -> list[Organisation]:
    """Cities that may become a mentee."""
    return [city for city in definition.cities if city.side is not Side.MENTOR]


def _acting(spec: GateSpec, scope: str, definition: Definition) -> list[str]:
    """Slugs of the organisations that may act at the gate; for a mentor, host or guest any that could be one."""
    own = scope.partition("-")[2]
    mentors = [city.slug for city in definition.cities if city.side is not Side.MENTEE and city.slug != own]
    either = {
        Of.SELF: [own],
        Of.MENTEE: [own],
        Of.MENTOR: mentors,
        Of.HOST: [own, *mentors],
        Of.GUEST: [own, *mentors],
        Of.COORDINATOR: [definition.coordinator],
        Of.FACILITATOR: [definition.facilitator],
        Of.COMMITTEE: [definition.committee],
    }
    return list(dict.fromkeys(slug for actor in spec.actors for slug in either[actor.of]))


def _gate_message(key: str, spec: GateSpec | None) -> str:
    """Why nothing can be contributed there."""
    if spec is not None:
        return f"the gate {quoted(key)} asks for a decision or an event, not for a contribution"
    asking = [gate.key for gate in METHOD.gates.values() if gate.contribution]
    return f"no gate {quoted(key)} in the method{suggestion(key, asking) or '; there are: ' + ', '.join(asking)}"


def _scope_message(scope: str, spec: GateSpec, scopes: list[str]) -> str:
    """What scopes the gate has in this programme; the one probably meant where one is near, by its name alone."""
    if not scopes:
        return f"the gate {quoted(spec.key)} does not exist in this programme"
    names = {other.partition("-")[2] or other: other for other in scopes}
    near = names.get(closest(scope.partition("-")[2] or scope, names))
    hint = f": did you mean {quoted(near)}?" if near else f"; it exists for {_some(scopes, 'and')}"
    return f"the gate {quoted(spec.key)} has no scope {quoted(scope)}{hint}"


def _some(names: Iterable[str], joined_by: str) -> str:
    """ "'a', 'b' or 'c'"; after eight names an ellipsis."""
    listed = [quoted(name) for name in names]
    if len(listed) > 8:
        return ", ".join(listed[:8]) + " …"
    return f" {joined_by} ".join(filter(None, (", ".join(listed[:-1]), listed[-1])))
